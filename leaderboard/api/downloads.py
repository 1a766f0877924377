"""Files sent in pieces, from the artefact store to the reader."""

from collections.abc import Iterator
from itertools import chain, islice

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.cache import get_conditional_response, patch_cache_control

from evaluations import store
from evaluations.models import Result, Revision
from evaluations.provenance.bundle import stream_tar, tar_end, tar_header, tar_padding

_YEAR = 31_536_000


def bundle(request: HttpRequest, result: Result) -> HttpResponseBase:
    """Send a result's bundle.

    Raises:
        ArtefactMissingError: if the store has lost it.
    """
    return _send(
        request,
        chunks=store.chunks(result.bundle_sha256),
        size=result.bundle_size,
        etag=result.bundle_sha256,
        filename=f"assay-{result.public_id}-bundle.tar",
    )


def model(request: HttpRequest, result: Result) -> HttpResponseBase:
    """Send a model's files as a tar that unpacks to the folder `model/`.

    Raises:
        ArtefactMissingError: if the store has lost the first file.
    """
    revision = result.revision
    return _send(
        request,
        chunks=stream_tar(
            (name, size, store.chunks(digest)) for name, size, digest in _members(revision)
        ),
        size=model_size(revision),
        etag=revision.commit,
        filename=f"assay-{result.public_id}-model.tar",
    )


def model_size(revision: Revision) -> int:
    """Return how many bytes the tar of a model has."""
    return len(tar_end()) + sum(
        len(tar_header(name, size)) + size + len(tar_padding(size))
        for name, size, _ in _members(revision)
    )


def _members(revision: Revision) -> list[tuple[str, int, str]]:
    return sorted((f"model/{f['path']}", f["size"], f["sha256"]) for f in revision.files)


def _send(
    request: HttpRequest, *, chunks: Iterator[bytes], size: int, etag: str, filename: str
) -> HttpResponseBase:
    """Send bytes that never change; to who has them already, say only that."""
    response: HttpResponseBase | None = get_conditional_response(request, etag=f'"{etag}"')
    if response is None:
        response = _body(request, chunks)
        response.headers["Content-Length"] = str(size)
        response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    response.headers["ETag"] = f'"{etag}"'
    patch_cache_control(response, public=True, max_age=_YEAR, immutable=True)
    return response


def _body(request: HttpRequest, chunks: Iterator[bytes]) -> HttpResponseBase:
    if request.method == "HEAD":
        return HttpResponse(content_type="application/x-tar")
    # What the store has lost must be said in the status, so before the first byte is sent. A tar
    # begins with a header of our own making, so two pieces are asked for.
    first = list(islice(chunks, 2))
    return StreamingHttpResponse(chain(first, chunks), content_type="application/x-tar")
