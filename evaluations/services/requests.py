"""Checking what is asked for, from metadata alone; a refusal says what to change."""

from dataclasses import dataclass
from typing import Any

from evaluations.enums import STANDING_STATES, ModelSource, Precision
from evaluations.errors import AssayError
from evaluations.failures import FailureCode, failure
from evaluations.hub import models as hub
from evaluations.hub.models import HubModel
from evaluations.models import Board, LanguageModel, Revision, Submission
from evaluations.services.models import record_hub_model


class RefusedError(AssayError):
    """A submission was refused.

    Attributes:
        field: the form's field that the reason belongs to.
        duplicate: the submission that already asks for the same, if that is the reason.
    """

    def __init__(
        self, field: str, code: str, detail: str, hint: str, duplicate: Submission | None = None
    ) -> None:
        super().__init__(code, detail, hint)
        self.field = field
        self.duplicate = duplicate


@dataclass(frozen=True, slots=True)
class CheckedRequest:
    """A request that may be submitted, with the facts of its model.

    Attributes:
        model: the name as people write it, `local:name` or `hf:org/name`.
        revision: the commit that the request was resolved to.
        requested_revision: the branch, tag or commit that was asked for; empty if none was named.
        licence: as the card names it, or empty: not reported.
        parameters: counted in the headers of the weights.
        size: bytes of all files together.
        files: `[{path, size, sha256}]`; the digest is empty where it is not known yet.
        origin: what is recorded when the request is submitted.
    """

    model: str
    revision: str
    requested_revision: str
    licence: str
    architecture: str
    parameters: int
    size: int
    files: list[dict[str, Any]]
    has_chat_template: bool
    board: Board
    precision: str
    chat_template: bool
    origin: Revision | HubModel

    def record(self) -> Revision:
        """Return the model's revision, recorded now if this is the first request for it."""
        if isinstance(self.origin, HubModel):
            return record_hub_model(self.origin)
        return self.origin

    def standing(self) -> Submission | None:
        """Return the submission that asks for the same and has not failed, if there is one."""
        source, _, name = self.model.partition(":")
        return Submission.objects.filter(
            revision__model__source=source,
            revision__model__name=name,
            revision__commit=self.revision,
            board=self.board,
            suite=self.board.suite,
            precision=self.precision,
            chat_template=self.chat_template,
            state__in=sorted(STANDING_STATES),
        ).first()


def check(
    *, model: str, board: str, precision: str = Precision.FLOAT32, chat_template: bool = False
) -> CheckedRequest:
    """Check a request as `submit` does, and save nothing.

    It may take 15 s where a hub is asked, so no transaction should be open.

    Args:
        model: `local:name`, `hf:org/name` or `org/name`; a branch, tag or commit after `@`.
        board: a board's slug.
        precision: one of `Precision`.
        chat_template: whether prompts pass through the model's own template.

    Raises:
        RefusedError: with the field, a stable code, the reason, and what to change.
    """
    chosen = _open_board(board)
    if precision not in set(Precision):
        raise RefusedError(
            "precision",
            "precision_unknown",
            f"{precision!r} is not a precision offered here.",
            f"Choose one of {', '.join(Precision)}.",
        )
    settings = {"board": chosen, "precision": precision, "chat_template": chat_template}
    checked = _model(model, settings)
    if chat_template and not checked.has_chat_template:
        code = FailureCode.CHAT_TEMPLATE_ERROR
        raise RefusedError(
            "chat_template", code, f"{checked.model} has no chat template.", failure(code).hint
        )
    if standing := checked.standing():
        raise duplicate(standing)
    return checked


def duplicate(earlier: Submission) -> RefusedError:
    """Return the refusal of what was submitted before."""
    return RefusedError(
        "model",
        "duplicate",
        "This model was already submitted to this board.",
        "See the earlier submission; submit again when the model has a new revision.",
        earlier,
    )


def _open_board(slug: str) -> Board:
    board = Board.objects.select_related("suite").filter(slug=slug).first()
    if board is None:
        raise RefusedError(
            "board",
            "board_not_found",
            f"There is no board {slug!r}.",
            "Choose one from the list of boards.",
        )
    if board.suite.is_draft:
        raise RefusedError(
            "board",
            "suite_draft",
            f"The suite of {board.title} is still a draft.",
            "Drafts take no submissions until they are published; choose another board.",
        )
    return board


def _model(text: str, settings: dict[str, Any]) -> CheckedRequest:
    """Find out which revision is meant, or refuse it beside the field for the model."""
    name, _, revision = text.strip().partition("@")
    source, colon, rest = name.partition(":")
    if not colon and "/" in name:
        source, rest = ModelSource.HUB, name
    try:
        if source == ModelSource.HUB and rest:
            return _hub_model(rest, revision, settings)
        return _registered(source, rest, revision, settings)
    except RefusedError:
        raise
    except AssayError as error:
        raise RefusedError("model", error.code, error.detail, error.hint) from error


def _hub_model(name: str, revision: str, settings: dict[str, Any]) -> CheckedRequest:
    found = hub.check(name, revision)
    facts = found.facts
    return CheckedRequest(
        model=f"{ModelSource.HUB}:{found.name}",
        revision=found.commit,
        requested_revision=revision,
        licence=facts.licence,
        architecture=facts.architecture,
        parameters=facts.parameters,
        size=facts.size,
        files=[{"path": f.path, "size": f.size, "sha256": f.sha256} for f in facts.files],
        has_chat_template=facts.has_chat_template,
        origin=found,
        **settings,
    )


def _registered(source: str, name: str, revision: str, settings: dict[str, Any]) -> CheckedRequest:
    # PostgreSQL can't hold a NUL in a text and refuses the query.
    known = name and "\0" not in source + name + revision
    found = LanguageModel.objects.filter(source=source, name=name).first() if known else None
    if found is None:
        shown = f"{source}:{name}" if name else source
        raise _refused(FailureCode.MODEL_NOT_FOUND, f"There is no model {shown!r} here.")
    commit = found.revisions.filter(commit__startswith=revision.lower()).first()
    if commit is None:
        raise _refused(FailureCode.REVISION_MISSING, f"{found} has no revision {revision!r}.")
    return CheckedRequest(
        model=str(found),
        revision=commit.commit,
        requested_revision=revision,
        licence=commit.licence,
        architecture=commit.architecture,
        parameters=commit.parameters,
        size=commit.size,
        files=commit.files,
        has_chat_template=commit.has_chat_template,
        origin=commit,
        **settings,
    )


def _refused(code: FailureCode, detail: str) -> RefusedError:
    return RefusedError("model", code, detail, failure(code).hint)
