import copy
import hashlib
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.provenance.canonical import jcs, parse_strict
from evaluations.provenance.members import Limits
from evaluations.provenance.replication.audit import Audit
from evaluations.provenance.replication.comparing import compare, same
from evaluations.provenance.replication.errors import ReplicationError
from evaluations.provenance.unpack import Bundle, folder_members
from tests.bundles import CHOICE, COPY, Draft, choice_rows, planned
from tests.replications import answer_again, audited, likelihoods, original, rerun


def compared(
    tmp_path: Path, rows: dict[str, list[Any]], made: Bundle, audit: Audit | None = None
) -> dict[str, Any]:
    again = Bundle(folder_members(rerun(tmp_path / "again", rows)), Limits())
    return compare(made, again, audit)


@pytest.fixture
def first(tmp_path: Path) -> tuple[Draft, Bundle]:
    return original(tmp_path / "first")


def test_equal_answers_are_r0(tmp_path: Path, first: tuple[Draft, Bundle]) -> None:
    made, bundle = first
    found = compared(tmp_path, made.rows, bundle)
    assert found["verdict"] == "R0"
    assert [(b["name"], b["verdict"], b["n"], b["exact"]) for b in found["benchmarks"]] == [
        (CHOICE, "R0", 12, 12), (COPY, "R0", 12, 12),
    ]  # fmt: skip
    assert (found["flips"], found["audit"], found["notCompared"]) == ([], None, [])


def test_other_digits_without_another_decision_are_r1(
    tmp_path: Path, first: tuple[Draft, Bundle]
) -> None:
    made, bundle = first
    rows = copy.deepcopy(made.rows)
    for row in rows[CHOICE]:
        answer_again(row, [answer - 1e-7 for answer in likelihoods(row)])
    found = compared(tmp_path, rows, bundle)
    assert (found["verdict"], [b["exact"] for b in found["benchmarks"]]) == ("R1", [0, 12])


def test_flip_of_a_near_tie_is_explained(tmp_path: Path) -> None:
    made, _ = original(tmp_path / "made")
    row = made.rows[CHOICE][3]
    gold, sizes = row["doc"]["gold"], [len(choice) for choice in row["doc"]["choices"]]
    other = (gold + 1) % 4
    answers = [-9.0 * size for size in sizes]
    answers[gold], answers[other] = -1.0 * sizes[gold], -1.0 * sizes[other] - 1e-5
    answer_again(row, answers)
    made.write(tmp_path / "tied")
    bundle = Bundle(folder_members(tmp_path / "tied"), Limits())
    rows = copy.deepcopy(made.rows)
    answers[other] += 2e-5
    answer_again(rows[CHOICE][3], answers)
    found = compared(tmp_path, rows, bundle)
    assert (found["verdict"], found["benchmarks"][0]["explained"]) == ("R1", 1)
    [flip] = found["flips"]
    assert (flip["docId"], flip["before"], flip["after"]) == (3, 1.0, 0.0)
    # Both choices' likelihoods per character would have to move together by so much.
    mean = (1 / sizes[gold] + 1 / sizes[other]) / 2
    assert flip["gap"] == pytest.approx(1e-5 / sizes[other] / mean, rel=1e-4)


def test_flip_of_a_clear_decision_diverged(tmp_path: Path, first: tuple[Draft, Bundle]) -> None:
    made, bundle = first
    rows = copy.deepcopy(made.rows)
    row = next(row for row in rows[CHOICE] if row["acc_norm"])
    answers = likelihoods(row)
    answers[row["doc"]["gold"]] = -500.0
    answer_again(row, answers)
    found = compared(tmp_path, rows, bundle)
    assert (found["verdict"], found["benchmarks"][1]["verdict"]) == ("diverged", "R0")
    assert found["benchmarks"][0]["lost"] == 1


def test_few_flips_among_many_documents_are_r2(tmp_path: Path) -> None:
    made, _ = original(tmp_path / "made")
    made.rows[CHOICE] = choice_rows(random.Random(5), 2000)
    made.plan["tasks"][CHOICE] = planned(made.rows[CHOICE], "multiple_choice")
    made.write(tmp_path / "large")
    bundle = Bundle(folder_members(tmp_path / "large"), Limits())
    rows = copy.deepcopy(made.rows)
    for row in [row for row in rows[CHOICE] if row["acc_norm"]][:3]:
        answers = likelihoods(row)
        answers[row["doc"]["gold"]] = -500.0
        answer_again(row, answers)
    found = compared(tmp_path, rows, bundle)
    assert (found["verdict"], found["benchmarks"][0]["flipped"]) == ("R2", 3)


