"""The API under /api/v1/: its parts, and how it says that something went wrong."""

from leaderboard.api import (
    benchmarks,
    boards,
    log,
    me,
    models,
    problems,
    replications,
    samples,
    submissions,
)  # fmt: skip
from leaderboard.api.description import DescribedAPI

api = DescribedAPI(
    title="Assay",
    version="1",
    description="Boards, results with everything pinned, their bundles, and submissions.",
    urls_namespace="api",
    openapi_url="openapi.json",
    # The usual page of documentation loads scripts from elsewhere, which our policy forbids.
    docs_url=None,
)
problems.install(api)
api.add_router("me", me.router)
api.add_router("boards", boards.router)
api.add_router("benchmarks", benchmarks.router)
api.add_router("models", models.router)
# These two modules add samples and replications to the results' own.
assert samples.router is replications.router  # noqa: S101  one router, registered once
api.add_router("results", samples.router)
api.add_router("log", log.router)
api.add_router("submissions", submissions.router)
