"""Every failure tells people who can mend it and how; every state has its way out."""

from evaluations.enums import OPEN_STATES, SUBMISSION_TRANSITIONS, SubmissionState
from evaluations.failures import FAILURES, FailureCode, Mender, failure


def test_every_code_has_a_cause_and_a_hint() -> None:
    assert set(FAILURES) == set(FailureCode)
    assert all(meaning.cause.endswith(".") and meaning.hint for meaning in FAILURES.values())


def test_only_the_platforms_faults_are_retried() -> None:
    assert {meaning.mender for meaning in FAILURES.values() if meaning.retried} == {Mender.PLATFORM}


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
    }
