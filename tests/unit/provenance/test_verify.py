import random

import pytest

from evaluations.provenance.members import NotABundleError
from evaluations.provenance.verify import NAMES, verify_bundle
from tests.bundles import CHOICE, COPY, WEIGHTS, choice_rows, draft, make_tar, write_files

HONEST = [
    "PASS",
    "SKIPPED",
    "PASS",
    *["SKIPPED"] * 4,
    "NOT-APPLICABLE",
    "PASS",
    "PASS",
    "PASS",
    "SKIPPED",
]


def outcomes(report):
    return [str(check.outcome) for check in report.checks]


def test_verify_bundle_passes_what_can_be_checked_of_an_honest_folder(tmp_path):
    report = verify_bundle(draft().write(tmp_path))
    assert outcomes(report) == HONEST
    assert [(check.number, check.name) for check in report.checks] == list(NAMES.items())
    assert (report.verdict, report.remembered) == ("incomplete", None)
    assert "Nothing in this bundle is signed" in report.limits[1]
    assert report.limits[-1].startswith("Check 8 (model weights) does not apply: no local files")


def test_verify_bundle_reads_a_tar_as_it_reads_a_folder(tmp_path):
    root = draft(seed=2).write(tmp_path / "in")
    path = tmp_path / "bundle.tar"
    path.write_bytes(make_tar(root))
    assert verify_bundle(path) == verify_bundle(root)
    assert outcomes(verify_bundle(path)) == HONEST


def test_verify_bundle_says_what_was_recomputed_from_what(tmp_path):
    made = draft()
    made.results["configs"][COPY]["filter_list"][1]["filter"][0] = {"function": "custom"}
    made.results["configs"][CHOICE]["process_results"] = "def process_results(doc, results): ..."
    why = verify_bundle(made.write(tmp_path)).checks[10].why
    assert f"from responses: {COPY} (exact_match)" in why
    assert f"only: {CHOICE} (acc, acc_norm; metrics: they are made by the task's own Python)" in why
    assert "filtered responses taken as they are; filter 'word': its filter 'custom'" in why


def long_rows():
    """Rows of many kilobytes, more of them than are read at a time."""
    made = draft()
    made.rows[CHOICE] = choice_rows(random.Random(3), 40, "few shots " * 1000)
    return made


def test_verify_bundle_says_which_of_many_long_rows_is_no_row(tmp_path):
    made = long_rows()
    made.rows[CHOICE][28] = b"{"
    why = verify_bundle(made.write(tmp_path)).checks[0].why
    assert why.startswith(f"row 29 of {CHOICE}: it is not strict JSON")


def test_verify_bundle_says_which_of_many_long_rows_is_missing_or_changed(tmp_path):
    made = long_rows()
    del made.rows[CHOICE][30]
    made.rows[CHOICE][17]["prompt_hash"] = "0" * 64
    made.rows[CHOICE][21]["acc"] = 0.5
    checks = verify_bundle(made.restate().write(tmp_path)).checks
    assert checks[8].why == f"{CHOICE}: document 31 stands where 30 should (filter 'none')"
    assert checks[9].why.startswith(f"{CHOICE}: document 17 (filter 'none'): the prompt's hash")
    assert checks[10].why.startswith(f"{CHOICE}: document 21 (filter 'none'): acc is said")


def test_verify_bundle_skips_what_it_cannot_aggregate(tmp_path):
    made = draft()
    made.plan["suite"]["aggregation"] = "rescaled"
    check = verify_bundle(made.write(tmp_path)).checks[10]
    assert (check.outcome, "'rescaled'" in check.why) == ("SKIPPED", True)


def test_verify_bundle_skips_a_corpus_metric_that_is_part_of_the_score(tmp_path):
    made = draft()
    for entry in made.results["configs"][CHOICE]["metric_list"]:
        entry["aggregation"] = "f1"
    check = verify_bundle(made.write(tmp_path)).checks[10]
    assert (check.outcome, "needs lm-eval" in check.why) == ("SKIPPED", True)


def test_verify_bundle_compares_local_weights(tmp_path):
    root, model = draft().write(tmp_path / "in"), tmp_path / "model"
    write_files(model, WEIGHTS | {"README.md": b"is not part of it"})
    assert verify_bundle(root, model=model).checks[7].outcome == "PASS"
    (model / "config.json").write_bytes(b"[]")
    assert "another SHA-256" in verify_bundle(root, model=model).checks[7].why
    (model / "config.json").write_bytes(b"")
    assert "another size" in verify_bundle(root, model=model).checks[7].why
    (model / "config.json").unlink()
    assert "no file config.json" in verify_bundle(root, model=model).checks[7].why


def test_verify_bundle_never_reads_outside_the_local_model(tmp_path):
    made = draft()
    made.weights["files"][0]["path"] = "../secret"
    write_files(tmp_path, {"secret": WEIGHTS["model.safetensors"], "model/config.json": b"{}"})
    check = verify_bundle(made.write(tmp_path / "in"), model=tmp_path / "model").checks[7]
    assert (check.outcome, "leads out" in check.why) == ("FAIL", True)


def test_verify_bundle_goes_on_where_one_part_is_unusable(tmp_path):
    made = draft()
    made.scores["v"] = 2
    report = verify_bundle(made.write(tmp_path))
    assert outcomes(report)[:3] == ["FAIL", "SKIPPED", "PASS"]
    assert outcomes(report)[8:] == ["SKIPPED"] * 4
    assert "version 2" in report.checks[0].why


def test_verify_bundle_says_when_it_is_no_bundle(tmp_path):
    with pytest.raises(NotABundleError):
        verify_bundle(tmp_path / "missing")


def test_verify_bundle_escapes_what_a_terminal_obeys(tmp_path):
    made = draft()
    for benchmarks in (made.plan["suite"]["benchmarks"], made.scores["benchmarks"]):
        benchmarks[0]["name"] = "\x1b[2J\u202e"
    made.scores["benchmarks"][0]["n"] += 1
    why = verify_bundle(made.write(tmp_path)).checks[10].why
    assert why == r"\x1b[2J\u202e: results/scores.json does not follow from results.json"


def test_verify_bundle_reports_an_unforeseen_error_without_a_traceback(tmp_path, monkeypatch):
    def fail(_):
        raise ZeroDivisionError("oh")

    root = draft().write(tmp_path)
    monkeypatch.setattr("evaluations.provenance.verify.check_scores", fail)
    check = verify_bundle(root).checks[10]
    assert (check.outcome, check.why) == (
        "FAIL", "stopped at something unforeseen, please report it: ZeroDivisionError: oh"
    )  # fmt: skip
