"""Files: small ones from the hub itself, large ones from the storage that it redirects to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from tests.hub import access
from tests.hub.answers import Answer

if TYPE_CHECKING:
    from tests.hub.repository import File
    from tests.hub.server import Hub, Request

#: Readable whoever asks, in a gated repository too.
_OPEN = {"README.md", ".gitattributes"}


def answer(hub: Hub, request: Request) -> Answer:  # noqa: PLR0911  a line for each refusal
    """Answer `[/datasets]/{name}/resolve/{revision}/{path}` and where it redirects to."""
    path = request.path.removeprefix("/")
    if path.startswith("api/resolve-cache/"):
        return _cached(hub, request, path.removeprefix("api/resolve-cache/"))
    kind = "datasets" if path.startswith("datasets/") else "models"
    name, verb, more = access.split(path.removeprefix("datasets/"), ("resolve",))
    found = access.find(hub, request, kind, name)
    if isinstance(found, Answer):
        return found
    if not verb:
        return Answer(200, {"Content-Type": "text/html"}, b"<!doctype html>")
    revision, _, file_path = more.partition("/")
    commit = found.resolve(unquote(revision))
    if commit is None:
        return access.no_revision(revision)
    refused = None if file_path in _OPEN else access.refuse_gated(request, found)
    if refused is not None:
        return refused
    file = found.commits[commit].get(file_path)
    if file is None:
        return Answer.error(404, "EntryNotFound", "Entry not found", X_Repo_Commit=commit)
    return _redirect(hub, f"{kind}/{name}", commit, file)


def _redirect(hub: Hub, repository: str, commit: str, file: File) -> Answer:
    headers = {
        "X-Repo-Commit": commit,
        "X-Linked-Size": str(file.promised),
        "X-Linked-ETag": f'"{file.etag}"',
        "Accept-Ranges": "bytes",
    }
    where = f"{repository}/{commit}/{file.path}"
    if file.is_large:
        # A signed address on another host, where the reader's token must not go.
        signed = f"{hub.storage}/{quote(where)}?X-Amz-Signature=0123456789abcdef"
        return Answer(302, headers | {"Location": signed}, b"Found. Redirecting to storage")
    local = f"/api/resolve-cache/{quote(where)}?etag=%22{file.etag}%22"
    return Answer(307, headers | {"Location": local}, b"Temporary Redirect")


def _cached(hub: Hub, request: Request, where: str) -> Answer:
    file, commit = _at(hub, where)
    if file is None:
        return Answer.error(404, "EntryNotFound", "Entry not found")
    sent = _send(hub, request, file)
    sent.headers |= {"X-Repo-Commit": commit}
    return sent


def stored(hub: Hub, request: Request) -> Answer:
    """Answer for the storage: whoever holds the signed address may read."""
    file, _ = _at(hub, request.path.removeprefix("/"))
    if file is None or "X-Amz-Signature" not in request.query:
        return Answer(403, {"Content-Type": "application/xml"}, b"<Error>AccessDenied</Error>")
    return _send(hub, request, file)


def _at(hub: Hub, where: str) -> tuple[File | None, str]:
    found = re.fullmatch(r"(models|datasets)/(.+?)/([0-9a-f]{40})/(.+)", where)
    if found is None:
        return None, ""
    kind, name, commit, path = found.groups()
    return hub.repositories[kind, name].commits.get(commit, {}).get(path), commit


def _send(hub: Hub, request: Request, file: File) -> Answer:
    """Send a file or a range of it, with the fault that a test asked for."""
    fault = next((f for end, f in hub.faults if file.path.endswith(end) and f.times), None)
    data = file.data
    headers = {
        "ETag": f'"{file.etag}"',
        "Accept-Ranges": "bytes",
        "Content-Type": "application/octet-stream",
    }
    stop, pause = None, 0.0
    if fault is not None and request.method == "GET":
        fault.times -= 1
        if fault.status:
            return Answer(fault.status, {"Content-Type": "text/plain"}, b"Try again later.")
        data = bytes(255 - byte for byte in data) if fault.flip else data
        data, stop, pause = data + fault.extra, fault.after, fault.pause
        if fault.whole:
            return Answer(200, headers, data)
    answer = _range(request, data, headers)
    answer.stop, answer.pause = stop, pause
    return answer


def _range(request: Request, data: bytes, headers: dict[str, str]) -> Answer:
    asked = re.fullmatch(r"bytes=(\d+)-(\d*)", request.range)
    if asked is None:
        return Answer(200, headers, data)
    first = int(asked[1])
    last = min(int(asked[2] or len(data) - 1), len(data) - 1)
    if first >= len(data) or last < first:
        return Answer(416, headers | {"Content-Range": f"bytes */{len(data)}"})
    span = {"Content-Range": f"bytes {first}-{last}/{len(data)}"}
    return Answer(206, headers | span, data[first : last + 1])