def test_changed_text_that_is_scored_alike_is_r1(
    tmp_path: Path, first: tuple[Draft, Bundle]
) -> None:
    made, bundle = first
    rows = copy.deepcopy(made.rows)
    for row in rows[COPY]:
        row["resps"] = [[row["resps"][0][0] + " and more"]]
        if row["filter"] == "raw":
            row["filtered_resps"] = [row["resps"][0][0]]
    found = compared(tmp_path, rows, bundle)
    assert [b["verdict"] for b in found["benchmarks"]] == ["R0", "R1"]


@pytest.mark.parametrize("spoilt", ["doc", "prompt", "fewer", "more", "order", "metric", "task"])
def test_other_questions_are_not_compared(
    tmp_path: Path, first: tuple[Draft, Bundle], spoilt: str
) -> None:
    made, bundle = first
    rows = copy.deepcopy(made.rows)
    row = rows[CHOICE][0]
    match spoilt:
        case "doc":
            row["doc"]["question"] = "?"
        case "prompt":
            row["arguments"]["gen_args_2"]["arg_0"] += "!"
        case "fewer":
            rows[CHOICE].pop()
        case "more":
            rows[CHOICE].append(rows[CHOICE][-1])
        case "order":
            rows[CHOICE].reverse()
        case "metric":
            row["metrics"].remove("acc")
        case "task":
            del rows[CHOICE]
    with pytest.raises(ReplicationError):
        compared(tmp_path, rows, bundle)


def test_withheld_benchmarks_are_named_and_left_out(tmp_path: Path) -> None:
    made, _ = original(tmp_path / "made")
    made.plan["suite"]["benchmarks"][0]["withheld"] = True
    del made.rows[CHOICE]
    made.write(tmp_path / "withheld")
    bundle = Bundle(folder_members(tmp_path / "withheld"), Limits())
    found = compared(tmp_path, made.rows, bundle)
    assert (found["notCompared"], [b["name"] for b in found["benchmarks"]]) == ([CHOICE], [COPY])


class TestAudit:
    audit = Audit(5, "2026-11-24")

    def test_chosen_documents_are_compared(
        self, tmp_path: Path, first: tuple[Draft, Bundle]
    ) -> None:
        made, bundle = first
        found = compared(tmp_path, audited(made, self.audit), bundle, self.audit)
        assert (found["verdict"], [b["n"] for b in found["benchmarks"]]) == ("R0", [5, 5])
        assert found["audit"] == {"documents": 5, "seed": "2026-11-24"}

    def test_other_documents_than_the_chosen_ones_are_refused(
        self, tmp_path: Path, first: tuple[Draft, Bundle]
    ) -> None:
        made, bundle = first
        with pytest.raises(ReplicationError):
            compared(tmp_path, audited(made, Audit(5, "another")), bundle, self.audit)

    def test_choice_is_as_the_documentation_says(self) -> None:
        texts = [f"s\nt\n{'0' * 64}\n{number}" for number in range(30)]
        order = sorted(range(30), key=lambda n: hashlib.sha256(texts[n].encode()).hexdigest())
        assert Audit(4, "s").chosen("t", 30, "0" * 64) == sorted(order[:4])

    @settings(deadline=None)
    @given(st.integers(1, 40), st.integers(0, 40), st.text("abc0", min_size=1, max_size=9))
    def test_choice_is_of_so_many_documents_and_grows_with_them(
        self, count: int, documents: int, seed: str
    ) -> None:
        chosen = Audit(count, seed).chosen("t", documents, "r")
        assert len(chosen) == min(count, documents)
        assert chosen == sorted(set(chosen))
        assert set(chosen) <= set(range(documents))
        assert set(chosen) <= set(Audit(count + 1, seed).chosen("t", documents, "r"))

    @pytest.mark.parametrize(("count", "seed"), [(0, "s"), (1, ""), (1, "a\nb"), (1, "x" * 101)])
    def test_senseless_audit_is_refused(self, count: int, seed: str) -> None:
        with pytest.raises(ValueError, match=r"audit|seed"):
            Audit(count, seed)


def test_comparison_survives_json(tmp_path: Path, first: tuple[Draft, Bundle]) -> None:
    made, bundle = first
    found = compared(tmp_path, made.rows, bundle)
    assert same(parse_strict(jcs(found)), found)


@pytest.mark.parametrize(
    ("claimed", "computed", "alike"),
    [
        (1, 1.0, True), (0.1 + 0.2, 0.3, True), (0.31, 0.3, False), (True, 1.0, False),
        (1, True, False), ([1], [1.0, 2.0], False), ({"a": None}, {"a": None}, True),
        ({"a": 1}, {"a": 1, "b": 2}, False), ("R0", "R1", False), (None, 0.0, False),
    ],
)  # fmt: skip
def test_numbers_may_differ_in_their_last_digits_only(
    claimed: Any, computed: Any, alike: bool
) -> None:
    assert same(claimed, computed) is alike
