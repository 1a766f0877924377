"""Every state, with the table of the transitions that are allowed."""

from enum import StrEnum


class SubmissionState(StrEnum):
    """Where a submission stands. The order below is the order of a submission's life."""

    QUEUED = "queued"
    FETCHING = "fetching"
    PLANNING = "planning"
    SMOKE = "smoke"
    RUNNING = "running"
    SCORING = "scoring"
    PUBLISHING = "publishing"
    PUBLISHED = "published"
    FAILED = "failed"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"
    UNCHANGED = "unchanged"
    REMOVED = "removed"


_ENDS_EARLY = frozenset(
    {SubmissionState.FAILED, SubmissionState.CANCELLED, SubmissionState.WITHDRAWN}
)

SUBMISSION_TRANSITIONS: dict[SubmissionState, frozenset[SubmissionState]] = {
    SubmissionState.QUEUED: _ENDS_EARLY | {SubmissionState.FETCHING},
    SubmissionState.FETCHING: _ENDS_EARLY | {SubmissionState.PLANNING},
    SubmissionState.PLANNING: _ENDS_EARLY | {SubmissionState.SMOKE},
    SubmissionState.SMOKE: _ENDS_EARLY | {SubmissionState.RUNNING},
    SubmissionState.RUNNING: _ENDS_EARLY | {SubmissionState.SCORING},
    SubmissionState.SCORING: _ENDS_EARLY | {SubmissionState.PUBLISHING},
    # Answers that were scored again to the same outcome publish nothing.
    SubmissionState.PUBLISHING: _ENDS_EARLY
    | {SubmissionState.PUBLISHED, SubmissionState.UNCHANGED},
    # A result that is withdrawn, removed or scored anew keeps its page; it leaves the board.
    SubmissionState.PUBLISHED: frozenset(
        {SubmissionState.WITHDRAWN, SubmissionState.SUPERSEDED, SubmissionState.REMOVED}
    ),
    SubmissionState.FAILED: frozenset(),
    SubmissionState.CANCELLED: frozenset(),
    SubmissionState.WITHDRAWN: frozenset(),
    SubmissionState.SUPERSEDED: frozenset(),
    SubmissionState.UNCHANGED: frozenset(),
    # An operator's act, which an appeal may undo.
    SubmissionState.REMOVED: frozenset({SubmissionState.PUBLISHED}),
}


def states_before(state: SubmissionState) -> list[SubmissionState]:
    """Return the states from which this one may be reached."""
    return [before for before, after in SUBMISSION_TRANSITIONS.items() if state in after]


#: Waiting or at work; such a submission counts against its submitter's limit.
OPEN_STATES = frozenset(
    state for state, after in SUBMISSION_TRANSITIONS.items() if SubmissionState.FAILED in after
)
#: One of these for a model, board, precision and template makes the next one a duplicate; else
#: what was removed would come back by submitting it again.
STANDING_STATES = OPEN_STATES | {SubmissionState.PUBLISHED, SubmissionState.REMOVED}
#: Stages that one worker takes alone, holding the run's lease; `RUNNING` is shared by units.
SOLO_STATES = OPEN_STATES - {SubmissionState.RUNNING}


class UnitState(StrEnum):
    """Where a unit stands. A claim that outlives its lease may be taken by another worker."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    FINISHED = "finished"


UNIT_TRANSITIONS: dict[UnitState, frozenset[UnitState]] = {
    UnitState.QUEUED: frozenset({UnitState.CLAIMED}),
    UnitState.CLAIMED: frozenset({UnitState.CLAIMED, UnitState.QUEUED, UnitState.FINISHED}),
    UnitState.FINISHED: frozenset(),
}


class Act(StrEnum):
    """What can be done about a published result, each time with a reason and in the log."""

    DISPUTE = "dispute"
    ANSWER = "answer"
    REMOVE = "remove"
    RESTORE = "restore"


class DisputeState(StrEnum):
    """Where a dispute stands. Its answer ends it; whoever disagrees opens another one."""

    OPEN = "open"
    UPHELD = "upheld"
    CORRECTED = "corrected"
    DISMISSED = "dismissed"


_OUTCOMES = frozenset({DisputeState.UPHELD, DisputeState.CORRECTED, DisputeState.DISMISSED})

DISPUTE_TRANSITIONS: dict[DisputeState, frozenset[DisputeState]] = {
    DisputeState.OPEN: _OUTCOMES,
    DisputeState.UPHELD: frozenset(),
    DisputeState.CORRECTED: frozenset(),
    DisputeState.DISMISSED: frozenset(),
}

#: Results that can be disputed: those on a board, and those that an operator took off it, for that
#: is how one appeals.
DISPUTABLE_STATES = frozenset({SubmissionState.PUBLISHED, SubmissionState.REMOVED})


class Precision(StrEnum):
    """The numbers that a model computes with."""

    FLOAT32 = "float32"


class ModelSource(StrEnum):
    """Where a model's files come from."""

    LOCAL = "local"
    HUB = "hf"


class Scope(StrEnum):
    """What an API token may do."""

    READ = "read"
    SUBMIT = "submit"
