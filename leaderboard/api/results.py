"""Results: everything pinned, and the files that prove it."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from ninja import Query, Router

from evaluations.enums import ModelSource, SubmissionState
from evaluations.errors import AssayError
from evaluations.licences import may_redistribute
from evaluations.models import Result
from evaluations.provenance.lock import lock_text
from evaluations.queries import rescoring, results
from evaluations.queries.catalogue import source_and_name
from evaluations.queries.effort import effort
from evaluations.queries.pins import pins
from leaderboard.api import downloads
from leaderboard.api.benchmarks import ProtocolOut
from leaderboard.api.certificate import EffortOut, FileOut, LineOut, PinsOut, ResultOut
from leaderboard.api.cursors import NO_NUL, Cursor, Limit, piece, read
from leaderboard.api.links import links
from leaderboard.api.result_data import ResultsOut, item
from leaderboard.boards.place import place

router = Router(tags=["results"])


@router.get("", response=ResultsOut, operation_id="list_results")
def list_results(
    request: HttpRequest,
    response: HttpResponse,
    *,
    board: Annotated[str, Query(description="a board's slug", pattern=NO_NUL)] = "",
    model: Annotated[str, Query(description="a model's name", pattern=NO_NUL)] = "",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> ResultsOut:
    """List the results that stand, the newest first."""
    wanted = source_and_name(model) if model else None
    rows = results.after(read(request, cursor), limit + 1, board=board, model=wanted)
    rows, following = piece(request, response, rows, limit)
    return ResultsOut(items=[item(request, result) for result in rows], next=following)


@router.get("/{slug:result_id}", response=ResultOut, operation_id="get_result")
def get_result(request: HttpRequest, result_id: str) -> ResultOut:
    """Return a result with everything pinned."""
    result = found(result_id)
    standing = place(result)
    index = results.log_index(result)
    before, after = rescoring.predecessor(result), rescoring.successor(result)
    return ResultOut(
        id=result.public_id,
        model=str(result.revision.model),
        revision=result.revision.commit,
        licence=result.revision.licence,
        board=result.board.slug,
        suite=str(result.submission.suite),
        rank=standing.row.rank if standing and not standing.apart else None,
        withdrawn=result.submission.state == SubmissionState.WITHDRAWN,
        removed=result.submission.state == SubmissionState.REMOVED,
        supersedes=before.public_id if before else None,
        superseded_by=after.public_id if after else None,
        score=result.value,
        stderr=result.stderr,
        published_at=result.published_at,
        submission=result.submission.public_id,
        benchmarks=[_line(line) for line in results.lines(result)],
        files=[FileOut(**file) for file in result.revision.files],
        pins=PinsOut.from_orm(pins(result)),
        effort=EffortOut.from_orm(
            effort(getattr(result.submission, "run", None), result.environment)
        ),
        plan_sha256=result.plan_sha256,
        manifest_sha256=result.manifest_sha256,
        bundle_sha256=result.bundle_sha256,
        bundle_size=result.bundle_size,
        signed=index is not None,
        log_index=index,
        links=links(request, result),
    )


@router.get("/{slug:result_id}/config.yaml", operation_id="get_config")
def get_config(request: HttpRequest, result_id: str) -> HttpResponse:
    """Return the config that stock lm-eval takes as it is."""
    return HttpResponse(found(result_id).config, content_type="text/yaml; charset=utf-8")


@router.get("/{slug:result_id}/requirements.lock", operation_id="get_lock")
def get_lock(request: HttpRequest, result_id: str) -> HttpResponse:
    """Return the packages that answered, as pip takes them; the bundle holds the same file."""
    packages = found(result_id).environment.get("packages")
    if not packages:
        raise AssayError(
            "not_found",
            "The result's packages were not recorded.",
            "Its plan names the versions of lm-eval, transformers and torch.",
        )
    return HttpResponse(lock_text(packages), content_type="text/plain; charset=utf-8")


@router.get("/{slug:result_id}/statement.json", operation_id="get_statement")
def get_statement(request: HttpRequest, result_id: str) -> HttpResponse:
    """Return the signed statement, a DSSE envelope around an in-toto Statement."""
    envelope = results.envelope(found(result_id))
    if not envelope:
        raise AssayError(
            "not_signed",
            "The result was published before this site signed its results.",
            "Its bundle can be recomputed all the same.",
        )
    return HttpResponse(envelope, content_type="application/vnd.dsse.envelope.v1+json")


@router.api_operation(["GET", "HEAD"], "/{slug:result_id}/bundle.tar", operation_id="get_bundle")
def get_bundle(request: HttpRequest, result_id: str) -> HttpResponseBase:
    """Return the bundle that holds everything needed to check the result offline."""
    return downloads.bundle(request, found(result_id))


@router.api_operation(["GET", "HEAD"], "/{slug:result_id}/model.tar", operation_id="get_model")
def get_model(request: HttpRequest, result_id: str) -> HttpResponseBase:
    """Return the model's files, if its licence lets this site pass them on."""
    result = found(result_id)
    if result.revision.model.source != ModelSource.LOCAL:
        raise AssayError(
            "not_found",
            f"{result.revision.model} is not kept here.",
            "Get the files from the model's hub; their digests are listed with the result.",
        )
    licence = result.revision.licence
    if not may_redistribute(licence):
        raise AssayError(
            "licence_forbids",
            f"{result.revision.model} is under a licence that doesn't let this site pass it on: "
            f"{licence or 'not reported'}.",
            "Get the files from the model's author; their digests are listed with the result.",
        )
    return downloads.model(request, result)


def found(public_id: str) -> Result:
    """Return a result.

    Raises:
        AssayError: `result_not_found`.
    """
    result = results.by_id(public_id)
    if result is None:
        raise AssayError(
            "result_not_found",
            f"There is no result {public_id!r}.",
            "The standings of a board list the ids of its results.",
        )
    return result


def _line(line: results.Line) -> LineOut:
    benchmark, score = line.benchmark, line.score
    return LineOut(
        **ProtocolOut.from_orm(benchmark).model_dump(),
        value=score.value if score else None,
        stderr=score.stderr if score else None,
        n=score.n if score else None,
        best=line.best,
    )
