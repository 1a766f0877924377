"""The domain's tables, one aggregate per file."""

from evaluations.models.language_models import LanguageModel, Revision
from evaluations.models.results import Result, Score
from evaluations.models.runs import Run, Unit
from evaluations.models.submissions import Submission, SubmissionEvent
from evaluations.models.suites import Benchmark, Board, Suite

__all__ = [
    "Benchmark",
    "Board",
    "LanguageModel",
    "Result",
    "Revision",
    "Run",
    "Score",
    "Submission",
    "SubmissionEvent",
    "Suite",
    "Unit",
]
