"""`assay status`: where a submission stands, or where all of yours do."""

from leaderboard.cli import credentials
from leaderboard.cli.answers import text
from leaderboard.cli.exits import errors
from leaderboard.cli.options import AsJson, Insecure, Limit, Site, Which
from leaderboard.cli.outcome import failure_in_words
from leaderboard.cli.pages import rows
from leaderboard.cli.progress import facts
from leaderboard.cli.submissions import Submission, submission
from leaderboard.cli.tables import Column, Table
from leaderboard.cli.terminal import line, show, show_json

_COLUMNS = (
    Column("ID"),
    Column("State"),
    Column("Model", folds=True),
    Column("Board", folds=True),
    Column("Submitted", may_go=True),
)
#: A moment to the minute: 2026-01-31T12:30.
_MINUTE = 16


def status(
    which: Which = "",
    *,
    limit: Limit = 20,
    site: Site = None,
    insecure: Insecure = False,
    as_json: AsJson = False,
) -> None:
    """Say where a submission stands; without an ID, list yours, the newest first.

    Exit code: 0 whatever its state is, 2 wrong usage or no such submission, 3 the site could not
    say.
    """
    with errors(as_json=as_json):
        address = credentials.site_of(site, insecure=insecure)
        if not which:
            list_own(address, limit, as_json=as_json)
            return
        found = submission(address, which)
        if as_json:
            show_json(found.told)
        else:
            show(_in_words(found))


def list_own(site: str, limit: int, *, as_json: bool) -> None:
    """List the submissions of the token's owner."""
    secret = credentials.token(site)
    told, more = rows(site, "submissions", "items", limit, secret=secret, mine="true")
    if as_json:
        show_json({"items": told, "more": more})
        return
    found = [Submission.read(one) for one in told]
    if not found:
        show("You have submitted nothing here yet.")
        return
    Table(_COLUMNS, [_row(one) for one in found]).show()
    if more:
        show("There are more; --limit says how many to list.")


def _row(found: Submission) -> list[str]:
    submitted = text(found.told, "created_at")[:_MINUTE].replace("T", " ")
    return [found.id, found.state, found.model, found.board, submitted]


def _in_words(found: Submission) -> str:
    place = f", {found.position} in the queue" if found.position else ""
    lines = [f"{found.id} {line(found.state)}{place}"]
    lines.append(f"  {line(found.model)} on {line(found.board)}")
    if (told := facts(found.progress)) and not found.ended:
        lines.append(f"  {told}")
    lines += [failure_in_words(found.failure)] if found.failure else []
    return "\n".join([*lines, f"  {line(found.url)}"])
