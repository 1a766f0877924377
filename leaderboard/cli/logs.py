"""`assay logs`: the end of a run's log, and what is added to it."""

from typing import Annotated

import typer

from leaderboard.cli import credentials
from leaderboard.cli.client import LONG
from leaderboard.cli.exits import errors
from leaderboard.cli.options import AsJson, Insecure, Limit, Site, Which
from leaderboard.cli.status import list_own
from leaderboard.cli.submissions import log, submission
from leaderboard.cli.terminal import say, show, show_json
from leaderboard.cli.waiting import going_on, states


def logs(
    which: Which = "",
    *,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on until the submission has ended.")
    ] = False,
    limit: Limit = 20,
    site: Site = None,
    insecure: Insecure = False,
    as_json: AsJson = False,
) -> None:
    """Print the last lines of a run's log; without an ID, list your submissions.

    With --follow --json each line is an object of its own, {"line": …}, and the last one tells the
    state, {"state": …}. Exit code: 0 the end was reached, 2 wrong usage or no such submission, 3
    you or the site stopped before.
    """
    with errors(as_json=as_json):
        address = credentials.site_of(site, insecure=insecure)
        if not which:
            list_own(address, limit, as_json=as_json)
        elif follow:
            _follow(address, which, as_json=as_json)
        elif as_json:
            found = submission(address, which)
            show_json({"id": found.id, "state": found.state, "lines": log(address, which)})
        else:
            _show_log(log(address, which))


def _show_log(lines: list[str]) -> None:
    if not lines:
        say("The log is empty so far.")
    for one in lines:
        show(one)


def _follow(address: str, which: str, *, as_json: bool) -> None:
    before: list[str] = []
    state = ""
    with going_on(address, which):
        for found in states(address, which):
            # Asked after the state, the log that belongs to the last state is whole.
            now = log(address, which, patience=LONG)
            for one in new_lines(before, now):
                _show_line(one, as_json=as_json)
            before, state = now, found.state
    if as_json:
        show_json({"state": state}, indent=False)


def _show_line(text: str, *, as_json: bool) -> None:
    if as_json:
        show_json({"line": text}, indent=False)
    else:
        show(text)


def new_lines(before: list[str], now: list[str]) -> list[str]:
    """Return what was added to a log of which only the end is kept.

    Its beginning may have gone meanwhile, so the longest end of `before` that `now` begins with is
    what both have.
    """
    for kept in range(min(len(before), len(now)), 0, -1):
        if before[-kept:] == now[:kept]:
            return now[kept:]
    return now
