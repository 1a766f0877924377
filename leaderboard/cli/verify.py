"""`assay verify`: check a result's bundle from a file, a folder, an address or its ID."""

import json
import tempfile
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from evaluations.errors import AssayError
from evaluations.provenance.root import RootError, read_root
from evaluations.provenance.trust import Fetch, Trust
from evaluations.provenance.unpack import Bundle
from evaluations.provenance.verify import Report, verify_bundle
from leaderboard.cli.download import bundle_url, download, log_of, site_of
from leaderboard.cli.report import print_report
from leaderboard.cli.second_opinion import second_opinion
from leaderboard.cli.terminal import plain
from leaderboard.cli.trust import Store

#: 0 fine, 1 a check failed, 2 malformed input or usage, 3 a check could not be made.
EXIT_CODES = {"verified": 0, "failed": 1, "incomplete": 3}
EXIT_MALFORMED = 2
_Second = Callable[[Bundle], str]


class Scorer(StrEnum):
    """Who may be asked for a second opinion on scores."""

    LM_EVAL = "lm-eval"


def verify(
    context: typer.Context,
    source: Annotated[
        str, typer.Argument(metavar="PATH|URL|ID", help="A bundle, a result's page, or its ID.")
    ],
    *,
    site: Annotated[
        str | None, typer.Option(envvar="ASSAY_SITE", help="The site that has the result ID.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    model: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            exists=True,
            file_okay=False,
            help="Local files of the model, to compare.",
        ),
    ] = None,
    root: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="The site's root keys, got from elsewhere than this bundle.",
        ),
    ] = None,
    rescore: Annotated[
        Scorer | None,
        typer.Option(
            help="Have lm-eval score the answers too, in a sandbox: runs the bundle's own tasks."
        ),
    ] = None,
    no_remember: Annotated[
        bool,
        typer.Option("--no-remember", help="Keep nothing of the keys and the log for next time."),
    ] = False,
) -> None:
    """Check a published result: signatures, log, files, samples, prompts and scores.

    A file is checked offline. An address or an ID, or --site, has the site's log read too. No code
    of the bundle is run, unless you say --rescore.

    Exit code: 0 every check passed, 1 a check failed, 2 the input is no bundle, 3 nothing failed
    but a check could not be made.
    """
    store = Store()
    given = context.get_parameter_source("site")
    named = given is not None and given.name == "COMMANDLINE"
    try:
        trust = Trust(_root(root), store, _log(source, site, named=named))
        second = second_opinion if rescore else None
        report = _verify(source, site, model, trust, second)
    except AssayError as error:
        _print_error(error, as_json=as_json)
        raise typer.Exit(EXIT_MALFORMED) from None
    if report.remembered is not None and not no_remember:
        store.remember(report.remembered)
    for problem in store.problems:
        typer.echo(plain(problem), err=True)
    if as_json:
        typer.echo(json.dumps(as_dict(report), indent=2))
    else:
        print_report(report, Console())
    raise typer.Exit(EXIT_CODES[report.verdict])


def _verify(
    source: str, site: str | None, model: Path | None, trust: Trust, second: _Second | None
) -> Report:
    path = Path(source)
    if _exists(path):
        return verify_bundle(path, model=model, trust=trust, second_opinion=second)
    url = bundle_url(source, site)
    with tempfile.TemporaryDirectory(prefix="assay-") as folder:
        target = Path(folder) / "bundle.tar"
        download(url, target)
        return verify_bundle(target, model=model, trust=trust, second_opinion=second)


def _log(source: str, site: str | None, *, named: bool) -> Fetch | None:
    """Return what reads the log; a file on this machine is checked offline, unless told."""
    if _exists(Path(source)):
        site = site if named else None
        return log_of(site.rstrip("/")) if site else None
    address = site_of(source, site)
    return log_of(address) if address else None


def _root(path: Path | None) -> bytes | None:
    """Return the root that was given.

    Raises:
        AssayError: if it is none.
    """
    if path is None:
        return None
    try:
        return read_root(path.read_bytes()).data
    except (RootError, OSError) as error:
        raise AssayError(
            "bad_root",
            f"{path} can't be used as a root: {error}.",
            "Give a file like trust/1.root.json, as the site publishes it.",
        ) from None


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name too long, or with a NUL: then it is no file
        return False


def as_dict(report: Report) -> dict[str, object]:
    """Return a report as `--json` prints it."""
    checks = [
        {"number": c.number, "name": c.name, "outcome": str(c.outcome), "why": c.why}
        for c in report.checks
    ]
    return {"verdict": report.verdict, "checks": checks, "limits": list(report.limits)}


def _print_error(error: AssayError, *, as_json: bool) -> None:
    if as_json:
        shown = {"code": str(error.code), "detail": error.detail, "hint": error.hint}
        typer.echo(json.dumps({"error": shown}, indent=2))
        return
    typer.echo(f"{error.detail}\n{error.hint}".rstrip(), err=True)
