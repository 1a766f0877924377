"""Results: everything pinned, and the files that prove it."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from ninja import Router

from evaluations.errors import AssayError
from evaluations.models import Result
from evaluations.queries import results
from evaluations.queries.pins import pins
from leaderboard.api import downloads
from leaderboard.api.certificate import FileOut, LineOut, PinsOut, ResultOut
from leaderboard.api.licences import may_redistribute
from leaderboard.api.links import links

router = Router(tags=["results"])


@router.get("/{slug:result_id}", response=ResultOut, operation_id="get_result")
def get_result(request: HttpRequest, result_id: str) -> ResultOut:
    """Return a result with everything pinned."""
    result = _result(result_id)
    return ResultOut(
        id=result.public_id,
        model=str(result.revision.model),
        revision=result.revision.commit,
        licence=result.revision.licence,
        board=result.board.slug,
        suite=str(result.board.suite),
        rank=results.standing(result).rank,
        score=result.value,
        stderr=result.stderr,
        published_at=result.published_at,
        submission=result.submission.public_id,
        benchmarks=[_line(line) for line in results.lines(result)],
        files=[FileOut(**file) for file in result.revision.files],
        pins=PinsOut.from_orm(pins(result)),
        plan_sha256=result.plan_sha256,
        manifest_sha256=result.manifest_sha256,
        bundle_sha256=result.bundle_sha256,
        bundle_size=result.bundle_size,
        signed=False,
        links=links(request, result),
    )


@router.get("/{slug:result_id}/config.yaml", operation_id="get_config")
def get_config(request: HttpRequest, result_id: str) -> HttpResponse:
    """Return the config that stock lm-eval takes as it is."""
    return HttpResponse(_result(result_id).config, content_type="text/yaml; charset=utf-8")


@router.api_operation(["GET", "HEAD"], "/{slug:result_id}/bundle.tar", operation_id="get_bundle")
def get_bundle(request: HttpRequest, result_id: str) -> HttpResponseBase:
    """Return the bundle that holds everything needed to check the result offline."""
    return downloads.bundle(request, _result(result_id))


@router.api_operation(["GET", "HEAD"], "/{slug:result_id}/model.tar", operation_id="get_model")
def get_model(request: HttpRequest, result_id: str) -> HttpResponseBase:
    """Return the model's files, if its licence lets this site pass them on."""
    result = _result(result_id)
    licence = result.revision.licence
    if not may_redistribute(licence):
        raise AssayError(
            "licence_forbids",
            f"{result.revision.model} is under a licence that doesn't let this site pass it on: "
            f"{licence or 'not reported'}.",
            "Get the files from the model's author; their digests are listed with the result.",
        )
    return downloads.model(request, result)


def _result(public_id: str) -> Result:
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
        name=benchmark.name,
        task=benchmark.task,
        metric=benchmark.metric,
        filter=benchmark.filter,
        num_fewshot=benchmark.num_fewshot,
        baseline=benchmark.baseline,
        value=score.value if score else None,
        stderr=score.stderr if score else None,
        n=score.n if score else None,
        best=line.best,
    )
