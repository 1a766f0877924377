"""`assay verify`: check a result's bundle from a file, a folder, an address or its ID."""

import json
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from evaluations.errors import AssayError
from evaluations.provenance.verify import Report, verify_bundle
from leaderboard.cli.download import bundle_url, download
from leaderboard.cli.report import print_report

#: 0 fine, 1 a check failed, 2 malformed input or usage, 3 a check could not be made.
EXIT_CODES = {"verified": 0, "failed": 1, "incomplete": 3}
EXIT_MALFORMED = 2


def verify(
    source: Annotated[
        str, typer.Argument(metavar="PATH|URL|ID", help="A bundle, a result's page, or its ID.")
    ],
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
) -> None:
    """Check a published result offline: its files, samples, prompts and scores.

    Exit code: 0 every check passed, 1 a check failed, 2 the input is no bundle, 3 nothing failed
    but a check could not be made.
    """
    try:
        report = _verify(source, site, model)
    except AssayError as error:
        _print_error(error, as_json=as_json)
        raise typer.Exit(EXIT_MALFORMED) from None
    if as_json:
        typer.echo(json.dumps(as_dict(report), indent=2))
    else:
        print_report(report, Console())
    raise typer.Exit(EXIT_CODES[report.verdict])


def _verify(source: str, site: str | None, model: Path | None) -> Report:
    path = Path(source)
    if _exists(path):
        return verify_bundle(path, model=model)
    url = bundle_url(source, site)
    with tempfile.TemporaryDirectory(prefix="assay-") as folder:
        target = Path(folder) / "bundle.tar"
        download(url, target)
        return verify_bundle(target, model=model)


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
