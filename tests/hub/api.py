"""The hub's JSON API: repositories, trees, paths, references, search."""

from __future__ import annotations

import hashlib
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote

import yaml

from tests.hub import access
from tests.hub.answers import Answer

if TYPE_CHECKING:
    from tests.hub.repository import File, Repository
    from tests.hub.server import Hub, Request


def answer(hub: Hub, request: Request) -> Answer:  # noqa: PLR0911  a line for each endpoint
    """Answer `/api/{models,datasets}…`."""
    _, _, kind, *rest = request.path.split("/", 3)
    if kind not in {"models", "datasets"}:
        return Answer.error(404, "", "Not found")
    if not rest:
        return _search(hub, request, kind)
    name, verb, more = access.split(rest[0], ("revision", "tree", "paths-info", "refs"))
    found = access.find(hub, request, kind, name)
    if isinstance(found, Answer):
        return found
    if verb == "refs":
        return _refs(found)
    revision, _, path = more.partition("/") if verb == "tree" else (more or "main", "", "")
    commit = found.resolve(unquote(revision))
    if commit is None:
        return access.no_revision(revision)
    if verb == "tree":
        return _tree(hub, request, found, commit, unquote(path))
    if verb == "paths-info":
        return _paths(request, found.commits[commit])
    return Answer.json(_info(request, found, commit), X_Repo_Commit=commit)


def _search(hub: Hub, request: Request, kind: str) -> Answer:
    wanted = request.query.get("search", [""])[0].lower()
    limit = int(request.query.get("limit", ["1000"])[0])
    names = [
        name
        for (of, name), found in sorted(hub.repositories.items())
        if of == kind and wanted in name.lower() and not found.private
    ]
    return Answer.json([{"id": name, "modelId": name} for name in islice(names, limit)])


def _refs(found: Repository) -> Answer:
    def listed(refs: dict[str, str], where: str) -> list[dict[str, str]]:
        return [
            {"name": name, "ref": f"refs/{where}/{name}", "targetCommit": commit}
            for name, commit in refs.items()
        ]

    return Answer.json(
        {
            "branches": listed(found.branches, "heads"),
            "converts": [],
            "tags": listed(found.tags, "tags"),
        }
    )


def _info(request: Request, found: Repository, commit: str) -> dict[str, Any]:
    files = found.commits[commit]
    with_sizes = request.query.get("blobs", [""])[0].lower() == "true"
    return {
        "_id": hashlib.md5(found.name.encode()).hexdigest()[:24],  # noqa: S324  an id, no secret
        "id": found.name,
        "modelId": found.name,
        "author": found.name.partition("/")[0],
        "sha": commit,
        "lastModified": "2026-01-02T03:04:05.000Z",
        "createdAt": "2026-01-01T00:00:00.000Z",
        "private": found.private,
        "gated": found.gated,
        "disabled": False,
        "downloads": 7,
        "likes": 1,
        "tags": ["safetensors"],
        "cardData": found.card or _front_matter(files),
        "siblings": [_sibling(file, with_sizes) for file in files.values()],
    }


def _front_matter(files: dict[str, File]) -> dict[str, Any]:
    text = files["README.md"].data.decode(errors="replace") if "README.md" in files else ""
    parts = text.split("---\n", 2)
    try:
        read = yaml.safe_load(parts[1]) if len(parts) == 3 else {}
    except yaml.YAMLError:
        return {}
    return read if isinstance(read, dict) else {}


def _sibling(file: File, with_sizes: bool) -> dict[str, Any]:
    listed: dict[str, Any] = {"rfilename": file.path}
    if with_sizes:
        listed |= {"size": file.promised, "blobId": file.blob_id}
        if file.is_large:
            listed["lfs"] = {
                "sha256": file.sha256,
                "size": file.promised,
                "pointerSize": len(file.pointer),
            }
    return listed


def _tree(hub: Hub, request: Request, found: Repository, commit: str, folder: str) -> Answer:
    prefix = f"{folder}/" if folder else ""
    files = [f for path, f in found.commits[commit].items() if path.startswith(prefix)]
    if folder and not files:
        return Answer.error(404, "EntryNotFound", f"{folder} does not exist on this revision")
    recursive = request.query.get("recursive", [""])[0].lower() == "true"
    entries = _entries(files, prefix, recursive)
    start = int(request.query.get("cursor", ["0"])[0])
    page = Answer.json(entries[start : start + hub.page_size], X_Repo_Commit=commit)
    after = start + hub.page_size
    if after < len(entries):
        rest = f"recursive={recursive}&cursor={after}"
        page.headers["Link"] = f'<{hub.endpoint}{request.path}?{rest}>; rel="next"'
    return page


def _entries(files: list[File], prefix: str, recursive: bool) -> list[dict[str, Any]]:
    listed: dict[str, dict[str, Any]] = {}
    for file in files:
        below = file.path.removeprefix(prefix).split("/")
        for depth in range(1, len(below)):
            folder = prefix + "/".join(below[:depth])
            if recursive or depth == 1:
                listed.setdefault(folder, _folder(folder))
        if recursive or len(below) == 1:
            listed[file.path] = _entry(file)
    return list(listed.values())


def _folder(path: str) -> dict[str, Any]:
    oid = hashlib.sha1(path.encode()).hexdigest()  # noqa: S324  as Git's
    return {"type": "directory", "oid": oid, "size": 0, "path": path}


def _entry(file: File) -> dict[str, Any]:
    listed = {"type": "file", "oid": file.blob_id, "size": file.promised, "path": file.path}
    if file.is_large:
        pointer = len(file.pointer)
        listed["lfs"] = {"oid": file.sha256, "size": file.promised, "pointerSize": pointer}
    return listed


def _paths(request: Request, files: dict[str, File]) -> Answer:
    asked = parse_qs(request.body.decode()).get("paths", [])
    listed = []
    for path in asked:
        if path in files:
            listed.append(_entry(files[path]))
        elif any(name.startswith(f"{path}/") for name in files):
            listed.append(_folder(path))
    return Answer.json(listed)
