"""Waiting for a submission to end."""

import time
from typing import Any

import typer

from leaderboard.cli.client import ask, data, plain

EXIT_FAILED, EXIT_INCOMPLETE = 1, 3
_ENDED = {"published", "failed", "cancelled", "withdrawn"}
_FIRST, _LONGEST = 0.5, 10.0


def wait(site: str, public_id: str) -> dict[str, Any]:
    """Return a submission when it has ended, telling its stages on stderr."""
    pause, said = _FIRST, ""
    try:
        while True:
            found = data(ask(site, "GET", f"submissions/{public_id}"))
            state = plain(found.get("state"))
            if state != said:
                typer.echo(f"{public_id}: {state}", err=True)
                said = state
            if state in _ENDED:
                return found
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST)
    except KeyboardInterrupt:
        typer.echo(f"It goes on at the site. Ask again: assay status {public_id}", err=True)
        raise typer.Exit(EXIT_INCOMPLETE) from None


def tell_failure(found: dict[str, Any]) -> None:
    """Say why a submission ended without a result, and who can mend it."""
    failure = found.get("failure")
    if isinstance(failure, dict):
        words = (plain(failure.get(k)) for k in ("code", "detail", "hint", "mender"))
        typer.echo("{}: {}\n{} ({})".format(*words), err=True)
