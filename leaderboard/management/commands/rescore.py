"""`manage.py rescore RESULT… | --board SLUG [--suite NAME@VERSION]`."""

import getpass
from collections.abc import Iterable

from django.core.management.base import BaseCommand, CommandError, CommandParser

from evaluations.errors import AssayError
from evaluations.models import Board, Result, Suite
from evaluations.queries import results as queries
from evaluations.queries.boards import by_slug
from evaluations.services import rescoring


class Command(BaseCommand):
    """Have recorded answers scored again; workers do it, and no model is needed."""

    help = (
        "Score recorded answers again, without the model: by the lm-eval that workers have now, or "
        "by another version of a board's suite. What changes is published and supersedes the old."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take results or a board, and the version."""
        parser.add_argument("results", nargs="*", metavar="RESULT", help="a result's id")
        parser.add_argument("--board", help="every result that stands on this board")
        parser.add_argument(
            "--suite",
            metavar="NAME@VERSION",
            help="another version of the board's suite, by which it measures from then on",
        )
        parser.add_argument(
            "--leave-out",
            action="store_true",
            help="go on though some can't be scored again; by another version they rank no more",
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would be done")

    def handle(
        self,
        *_args: object,
        results: list[str],
        board: str | None,
        suite: str | None,
        leave_out: bool,
        dry_run: bool,
        **_options: object,
    ) -> None:
        """Ask for it, or say why not; harmless if it is under way already."""
        if bool(results) == bool(board):
            raise CommandError("Name results, or one board with --board.")
        if suite and not board:
            raise CommandError("A board measures all by one version: --suite goes with --board.")
        found = _board(board) if board else None
        chosen = _suite(suite) if suite else None
        wanted = _standing(found, chosen) if found else [_result(name) for name in results]
        if not wanted:
            self.stdout.write("There is no result to score again.")
        able = self._able(wanted, chosen)
        if len(able) < len(wanted) and not leave_out:
            raise CommandError("Nothing was done; --leave-out goes on with the others.")
        for result in able:
            self._rescore(result, chosen, dry_run=dry_run)

    def _able(self, wanted: Iterable[Result], suite: Suite | None) -> list[Result]:
        """Return the results that can be scored again, and say why others can't."""
        able = []
        for result in wanted:
            try:
                rescoring.check(result=result, suite=suite or result.board.suite)
            except AssayError as error:
                self.stderr.write(f"{result.public_id}: {_words(error)}")
            else:
                able.append(result)
        return able

    def _rescore(self, result: Result, suite: Suite | None, *, dry_run: bool) -> None:
        by = suite or result.board.suite
        if dry_run:
            self.stdout.write(f"{result.public_id} would be scored again by {by}")
            return
        try:
            made, new = rescoring.rescore(result=result, by=_operator(), suite=suite)
        except AssayError as error:
            raise CommandError(f"{result.public_id}: {_words(error)}") from error
        state = "is scored again" if new else "is being scored again already"
        self.stdout.write(f"{result.public_id} {state} by {by}: submission {made.public_id}")


def _board(slug: str) -> Board:
    found = by_slug(slug)
    if found is None:
        known = ", ".join(Board.objects.order_by("slug").values_list("slug", flat=True))
        raise CommandError(f"There is no board {slug!r}; there are: {known or 'none'}.")
    return found


def _suite(text: str) -> Suite:
    name, _, version = text.partition("@")
    found = Suite.objects.filter(name=name)
    wanted = found.filter(version=version).first() if version.isdecimal() else None
    if wanted is None:
        known = ", ".join(
            f"{s.name}@{s.version}" for s in Suite.objects.order_by("name", "version")
        )
        raise CommandError(f"There is no suite {text!r}; loaded are: {known or 'none'}.")
    return wanted


def _result(public_id: str) -> Result:
    found = queries.by_id(public_id)
    if found is None:
        raise CommandError(f"There is no result {public_id!r}; its page's address ends in its id.")
    return found


def _standing(board: Board, suite: Suite | None) -> list[Result]:
    """Return a board's results, without those that are measured by the wanted version already."""
    found = queries.published().filter(board=board).order_by("pk")
    if suite is not None:
        found = found.exclude(submission__suite=suite)
    return list(found.select_related("board__suite", "submission__suite"))


def _operator() -> str:
    """Return who asks: nobody signs in at a command line."""
    return f"operator ({getpass.getuser()})"


def _words(error: AssayError) -> str:
    return f"{error.detail} {error.hint}".strip()
