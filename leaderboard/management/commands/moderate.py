"""`manage.py moderate list | answer | remove | restore`."""

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from evaluations.enums import DISPUTE_TRANSITIONS, DisputeState
from evaluations.errors import AssayError
from evaluations.models import ModerationAct, Result
from evaluations.queries import moderation as queries
from evaluations.queries import results
from evaluations.services import moderation
from evaluations.services.sequencer import sequence

_OUTCOMES = sorted(DISPUTE_TRANSITIONS[DisputeState.OPEN])


class Command(BaseCommand):
    """Answer disputes; take results off their boards, and put them back."""

    help = "List open disputes and answer them; remove a result from its board, or restore it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what can be done."""
        todo = parser.add_subparsers(dest="todo", required=True, metavar="WHAT")
        todo.add_parser("list", help="show the disputes that wait for an answer")
        answer = todo.add_parser("answer", help="answer a dispute, for good")
        answer.add_argument("dispute", metavar="DISPUTE", help="its id, as `list` shows it")
        answer.add_argument("outcome", choices=_OUTCOMES, metavar="|".join(_OUTCOMES))
        remove = todo.add_parser("remove", help="take a result off its board; its page stays")
        restore = todo.add_parser("restore", help="put a removed result back onto its board")
        for one in (remove, restore):
            one.add_argument("result", metavar="RESULT", help="the id in its page's address")
        for one in (answer, remove, restore):
            one.add_argument("--by", required=True, metavar="NAME", help="a staff account: yours")
            one.add_argument(
                "--reason", required=True, help="why: 20 to 2,000 characters, shown to everybody"
            )

    def handle(self, *_args: object, todo: str, **options: str) -> None:
        """Do it, or say why not."""
        if todo == "list":
            self._list()
            return
        try:
            made = _act(todo, options)
        except AssayError as error:
            raise CommandError(f"{error.detail} {error.hint}".strip()) from error
        sequence()
        made.entry.refresh_from_db()
        place = "waits for the log" if made.entry.index is None else f"entry {made.entry.index}"
        self.stdout.write(f"{made.act} {made.public_id} ({place} of the log)")

    def _list(self) -> None:
        waiting = queries.waiting()
        for dispute in waiting:
            result = dispute.result
            self.stdout.write(
                f"{dispute.public_id}  {dispute.at:%Y-%m-%d}  result {result.public_id}, "
                f"{result.revision.model} on {result.board.slug}, by {dispute.by.get_username()}\n"
                f"    {dispute.reason.replace(chr(10), chr(10) + '    ')}"
            )
        if not waiting:
            self.stdout.write("No dispute is open.")


def _act(todo: str, options: dict[str, str]) -> ModerationAct:
    by, reason = _person(options["by"]), options["reason"]
    if todo == "answer":
        dispute = _dispute(options["dispute"])
        return moderation.answer(by=by, dispute=dispute, outcome=options["outcome"], reason=reason)
    act = moderation.remove if todo == "remove" else moderation.restore
    return act(by=by, result=_result(options["result"]), reason=reason)


def _person(name: str) -> User:
    found = User.objects.filter(username=name).first()
    if found is None:
        raise CommandError(f"There is no account {name!r}. Make one: create_user {name} --staff.")
    return found


def _dispute(public_id: str) -> ModerationAct:
    found = queries.by_id(public_id)
    if found is None:
        raise CommandError(f"There is no dispute {public_id!r}. Run manage.py moderate list.")
    return found


def _result(public_id: str) -> Result:
    found = results.by_id(public_id)
    if found is None:
        raise CommandError(f"There is no result {public_id!r}; its page's address ends in its id.")
    return found
