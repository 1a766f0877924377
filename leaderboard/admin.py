"""Django's administration: all can be read; what services and workers write can't be edited."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from evaluations.models import (
    ApiToken,
    Benchmark,
    Board,
    BoardState,
    IdempotentRequest,
    LanguageModel,
    LogCheckpoint,
    LogEntry,
    LogTile,
    ModerationAct,
    Replication,
    Result,
    Revision,
    Run,
    SampleTable,
    Score,
    Submission,
    SubmissionEvent,
    Suite,
    TrustRoot,
    Unit,
    WorkerProcess,
)  # fmt: skip
from evaluations.services import runs
from evaluations.services.access import revoke_token
from evaluations.services.standings import touch

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _ModelAdmin = admin.ModelAdmin


class ReadOnly(_ModelAdmin):
    """Shows rows; states change by services only, so that each change leaves its event."""

    def has_add_permission(self, _request: HttpRequest, *_args: object) -> bool:
        """Nothing is added by hand."""
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: object = None) -> bool:
        """Nothing is changed by hand."""
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: object = None) -> bool:
        """Nothing is deleted by hand: removals must leave a trace."""
        return False


@admin.register(Board)
class BoardAdmin(ReadOnly):
    """A board's words may be mended; its suite and address stay."""

    list_display = ("slug", "title", "suite", "created_at")
    readonly_fields = ("slug", "suite")

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Whether Django's own permission allows it."""
        return _ModelAdmin.has_change_permission(self, request, obj)

    def save_model(self, _request: HttpRequest, board: Board, *_args: object) -> None:
        """Save the words, and have stored pages made anew."""
        board.save()
        touch(board.pk)


@admin.register(Suite)
class SuiteAdmin(ReadOnly):
    """Suites."""

    list_display = ("name", "version", "title", "published_at")


@admin.register(Benchmark)
class BenchmarkAdmin(ReadOnly):
    """Benchmarks."""

    list_display = ("name", "suite", "task", "metric", "filter", "documents")
    list_select_related = ("suite",)


@admin.register(LanguageModel)
class LanguageModelAdmin(ReadOnly):
    """Models."""

    list_display = ("name", "source")
    search_fields = ("name",)


@admin.register(Revision)
class RevisionAdmin(ReadOnly):
    """Revisions."""

    list_display = ("model", "commit", "licence", "architecture", "parameters", "created_at")
    list_select_related = ("model",)


@admin.register(Submission)
class SubmissionAdmin(ReadOnly):
    """Submissions, which can be cancelled as on their pages."""

    list_display = ("public_id", "state", "failure_code", "revision", "board", "by", "created_at")
    list_filter = ("state", "board")
    list_select_related = ("revision__model", "board", "by")
    search_fields = ("public_id", "revision__model__name")
    actions = ("cancel",)

    @admin.action(description="Cancel the chosen submissions", permissions=["cancel"])
    def cancel(self, request: HttpRequest, chosen: QuerySet[Submission]) -> None:
        """Cancel what is still open."""
        by = request.user.get_username()
        ended = sum(runs.cancel(submission=submission, by=by) for submission in chosen)
        self.message_user(request, f"{ended} cancelled.")

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        """Whether the person may change submissions."""
        return request.user.has_perm("evaluations.change_submission")


@admin.register(SubmissionEvent)
class SubmissionEventAdmin(ReadOnly):
    """Events."""

    list_display = ("submission", "state", "actor", "at", "note")
    list_select_related = ("submission",)


@admin.register(Run)
class RunAdmin(ReadOnly):
    """Runs."""

    list_display = ("submission", "worker", "token", "faults", "started_at", "finished_at")
    list_select_related = ("submission",)


@admin.register(Unit)
class UnitAdmin(ReadOnly):
    """Units."""

    list_display = ("run", "task", "first", "count", "state", "worker", "answered")
    list_filter = ("state",)
    list_select_related = ("run",)


@admin.register(WorkerProcess)
class WorkerProcessAdmin(ReadOnly):
    """Workers, as they were last heard of."""

    list_display = ("name", "seen_at", "run", "started_at")
    list_select_related = ("run",)


@admin.register(Replication)
class ReplicationAdmin(ReadOnly):
    """Replications."""

    list_display = ("public_id", "result", "verdict", "documents", "by", "created_at")
    list_filter = ("verdict",)
    list_select_related = ("result", "by")


@admin.register(ModerationAct)
class ModerationActAdmin(ReadOnly):
    """Acts of moderation; `manage.py moderate` and the dispute's form write them."""

    list_display = ("public_id", "act", "outcome", "result", "by", "at")
    list_filter = ("act", "outcome")
    list_select_related = ("result", "by")
    search_fields = ("public_id", "result__public_id", "by__username")


@admin.register(Result)
class ResultAdmin(ReadOnly):
    """Results."""

    list_display = ("public_id", "revision", "board", "value", "stderr", "published_at")
    list_filter = ("board",)
    list_select_related = ("revision__model", "board")


@admin.register(Score)
class ScoreAdmin(ReadOnly):
    """Scores."""

    list_display = ("result", "benchmark", "value", "stderr", "n")
    list_select_related = ("result", "benchmark")


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnly):
    """Entries of the log; those without an index wait for the sequencer."""

    list_display = ("index", "kind", "submission", "suite", "record")
    list_filter = ("kind",)
    list_select_related = ("submission", "suite")
    ordering = ("-pk",)


@admin.register(LogCheckpoint)
class LogCheckpointAdmin(ReadOnly):
    """Signed checkpoints."""

    list_display = ("size", "root", "at")


@admin.register(LogTile)
class LogTileAdmin(ReadOnly):
    """Full tiles, which hold nothing but hashes."""

    list_display = ("level", "number")
    fields = ("level", "number")


@admin.register(TrustRoot)
class TrustRootAdmin(ReadOnly):
    """Versions of the root of trust."""

    list_display = ("version", "at")


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnly):
    """Tokens, which can be revoked when one has leaked."""

    list_display = ("prefix", "name", "by", "scopes", "created_at", "last_used_at", "revoked_at")
    list_select_related = ("by",)
    search_fields = ("prefix", "by__username")
    exclude = ("sha256",)
    actions = ("revoke",)

    @admin.action(description="Revoke the chosen tokens", permissions=["revoke"])
    def revoke(self, request: HttpRequest, chosen: QuerySet[ApiToken]) -> None:
        """Revoke what is still good."""
        revoked = sum(revoke_token(token=token) for token in chosen)
        self.message_user(request, f"{revoked} revoked.")

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Whether the person may change tokens."""
        return request.user.has_perm("evaluations.change_apitoken")


@admin.register(IdempotentRequest)
class IdempotentRequestAdmin(ReadOnly):
    """Requests of the API that named a key."""

    list_display = ("key", "by", "status", "created_at")
    list_select_related = ("by",)


@admin.register(BoardState)
class BoardStateAdmin(ReadOnly):
    """What is computed about boards."""

    list_display = ("board", "version", "changed_at", "ranked_version")


@admin.register(SampleTable)
class SampleTableAdmin(ReadOnly):
    """Parquet copies of samples."""

    list_display = ("result", "task", "rows", "size", "withheld")
