"""Bundles whose samples are partly withheld: what is there is checked, what isn't is named."""

from pathlib import Path

import pytest

from evaluations.provenance.checks.outcome import Outcome
from evaluations.provenance.verify import Report, verify_bundle
from tests.bundles import CHOICE, COPY, Draft, draft


def withheld() -> Draft:
    made = draft()
    made.plan["suite"]["benchmarks"][0]["withheld"] = True
    made.restate()
    del made.rows[CHOICE]
    return made


def outcomes(report: Report) -> dict[int, Outcome]:
    return {number: report.checks[number - 1].outcome for number in (1, 3, 9, 10, 11)}


def test_what_is_there_is_checked_and_what_is_not_is_named(tmp_path: Path) -> None:
    report = verify_bundle(withheld().write(tmp_path))
    assert report.verdict == "incomplete"
    assert outcomes(report) == {
        1: Outcome.PASS, 3: Outcome.PASS,
        9: Outcome.SKIPPED, 10: Outcome.SKIPPED, 11: Outcome.SKIPPED,
    }  # fmt: skip
    for number in (9, 10, 11):
        assert f"the samples of {CHOICE} are withheld" in report.checks[number - 1].why


def test_withheld_samples_that_are_there_all_the_same_fail(tmp_path: Path) -> None:
    made = draft()
    made.plan["suite"]["benchmarks"][0]["withheld"] = True
    assert outcomes(verify_bundle(made.write(tmp_path)))[9] is Outcome.FAIL


def test_samples_that_are_missing_without_a_word_fail(tmp_path: Path) -> None:
    made = draft()
    del made.rows[CHOICE]
    assert outcomes(verify_bundle(made.write(tmp_path)))[9] is Outcome.FAIL


def test_withholding_one_task_hides_nothing_of_another(tmp_path: Path) -> None:
    made = withheld()
    made.rows[COPY][3]["exact_match"] = 1 - made.rows[COPY][3]["exact_match"]
    assert verify_bundle(made.write(tmp_path)).verdict == "failed"


@pytest.mark.parametrize("field", ["value", "n", "stderr"])
def test_a_benchmark_that_is_withheld_must_still_follow_from_the_results(
    tmp_path: Path, field: str
) -> None:
    made = withheld()
    made.scores["benchmarks"][0][field] /= 2
    assert outcomes(verify_bundle(made.write(tmp_path)))[11] is Outcome.FAIL


def test_rows_that_were_dropped_before_withholding_are_noticed(tmp_path: Path) -> None:
    made = withheld()
    [line] = [line for line in made.scores["samples"] if line["task"] == CHOICE]
    line["rows"] -= 1
    assert outcomes(verify_bundle(made.write(tmp_path)))[9] is Outcome.FAIL
