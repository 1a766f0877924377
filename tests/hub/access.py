"""Who may read what: the hub's answers for missing, renamed, private and gated repositories."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.hub.answers import Answer

if TYPE_CHECKING:
    from tests.hub.repository import Repository
    from tests.hub.server import Hub, Request


def split(rest: str, verbs: tuple[str, ...]) -> tuple[str, str, str]:
    """Split `org/name/verb/…` into the repository's name, the verb and what follows."""
    parts = rest.split("/")
    for index in (1, 2):
        if len(parts) > index and parts[index] in verbs:
            return "/".join(parts[:index]), parts[index], "/".join(parts[index + 1 :])
    return rest, "", ""


def find(hub: Hub, request: Request, kind: str, name: str) -> Repository | Answer:
    """Return a repository that may be known of, or why there is none."""
    if (kind, name) in hub.renamed:
        new = hub.renamed[kind, name]
        answer = Answer.error(307, "", "Moved")
        answer.headers["Location"] = request.path.replace(name, new, 1) + _query(request)
        return answer
    found = hub.repositories.get((kind, name))
    if found is None or (found.private and request.token not in found.tokens):
        # Without a token the hub says 401, so that nobody learns what is private.
        status = 404 if request.token else 401
        message = "Repository not found" if request.token else "Invalid username or password."
        return Answer.error(status, "RepoNotFound", message)
    return found


def _query(request: Request) -> str:
    pairs = [f"{name}={value}" for name, values in request.query.items() for value in values]
    return f"?{'&'.join(pairs)}" if pairs else ""


def refuse_gated(request: Request, found: Repository) -> Answer | None:
    """Return the refusal of a gated repository's files, if this reader has no access."""
    if not found.gated or request.token in found.tokens:
        return None
    if not request.token:
        return Answer.error(
            401,
            "GatedRepo",
            f"Access to model {found.name} is restricted. You must have access to it and be "
            "authenticated to access it. Please log in.",
        )
    return Answer.error(
        403,
        "GatedRepo",
        f"Access to model {found.name} is restricted and you are not in the authorized list.",
    )


def no_revision(revision: str) -> Answer:
    return Answer.error(404, "RevisionNotFound", f"Invalid rev id: {revision}")
