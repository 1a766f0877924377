"""Check 1: nothing in the bundle is dangerous to read, or can be read in two ways."""

from evaluations.provenance.checks.evidence import Evidence
from evaluations.provenance.checks.outcome import CheckFailedError


def check_unpacking(evidence: Evidence) -> str:
    """Judge what was noted while everything was read; names and sizes were checked on opening."""
    if evidence.problems:
        more = len(evidence.problems) - 1
        raise CheckFailedError(evidence.problems[0] + (f" (and {more} more)" if more else ""))
    rows = sum(reading.rows for reading in evidence.readings.values())
    return f"{len(evidence.bundle.members)} files and {rows} rows were read safely"
