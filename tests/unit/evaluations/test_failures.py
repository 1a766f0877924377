"""Every failure tells people who can mend it and how; every state has its way out."""

from evaluations.enums import OPEN_STATES, SUBMISSION_TRANSITIONS, SubmissionState
from evaluations.failures import FAILURES, FailureCode, Mender, Retry, failure


def test_every_code_has_a_cause_and_a_hint() -> None:
    assert set(FAILURES) == set(FailureCode)
    assert all(meaning.cause.endswith(".") and meaning.hint for meaning in FAILURES.values())


def test_only_the_platforms_faults_are_retried_without_more_to_work_with() -> None:
    retried = {m.mender for m in FAILURES.values() if m.retry is Retry.BACKOFF}
    assert retried == {Mender.PLATFORM}
    assert {code for code, m in FAILURES.items() if m.retry is Retry.ESCALATE} == {
        FailureCode.OUT_OF_MEMORY,
        FailureCode.TIME_LIMIT,
        FailureCode.STALLED,
    }


def test_unknown_code_counts_as_a_bug() -> None:
    assert failure("from a later version") == FAILURES[FailureCode.ENGINE_BUG]


def test_every_open_state_can_end_and_no_final_one_goes_on() -> None:
    for state in OPEN_STATES:
        assert {
            SubmissionState.FAILED,
            SubmissionState.CANCELLED,
            SubmissionState.WITHDRAWN,
        } < SUBMISSION_TRANSITIONS[state]
    final = set(SubmissionState) - OPEN_STATES
    assert final == {
        SubmissionState.PUBLISHED,
        SubmissionState.FAILED,
        SubmissionState.CANCELLED,
        SubmissionState.WITHDRAWN,
        SubmissionState.SUPERSEDED,
        SubmissionState.REMOVED,
        SubmissionState.UNCHANGED,
    }
