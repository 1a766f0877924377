"""The command line `assay`: light, so that checking a result needs no Django, Celery or torch."""

import sys
from importlib.metadata import PackageNotFoundError, version
from io import TextIOWrapper
from typing import Annotated

import typer

from leaderboard.cli.board import board
from leaderboard.cli.check import check
from leaderboard.cli.log import log
from leaderboard.cli.login import login
from leaderboard.cli.logs import logs
from leaderboard.cli.reproduce import reproduce
from leaderboard.cli.status import status
from leaderboard.cli.submit import submit
from leaderboard.cli.verify import verify

app = typer.Typer(
    name="assay",
    help="Check, recompute and reproduce the results of an Assay leaderboard.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for _command in (login, check, submit, status, logs, board, verify, reproduce):
    app.command()(_command)
app.add_typer(log)


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
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal's encoding lacks is shown with question marks, not refused.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    app()
