"""`assay log audit`: read a whole log again, entry by entry, and say what is wrong with it."""

from base64 import b64encode
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from evaluations.errors import AssayError
from evaluations.provenance.log.audit import Report
from evaluations.provenance.log.audit import audit as audit_log
from evaluations.provenance.log.checkpoint import (
    Checkpoint,
    CheckpointError,
    open_checkpoint,
    parse_checkpoint,
)
from evaluations.provenance.log.note import NoteError, parse_note, parse_vkey
from evaluations.provenance.log.tiles import Read
from leaderboard.cli.exits import FAILED, RefusedError, errors, usage
from leaderboard.cli.log_files import files
from leaderboard.cli.options import AsJson, Insecure
from leaderboard.cli.tables import Column, Table
from leaderboard.cli.terminal import line, quoted, show, show_json

log = typer.Typer(name="log", help="Audit a site's log of runs.", no_args_is_help=True)

_VKEY_FILE = "log.vkey"
#: Rows of open intents, of failures and of problems that people are shown; --json has more.
_SHOWN = 20
_KINDS = (Column("Kind"), Column("Entries", right=True))
_OPEN = (Column("Entry", right=True), Column("Submission", folds=True), Column("Announced"))
_FAILURES = (
    Column("Entry", right=True),
    Column("Intent", right=True),
    Column("Submission", folds=True),
    Column("Why", folds=True),
    Column("Ended"),
)
_PROBLEMS = (Column("Where", folds=True), Column("Problem", folds=True))


@dataclass(frozen=True, slots=True)
class _Key:
    """The log's key as text; `given`: by the user, and not by the log itself."""

    vkey: str
    given: bool


@log.callback()
def start() -> None:
    """Audit a site's log of runs."""


@log.command()
def audit(
    source: Annotated[
        str, typer.Argument(metavar="URL|DIR", help="The site, or a folder with its log's files.")
    ],
    *,
    vkey: Annotated[
        str, typer.Option("--vkey", help="The log's key, name+hash+base64, or a file with it.")
    ] = "",
    insecure: Insecure = False,
    as_json: AsJson = False,
) -> None:
    """Rebuild a log's tree from its entries, and check every tile, record and reference.

    Exit code: 0 all is well, 1 something is wrong, 2 the input is no log, 3 it could not be
    fetched.
    """
    with errors(as_json=as_json):
        with files(source, insecure=insecure) as read:
            note = _needed(read, "checkpoint", source)
            claimed = _claimed(note)
            key = _key(vkey, read)
            report = audit_log(_signed(note, claimed, key), read)
        if as_json:
            show_json(_as_data(report, key))
        else:
            _show(report, key)
        if report.problem_count:
            raise typer.Exit(FAILED)


def _needed(read: Read, path: str, source: str) -> bytes:
    try:
        return read(path)
    except LookupError:
        raise AssayError(
            "not_a_log",
            f"{quoted(source)} has no {path}, so it is no log.",
            "A site has one from its first submission on.",
        ) from None


def _claimed(note: bytes) -> Checkpoint:
    try:
        return parse_checkpoint(parse_note(note).text)
    except (NoteError, CheckpointError) as error:
        raise AssayError("not_a_log", f"The checkpoint is malformed: {error}") from None


def _key(given: str, read: Read) -> _Key:
    if given:
        return _Key(_given(given), given=True)
    try:
        data = read(_VKEY_FILE)
    except LookupError:
        raise usage(f"The log has no {_VKEY_FILE}.", "Give its key with --vkey.") from None
    return _Key(_text(data), given=False)


def _given(vkey: str) -> str:
    path = Path(vkey)
    try:
        return _text(path.read_bytes()) if path.is_file() else vkey
    except (OSError, ValueError):  # a name too long, or with a NUL: then it is no file
        return vkey


def _text(data: bytes) -> str:
    return data.decode(errors="replace").removesuffix("\n")


def _signed(note: bytes, claimed: Checkpoint, key: _Key) -> Checkpoint:
    try:
        verifier = parse_vkey(key.vkey)
    except NoteError as error:
        raise AssayError("bad_key", f"The log's key is malformed: {error}") from None
    if verifier.name != claimed.origin:
        raise RefusedError(
            "checkpoint_not_signed",
            f"The checkpoint is of {line(claimed.origin)}, and the key of {line(verifier.name)}.",
        )
    try:
        return open_checkpoint(note, [verifier])
    except CheckpointError as error:
        raise RefusedError("checkpoint_not_signed", str(error)) from None


def _as_data(report: Report, key: _Key) -> dict[str, Any]:
    return {
        "origin": report.checkpoint.origin,
        "size": report.checkpoint.size,
        "root": b64encode(report.checkpoint.root).decode(),
        "vkey": key.vkey,
        "vkey_given": key.given,
        "entries_read": report.entries,
        "kinds": {str(kind): count for kind, count in sorted(report.kinds.items())},
        "open": [asdict(intent) for intent in report.open],
        "failures": [asdict(failure) for failure in report.failures],
        "problems": [asdict(problem) for problem in report.problems],
        "problem_count": report.problem_count,
    }


def _show(report: Report, key: _Key) -> None:
    checkpoint = report.checkpoint
    show(f"{line(checkpoint.origin)}, {checkpoint.size:,} entries")
    show(f"root {b64encode(checkpoint.root).decode()}")
    show(f"key {line(key.vkey)}")
    if not key.given:
        show(
            "The key was taken from the log's own site, so it shows only that the log agrees with"
            " itself.\nKeep it, and give it with --vkey from now on."
        )
    if report.kinds:
        Table(_KINDS, [[kind, f"{n:,}"] for kind, n in sorted(report.kinds.items())]).show()
    if report.open:
        show(f"\nIntents without an end: {len(report.open):,}")
        rows = [[str(one.index), one.submission, one.at] for one in report.open]
        _shortened(_OPEN, rows, len(rows))
    if report.failures:
        show(f"\nRuns without a result: {len(report.failures):,}")
        ended = [
            [str(one.index), str(one.intent), one.submission, one.code, one.at]
            for one in report.failures
        ]
        _shortened(_FAILURES, ended, len(ended))
    if report.problem_count:
        show(f"\nProblems: {report.problem_count:,}. Do not rely on this log.")
        found = [[one.where, one.what] for one in report.problems]
        _shortened(_PROBLEMS, found, report.problem_count)
    else:
        show("\nAll is well: entries, tiles, root, records and references agree.")


def _shortened(columns: tuple[Column, ...], rows: list[list[str]], count: int) -> None:
    Table(columns, rows[:_SHOWN]).show()
    if count > _SHOWN:
        show(f"and {count - _SHOWN:,} more; --json lists them.")
