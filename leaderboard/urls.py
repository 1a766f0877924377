"""Every address of the site."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import path, re_path

from leaderboard.api.site import api
from leaderboard.pages import (
    account,
    badges,
    benchmarks,
    boards,
    compare,
    disputes,
    governance,
    health,
    home,
    language,
    languages,
    log,
    methods,
    models,
    queue,
    results,
    samples,
    status,
    submissions,
    submit,
)

urlpatterns = [
    path("", home.home, name="home"),
    # The list of boards stands on the first page until there are too many for it.
    path("", home.home, name="boards"),
    path("boards/<slug:slug>/", boards.board, name="board"),
    path("boards/<slug:slug>/history/", boards.history, name="board-history"),
    path("boards/<slug:slug>.json", boards.board_json, name="board-json"),
    path("boards/<slug:slug>.csv", boards.board_csv, name="board-csv"),
    path("boards/<slug:slug>.parquet", boards.board_parquet, name="board-parquet"),
    path("boards/<slug:slug>.atom", boards.board_atom, name="board-atom"),
    path("boards/<slug:slug>/embed/", boards.embed, name="board-embed"),
    re_path(
        r"^boards/(?P<slug>[-\w]+)/badge\.(?P<form>svg|json)$",
        badges.board_badge,
        name="board-badge",
    ),
    re_path(
        r"^boards/(?P<slug>[-\w]+)/badges/(?P<path>.+)\.(?P<form>svg|json)$",
        badges.model_badge,
        name="model-badge",
    ),
    path("compare/", compare.compare, name="compare"),
    path("compare.csv", compare.compare_csv, name="compare-csv"),
    path("results/<slug:public_id>/", results.result, name="result"),
    path("results/<slug:public_id>/dispute/", disputes.dispute, name="dispute"),
    path("results/<slug:public_id>/samples/", samples.listing, name="samples"),
    path("results/<slug:public_id>/samples/<str:task>/<int:doc_id>/", samples.one, name="sample"),
    path("models/<path:path>/", models.model, name="model"),
    path("benchmarks/", benchmarks.listing, name="benchmarks"),
    path("benchmarks/<slug:slug>/", benchmarks.benchmark, name="benchmark"),
    path("languages/", languages.listing, name="languages"),
    path("languages/<str:tag>/", languages.language, name="language"),
    path("language/", language.language, name="language-choice"),
    path("submit/", submit.submit, name="submit"),
    path("submit/models", submit.suggestions, name="model-suggestions"),
    path("submissions/<slug:public_id>/", submissions.submission, name="submission"),
    path("submissions/<slug:public_id>/cancel/", submissions.cancel, name="cancel"),
    path("submissions/<slug:public_id>/withdraw/", submissions.withdraw, name="withdraw"),
    path("methods/", methods.methods, name="methods"),
    path("governance/", governance.governance, name="governance"),
    path("queue/", queue.queue, name="queue"),
    path("status/", status.status, name="status"),
    path("account/", account.account, name="account"),
    path("account/tokens/<int:pk>/revoke/", account.revoke, name="revoke-token"),
    path("accounts/login/", auth.LoginView.as_view(), name="login"),
    path("accounts/logout/", auth.LogoutView.as_view(), name="logout"),
    path("checkpoint", log.checkpoint, name="checkpoint"),
    path("tile/<path:path>", log.tile, name="tile"),
    path("log.vkey", log.vkey, name="log-vkey"),
    path("trust/<int:version>.root.json", log.root, name="trust-root"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("api/v1/", api.urls),
    path("admin/", admin.site.urls),
]

handler400 = "leaderboard.pages.errors.bad_request"
handler404 = "leaderboard.pages.errors.not_found"
handler500 = "leaderboard.pages.errors.server_error"
