"""The domain's tables, one aggregate per file."""

from evaluations.models.access import ApiToken, IdempotentRequest
from evaluations.models.language_models import LanguageModel, Revision
from evaluations.models.log import LogCheckpoint, LogEntry, LogTile, TrustRoot
from evaluations.models.moderation import ModerationAct
from evaluations.models.replications import Replication
from evaluations.models.results import Result, Score
from evaluations.models.runs import Run, Unit, WorkerProcess
from evaluations.models.sample_tables import SampleTable
from evaluations.models.standings import BoardState
from evaluations.models.submissions import Submission, SubmissionEvent
from evaluations.models.suites import Benchmark, Board, Suite

__all__ = [
    "ApiToken",
    "Benchmark",
    "Board",
    "BoardState",
    "IdempotentRequest",
    "LanguageModel",
    "LogCheckpoint",
    "LogEntry",
    "LogTile",
    "ModerationAct",
    "Replication",
    "Result",
    "Revision",
    "Run",
    "SampleTable",
    "Score",
    "Submission",
    "SubmissionEvent",
    "Suite",
    "TrustRoot",
    "Unit",
    "WorkerProcess",
]
