"""The domain's tables, one aggregate per file."""

from evaluations.models.access import ApiToken, IdempotentRequest
from evaluations.models.language_models import LanguageModel, Revision
from evaluations.models.log import LogCheckpoint, LogEntry, LogTile, TrustRoot
from evaluations.models.replications import Replication
from evaluations.models.results import Result, Score
from evaluations.models.runs import Run, Unit, WorkerProcess
from evaluations.models.sample_tables import SampleTable
from evaluations.models.submissions import Submission, SubmissionEvent
from evaluations.models.suites import Benchmark, Board, Suite

__all__ = [
    "ApiToken",
    "Benchmark",
    "Board",
    "IdempotentRequest",
    "LanguageModel",
    "LogCheckpoint",
    "LogEntry",
    "LogTile",
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
