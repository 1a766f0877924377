"""The command line `assay`: light, so that checking a result needs no Django, Celery or torch."""

from importlib.metadata import PackageNotFoundError, version
from typing import Annotated

import typer

from leaderboard.cli.remote import check, login, logs, status, submit
from leaderboard.cli.verify import verify

app = typer.Typer(
    name="assay",
    help="Check, recompute and reproduce the results of an Assay leaderboard.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for _command in (verify, login, check, submit, status, logs):
    app.command()(_command)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"assay {_version()}")
        raise typer.Exit


def _version() -> str:
    try:
        return version("assay")
    except PackageNotFoundError:
        return "(not installed)"


@app.callback()
def start(
    _: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Check, recompute and reproduce the results of an Assay leaderboard."""


def main() -> None:
    """Run the command line; the console script `assay` starts here."""
    app()
