"""`manage.py demo`: the main job on this machine, from nothing to a verified board."""

import io
import json
import os
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from rich.console import Console

from evaluations.errors import AssayError
from evaluations.services.access import make_token, revoke_token
from evaluations.services.models import register_local
from evaluations.services.suites import load_suite, open_board
from leaderboard import demo
from leaderboard.supervisor import (
    Supervisor,
    check_address,
    interrupt_on_signals,
    site_programs,
)

_MATERIAL = Path(__file__).resolve().parents[3] / "evaluations" / "demo"
_BOARD = "demo"
_USER = "demo"
_HOST = "127.0.0.1"
_START_SECONDS = 60.0
#: The exit code that shells give to what Ctrl-C ended.
_INTERRUPTED = 130


class Command(BaseCommand):
    """Set the demo up, submit its models as a user would, and show what came out."""

    help = "Evaluate the bundled models on this machine and serve the board."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the port, and whether to stop at the end."""
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--exit", action="store_true", help="stop when the table is printed")

    def handle(self, *_args: object, port: int, exit: bool, **_options: object) -> None:  # noqa: A002
        """Run it; exits with 1 unless every result is published and verified."""
        interrupt_on_signals()
        console = Console()
        try:
            check_address(_HOST, port)
            call_command("collectstatic", interactive=False, verbosity=0)
            supervisor = Supervisor(
                site_programs(_HOST, port, workers=1), var=settings.VAR, say=console.print
            )
            models = prepare(console)
            with supervisor:
                self._show(supervisor, f"http://{_HOST}:{port}", models, console, stay=not exit)
        except AssayError as error:
            raise CommandError(f"{error.detail}\n{error.hint}".strip()) from error
        except KeyboardInterrupt:
            console.print("Stopped.")
            if exit:
                # Who asked for the outcome must not take an end in the middle for a good one.
                raise SystemExit(_INTERRUPTED) from None

    def _show(
        self, supervisor: Supervisor, site: str, models: list[str], console: Console, *, stay: bool
    ) -> None:
        supervisor.wait_until_ready(f"{site}/healthz", _START_SECONDS)
        with demo.Visitor(site) as visitor:
            good = evaluate(visitor, models, console)
            stranger = demo.Stranger(_folder())
            good &= report(visitor, stranger, models, console)
            good &= replicate(visitor, stranger, console)
        if not good:
            raise CommandError("Not every result was published and verified; see above.")
        if stay:
            console.print(f"\nServing {site}/boards/{_BOARD}/ until Ctrl-C.")
            supervisor.wait()


def prepare(console: Console) -> list[str]:
    """Migrate, load the suite, open the board, register the models and make the user."""
    call_command("migrate", verbosity=0)
    suite, _ = load_suite(path=_MATERIAL / "suite.yaml")
    call_command("publish_suite", suite.name, stdout=io.StringIO())
    open_board(slug=_BOARD, suite=suite)
    models = []
    for folder in sorted((_MATERIAL / "models").iterdir()):
        revision, _ = register_local(name=folder.name, folder=folder)
        models.append(str(revision.model))
    if not _credentials().exists():
        password = secrets.token_urlsafe(12)
        User.objects.update_or_create(username=_USER)
        user = User.objects.get(username=_USER)
        user.set_password(password)
        user.save()
        _keep({"username": _USER, "password": password})
        console.print(
            f"Account [b]{_USER}[/b], password [b]{password}[/b] (printed once; "
            f"kept in {_credentials().name} beside the database, readable by you alone)"
        )
    # The servers open their own connections; ours must not lock theirs out.
    connection.close()
    return models


def _credentials() -> Path:
    return Path(settings.VAR) / "demo-account.json"


def _keep(account: dict[str, str]) -> None:
    handle = os.open(_credentials(), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(account, file)


def evaluate(visitor: demo.Visitor, models: list[str], console: Console) -> bool:
    """Submit what has no result yet and follow it; True if nothing failed."""
    standing = {row["model"] for row in _standings(visitor)["standings"]}
    missing = [model for model in models if model not in standing]
    if not missing:
        console.print("Every bundled model has its result from an earlier demo.")
        return True
    visitor.sign_in(**json.loads(_credentials().read_text(encoding="utf-8")))
    submissions = [visitor.submit(model=model, board=_BOARD) for model in missing]
    for one, model in zip(submissions, missing, strict=True):
        console.print(f"{model}: {visitor.site}/submissions/{one}/")
    return not demo.follow(visitor, submissions, console)


def report(
    visitor: demo.Visitor, stranger: demo.Stranger, models: list[str], console: Console
) -> bool:
    """Verify every result and print the board; True if all are published and hold."""
    standings = _standings(visitor)
    verdicts = {
        row["result"]: stranger.verify(f"{visitor.site}/results/{row['result']}/")
        for row in standings["standings"]
    }
    console.print(demo.standings_table(visitor.site, _BOARD, standings, verdicts))
    published = {row["model"] for row in standings["standings"]}
    return published >= set(models) and all(v.accepted for v in verdicts.values())


def replicate(visitor: demo.Visitor, stranger: demo.Stranger, console: Console) -> bool:
    """Run the last result of the board again and send in the verdict; True if it is R0."""
    result = _standings(visitor)["standings"][-1]["result"]
    known = visitor.get(f"results/{result}/replications")["items"]
    if known:
        verdict = known[0]["verdict"]
    else:
        console.print("Running the last result again: assay reproduce …")
        owner = User.objects.get(username=_USER)
        token, secret = make_token(by=owner, name="demo", scopes=["submit"])
        connection.close()
        try:
            page = f"{visitor.site}/results/{result}/"
            verdict = stranger.reproduce(page, site=visitor.site, token=secret)
        finally:
            revoke_token(token=token)
            connection.close()
    said = "every answer is the same, to the bit" if verdict == "R0" else "not R0"
    console.print(f"assay reproduce {result}: [b]{verdict}[/b] ({said})")
    return bool(verdict == "R0")


def _folder() -> Path:
    """Return where the demo's stranger keeps what the command line remembers."""
    folder = Path(settings.VAR) / "stranger"
    folder.mkdir(exist_ok=True)
    return folder


def _standings(visitor: demo.Visitor) -> Any:
    return visitor.get(f"boards/{_BOARD}/standings")
