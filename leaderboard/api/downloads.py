"""Files sent in pieces, whole or in part, from the artefact store to the reader."""

from collections.abc import Iterator, Sequence
from itertools import chain, islice

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.cache import get_conditional_response, patch_cache_control

from evaluations.errors import AssayError
from evaluations.models import Replication, Result, Revision, SampleTable
from evaluations.provenance.bundle import tar_end, tar_header, tar_padding
from leaderboard.api.problems import problem
from leaderboard.api.ranges import NotSatisfiableError, Piece, Span, cut, span, stream

_YEAR = 31_536_000
_TAR, _PARQUET = "application/x-tar", "application/vnd.apache.parquet"
_BAD = 400


def bundle(request: HttpRequest, result: Result) -> HttpResponseBase:
    """Send a result's bundle.

    Raises:
        ArtefactMissingError: if the store has lost it.
    """
    return _send(
        request,
        pieces=[Piece(result.bundle_size, digest=result.bundle_sha256)],
        etag=result.bundle_sha256,
        filename=f"assay-{result.public_id}-bundle.tar",
    )


def replication(request: HttpRequest, made: Replication) -> HttpResponseBase:
    """Send a replication's own bundle.

    Raises:
        ArtefactMissingError: if the store has lost it.
    """
    return _send(
        request,
        pieces=[Piece(made.bundle_size, digest=made.bundle_sha256)],
        etag=made.bundle_sha256,
        filename=f"assay-replication-{made.public_id}.tar",
    )


def model(request: HttpRequest, result: Result) -> HttpResponseBase:
    """Send a model's files as a tar that unpacks to the folder `model/`.

    Raises:
        ArtefactMissingError: if the store has lost the first file.
    """
    return _send(
        request,
        pieces=_model(result.revision),
        etag=result.revision.commit,
        filename=f"assay-{result.public_id}-model.tar",
    )


def samples(request: HttpRequest, result: Result, table: SampleTable) -> HttpResponseBase:
    """Send the table of one task's samples.

    Raises:
        ArtefactMissingError: if the store has lost it.
    """
    return _send(
        request,
        pieces=[Piece(table.size, digest=table.sha256)],
        etag=table.sha256,
        filename=f"assay-{result.public_id}-{table.task}.parquet",
        kind=_PARQUET,
    )


def model_size(revision: Revision) -> int:
    """Return how many bytes the tar of a model has."""
    return sum(piece.size for piece in _model(revision))


def _model(revision: Revision) -> list[Piece]:
    pieces = []
    for file in sorted(revision.files, key=lambda file: str(file["path"])):
        size = int(file["size"])
        pieces += [
            Piece.of(tar_header(f"model/{file['path']}", size)),
            Piece(size, digest=file["sha256"]),
            Piece.of(tar_padding(size)),
        ]
    return [*pieces, Piece.of(tar_end())]


def _send(
    request: HttpRequest, *, pieces: Sequence[Piece], etag: str, filename: str, kind: str = _TAR
) -> HttpResponseBase:
    """Send bytes that never change; to who has them already, say only that."""
    tag = f'"{etag}"'
    response: HttpResponseBase | None = get_conditional_response(request, etag=tag)
    if response is None:
        response = _body(request, pieces, tag)
        if response.status_code >= _BAD:
            return response
        response.headers["Content-Type"] = kind
        response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    response.headers["ETag"] = tag
    response.headers["Accept-Ranges"] = "bytes"
    patch_cache_control(response, public=True, max_age=_YEAR, immutable=True)
    return response


def _body(request: HttpRequest, pieces: Sequence[Piece], tag: str) -> HttpResponseBase:
    size = sum(piece.size for piece in pieces)
    try:
        wanted = span(request, size=size, etag=tag)
    except NotSatisfiableError:
        return _behind_the_end(size)
    if wanted is None:
        return _streamed(request, stream(pieces), size)
    return _part(request, pieces, wanted, size)


def _behind_the_end(size: int) -> HttpResponse:
    response = problem(
        AssayError("range_not_satisfiable", f"The file has {size} bytes; the range begins later.")
    )
    response.headers["Content-Range"] = f"bytes */{size}"
    return response


def _part(
    request: HttpRequest, pieces: Sequence[Piece], wanted: Span, size: int
) -> HttpResponseBase:
    response = _streamed(request, cut(pieces, wanted), wanted.length)
    response.status_code = 206
    last = wanted.start + wanted.length - 1
    response.headers["Content-Range"] = f"bytes {wanted.start}-{last}/{size}"
    return response


def _streamed(request: HttpRequest, chunks: Iterator[bytes], size: int) -> HttpResponseBase:
    response: HttpResponseBase
    if request.method == "HEAD":
        response = HttpResponse()
    else:
        # What the store has lost must be said in the status, so before the first byte is sent. A
        # tar begins with a header of our own making, so two chunks are asked for.
        first = list(islice(chunks, 2))
        response = StreamingHttpResponse(chain(first, chunks))
    response.headers["Content-Length"] = str(size)
    return response
