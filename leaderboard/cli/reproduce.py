"""`assay reproduce`: run a published result again, and say how closely it agrees."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from evaluations.errors import AssayError
from evaluations.provenance.canonical import sha256_hex
from evaluations.provenance.replication.archive import write
from evaluations.provenance.replication.audit import Audit
from evaluations.provenance.replication.errors import ReplicationError
from evaluations.provenance.unpack import Bundle
from evaluations.provenance.verify import Report, verify_bundle
from leaderboard.cli import credentials
from leaderboard.cli.exits import FAILED, RefusedError, errors, usage
from leaderboard.cli.keys import own_key
from leaderboard.cli.options import AsJson, Insecure
from leaderboard.cli.pins import pins
from leaderboard.cli.rerun import Wishes, check_installed, rerun
from leaderboard.cli.sources import Found, find
from leaderboard.cli.terminal import line, say, show, show_json
from leaderboard.cli.upload import send

_MEANINGS = {
    "R0": "every answer is equal to the last digit",
    "R1": "every decision is the same, but for near ties",
    "R2": "statistically equivalent within the published margin",
    "diverged": "no agreement could be shown",
}


@dataclass(frozen=True, slots=True)
class _Destination:
    """Where a replication goes; `secret` is a token."""

    site: str
    result: str
    secret: str


def reproduce(
    source: Annotated[
        str, typer.Argument(metavar="PATH|URL|ID", help="A bundle, a result's page, or its ID.")
    ],
    *,
    site: Annotated[
        str | None, typer.Option(envvar="ASSAY_SITE", help="The site that has the result ID.")
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(metavar="DIR", exists=True, file_okay=False, help="The model's files."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry_run", "--dry-run", help="Show what is pinned; run nothing.")
    ] = False,
    limit_docs: Annotated[
        int | None,
        typer.Option("--limit_docs", "--limit-docs", min=1, help="Audit so many of each task."),
    ] = None,
    audit_seed: Annotated[
        str, typer.Option("--audit_seed", "--audit-seed", help="What chooses them.")
    ] = "0",
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="The replication's tar.")] = None,
    key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Your key; made if it isn't there.")
    ] = None,
    submit: Annotated[bool, typer.Option("--submit", help="Send it to the result's site.")] = False,
    result: Annotated[
        str, typer.Option(metavar="ID", help="With --submit and a PATH: the result's ID.")
    ] = "",
    unsafe_code: Annotated[
        bool,
        typer.Option(
            "--confirm_run_unsafe_code",
            "--confirm-run-unsafe-code",
            help="Let tasks run code that the model writes.",
        ),
    ] = False,
    insecure: Insecure = False,
    as_json: AsJson = False,
) -> None:
    """Run a published result again with the installed lm-eval, and say how closely it agrees.

    Exit code: 0 it was reproduced, 1 the bundle failed verification or the run diverged, 2 wrong
    usage, 3 it could not be run or sent.
    """
    with errors(as_json=as_json), tempfile.TemporaryDirectory(prefix="assay-") as name:
        audit = _audit(limit_docs, audit_seed)
        found = find(source, site, Path(name))
        bundle = _verified(found, model)
        if dry_run:
            _show_pins(bundle, model, as_json=as_json)
            return
        destination = _destination(found, site, result, insecure=insecure) if submit else None
        target = out or Path(f"replication-{_name(found, bundle)}.tar")
        if target.exists():
            raise usage(f"{target} exists already.", "Name another file with --out.")
        check_installed()
        wishes = Wishes(model, audit, unsafe_code)
        told = _replicated(found, bundle, wishes, key=key, target=target)
        if destination:
            told["url"] = send(
                target,
                site=destination.site,
                result=destination.result,
                secret=destination.secret,
            )
        _tell(told, as_json=as_json)
        if told["verdict"] not in {"R0", "R1", "R2"}:
            raise typer.Exit(FAILED)


def _audit(documents: int | None, seed: str) -> Audit | None:
    if documents is None:
        return None
    try:
        return Audit(documents, seed)
    except ValueError as error:
        raise usage(f"{error}.".capitalize()) from None


def _verified(found: Found, model: Path | None) -> Bundle:
    """Open a bundle in which no check fails.

    Raises:
        RefusedError: `not_verified`.
    """
    report: Report = verify_bundle(found.path, model=model)
    if report.verdict == "failed":
        why = next(check for check in report.checks if check.outcome == "FAIL")
        raise RefusedError(
            "not_verified",
            f"The bundle is not sound: check {why.number}, {why.name}: {why.why}.",
            "assay verify tells everything. Nothing was run.",
        )
    return found.open()


def _show_pins(bundle: Bundle, model: Path | None, *, as_json: bool) -> None:
    listed = pins(bundle, model=model)
    if as_json:
        show_json({"pins": [pin.as_json() for pin in listed]})
        return
    for pin in listed:
        show(str(pin))


def _destination(found: Found, site: str | None, result: str, *, insecure: bool) -> _Destination:
    """Find out where to send it, and with what token, before hours are spent."""
    named = found.result or result
    if not named:
        raise usage("Which result is it?", "Name it with --result ID, and its site with --site.")
    address = credentials.site_of(found.site or site, insecure=insecure)
    return _Destination(address, named, credentials.token(address))


def _name(found: Found, bundle: Bundle) -> str:
    return found.result or sha256_hex(bundle.read("manifest.json"))[:10]


def _replicated(
    found: Found, bundle: Bundle, wishes: Wishes, *, key: Path | None, target: Path
) -> dict[str, Any]:
    signer = own_key(key)
    try:
        with tempfile.TemporaryDirectory(prefix="assay-") as folder:
            again = rerun(found, bundle, wishes, Path(folder))
            comparison = write(again, bundle, wishes.audit, signer, target)
    except ReplicationError as error:
        raise RefusedError(error.code, error.detail, error.hint) from None
    except OSError as error:
        raise AssayError("not_saved", f"The replication could not be written: {error}") from None
    return {
        "verdict": comparison["verdict"],
        "file": str(target),
        "keyid": signer.public_key.keyid,
        "comparison": comparison,
        "url": None,
    }


def _tell(told: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        show_json(told)
        return
    comparison = told["comparison"]
    audit = comparison["audit"]
    for found in comparison["benchmarks"]:
        show(
            f"{found['verdict']:8}  {line(found['name'])}: {found['exact']} of {found['n']} "
            f"documents exact, {found['flipped']} flipped ({found['explained']} near ties)"
        )
    for name in comparison["notCompared"]:
        show(f"{'-':8}  {line(name)}: its samples are withheld")
    verdict = told["verdict"]
    show(f"\n{verdict}: {_MEANINGS[verdict]}.")
    if audit:
        show(f"This was an audit of {audit['documents']} documents of each task, not a whole run.")
    say(f"Wrote {told['file']}.")
    if told["url"]:
        show(told["url"])
