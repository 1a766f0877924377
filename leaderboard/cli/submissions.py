"""Submissions as a site tells them."""

import re
from dataclasses import dataclass
from typing import Any, Self

from evaluations.errors import AssayError
from leaderboard.cli.answers import as_object, bad_answer, inner, needed, number, text, whole
from leaderboard.cli.client import SHORT, Patience, ask

_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
#: A state that this version doesn't know counts as under way, unless there is a result.
_ENDED = {
    "published", "failed", "cancelled", "withdrawn", "superseded", "unchanged", "removed",
    "rejected",
}  # fmt: skip
_WITHOUT_RESULT = _ENDED - {"published", "superseded", "removed"}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come: `done` of `total`, both 0 where nothing is known.

    Attributes:
        per_second: documents a second; None if the site doesn't tell.
        seconds_left: None while there is no pace to judge by.
    """

    done: int
    total: int
    per_second: float | None
    seconds_left: float | None

    @classmethod
    def read(cls, found: dict[str, Any]) -> Self:
        """Read it; the documents if they are counted yet, else the steps of the stage."""
        pairs = (("answered", "documents"), ("step_done", "step_total"))
        counts = [(whole(found, a) or 0, whole(found, b) or 0) for a, b in pairs]
        done, total = next((pair for pair in counts if pair[1]), (0, 0))
        return cls(
            min(done, total), total, number(found, "per_second"), number(found, "seconds_left")
        )


@dataclass(frozen=True, slots=True)
class Submission:
    """A submission; `told` is all that the site said, for programs.

    Attributes:
        position: its place in the queue, None if it doesn't wait there.
        failure: empty unless it has failed.
        result: the ID of its result, or empty.
    """

    id: str
    state: str
    url: str
    model: str
    board: str
    position: int | None
    progress: Progress
    failure: dict[str, Any]
    result: str
    told: dict[str, Any]

    @classmethod
    def read(cls, told: dict[str, Any]) -> Self:
        """Read it.

        Raises:
            AssayError: `bad_answer`, if its ID or state is missing.
        """
        return cls(
            checked_id(needed(told, "id"), bad_answer("the ID is none")),
            needed(told, "state"),
            text(told, "url"),
            text(told, "model"),
            text(told, "board"),
            whole(told, "position"),
            Progress.read(inner(told, "progress")),
            inner(told, "failure"),
            text(told, "result"),
            told,
        )

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self.state in _ENDED or bool(self.result)

    @property
    def succeeded(self) -> bool:
        """Whether it has ended with a result that stands, or has stood until a newer one."""
        return self.ended and self.state not in _WITHOUT_RESULT


def checked_id(public_id: str, error: AssayError) -> str:
    """Return an ID that may stand in a path, or raise the error."""
    if not _ID.fullmatch(public_id):
        raise error
    return public_id


def submission(site: str, public_id: str, *, patience: Patience = SHORT) -> Submission:
    """Ask where a submission stands; anybody may, so no token is sent."""
    checked_id(public_id, AssayError("bad_id", "That is no submission's ID."))
    return Submission.read(
        as_object(ask(site, "GET", f"submissions/{public_id}", patience=patience))
    )


def log(site: str, public_id: str, *, patience: Patience = SHORT) -> list[str]:
    """Return the last lines of a run's log."""
    checked_id(public_id, AssayError("bad_id", "That is no submission's ID."))
    content = ask(site, "GET", f"submissions/{public_id}/log", patience=patience)
    return content.decode(errors="replace").splitlines()
