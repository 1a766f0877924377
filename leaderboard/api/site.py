"""The API under /api/v1/: its parts, and how it says that something went wrong."""

from ninja import NinjaAPI

from leaderboard.api import boards, problems, results, submissions

api = NinjaAPI(
    title="Assay",
    version="1",
    description="Boards, results with everything pinned, their bundles, and submissions.",
    urls_namespace="api",
    openapi_url="openapi.json",
    # The usual page of documentation loads scripts from elsewhere, which our policy forbids.
    docs_url=None,
)
problems.install(api)
api.add_router("boards", boards.router)
api.add_router("results", results.router)
api.add_router("submissions", submissions.router)
