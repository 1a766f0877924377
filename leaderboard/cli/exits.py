"""How a command ends: one exit code for each kind of end, and every error told once."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer

from evaluations.errors import AssayError
from leaderboard.cli.terminal import plain, say, show_json

#: 0 is fine.
FAILED, USAGE, INCOMPLETE = 1, 2, 3


class RefusedError(AssayError):
    """A check failed: the model can't be evaluated as it is.

    Attributes:
        more: what else a program may want to know, such as the submission that stands already.
    """

    def __init__(self, code: str, detail: str, hint: str = "", **more: Any) -> None:
        super().__init__(code, detail, hint)
        self.more = more


class IncompleteError(AssayError):
    """What was asked for could not be found out or done now; later it may."""


@contextmanager
def errors(*, as_json: bool) -> Iterator[None]:
    """End a command with its exit code where an error is raised, in words or as JSON."""
    try:
        yield
    except AssayError as error:
        _tell(error, as_json=as_json)
        raise typer.Exit(_exit_code(error)) from None
    except (KeyboardInterrupt, typer.Abort):
        say("Stopped.")
        raise typer.Exit(INCOMPLETE) from None


def _exit_code(error: AssayError) -> int:
    if isinstance(error, RefusedError):
        return FAILED
    return INCOMPLETE if isinstance(error, IncompleteError) else USAGE


def _tell(error: AssayError, *, as_json: bool) -> None:
    if as_json:
        show_json({"error": as_data(error)})
    else:
        typer.echo(in_words(error), err=True)


def in_words(error: AssayError) -> str:
    """Return what happened, and below it what to do."""
    return f"{plain(error.detail)}\n{plain(error.hint)}".rstrip()


def as_data(error: AssayError) -> dict[str, Any]:
    """Return an error as `--json` prints it."""
    more = error.more if isinstance(error, RefusedError) else {}
    return {"code": str(error.code), "detail": error.detail, "hint": error.hint} | more


def usage(detail: str, hint: str = "") -> AssayError:
    """Return the error for a command that can't be meant so."""
    return AssayError("usage", detail, hint)
