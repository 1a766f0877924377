"""Waiting for a submission: asked again with growing pauses, through losses of the connection."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import sleep

import typer

from leaderboard.cli.client import LONG
from leaderboard.cli.exits import INCOMPLETE, IncompleteError
from leaderboard.cli.submissions import Submission, submission
from leaderboard.cli.terminal import say

_FIRST, _LONGEST, _GROWTH = 0.5, 5.0, 1.3


def states(site: str, public_id: str) -> Iterator[Submission]:
    """Yield where a submission stands, again and again until it has ended."""
    pause = _FIRST
    while True:
        found = submission(site, public_id, patience=LONG)
        yield found
        if found.ended:
            return
        sleep(pause)
        pause = min(pause * _GROWTH, _LONGEST)


@contextmanager
def going_on(site: str, public_id: str) -> Iterator[None]:
    """Say that the submission goes on, where the person or the connection stops the waiting."""
    again = f"It goes on at the site. Ask again: assay status {public_id} --site {site}"
    try:
        yield
    except KeyboardInterrupt:
        say(again)
        raise typer.Exit(INCOMPLETE) from None
    except IncompleteError as error:
        raise IncompleteError(error.code, error.detail, again) from None
