"""What a row of lm-eval's samples file says to a reader."""

import json
import math
from typing import Any

import pytest

from evaluations.tables.choosing import targets
from evaluations.tables.samples import RowError, Sample, parse, sample
from tests.samples import choice, written


def read(row: dict[str, Any], deciding: str | None = None) -> Sample:
    return sample(7, parse(json.dumps(row).encode()), deciding)


def test_choice_row_tells_choices_likelihoods_and_the_chosen_one() -> None:
    row = choice(3, "Which?", ["a b", "c", "d"], gold=2, answers=[-3.0, -1.5, -2.0], shots="1\n\n")
    assert read(row) == Sample(
        row=7, doc_id=3, filter="none", question="Which?", target="2", answer="c",
        choices=["a b", "c", "d"], loglikelihoods=[-3.0, -1.5, -2.0], chosen=1, right=False,
        metrics={"acc": 0.0}, doc_hash=row["doc_hash"], prompt="1\n\nWhich?\nAnswer:",
        doc=json.dumps(row["doc"], indent=1),
    )  # fmt: skip


@pytest.mark.parametrize(("deciding", "chosen"), [("acc", 1), ("acc_norm", 0), (None, 1)])
def test_choice_is_made_as_the_deciding_metric_makes_it(deciding: str | None, chosen: int) -> None:
    row = choice(0, choices=["four letters", "one"], gold=0, answers=[-4.0, -3.0])
    row |= {"metrics": ["acc", "acc_norm"], "acc": 0.0, "acc_norm": 1.0}
    assert read(row, deciding).chosen == chosen
    assert read(row, deciding).right is (chosen == 0)


def test_choice_that_contradicts_the_metric_is_not_told() -> None:
    row = choice(0, gold=0, answers=[-1.0, -2.0]) | {"acc": 0.0}
    assert (read(row).chosen, read(row).answer, read(row).right) == (None, None, False)


def test_choices_inside_the_contexts_are_told_apart() -> None:
    row = choice(0, choices=["x", "y"])
    row["arguments"] = {
        "gen_args_0": {"arg_0": "It was the trophy", "arg_1": " that was big."},
        "gen_args_1": {"arg_0": "It was the truck", "arg_1": " that was big."},
    }
    assert read(row).choices == ["trophy", "truck"]


def test_choices_without_context_are_left_out() -> None:
    row = choice(0, choices=["a", "b", "a", "b"], gold=1, answers=[-5.0, -4.0, -1.0, -2.0])
    for name in ("gen_args_2", "gen_args_3"):
        row["arguments"][name]["arg_0"] = ""
    row["acc"] = 1.0
    assert (read(row).loglikelihoods, read(row).answer) == ([-5.0, -4.0], "b")


@pytest.mark.parametrize(("flag", "answer"), [("True", "one"), ("False", None)])
def test_single_continuation_is_the_answer_if_the_model_would_write_it(
    flag: str, answer: str | None
) -> None:
    row = choice(0, choices=["one"], answers=[-1.0])
    row["filtered_resps"] = [["-1.0", flag]]
    assert read(row).answer == answer


def test_rated_text_has_a_likelihood_and_no_choices() -> None:
    row = choice(0) | {"arguments": {"gen_args_0": {"arg_0": "A text."}}}
    row |= {"filtered_resps": ["-12.5"], "metrics": ["word_perplexity"], "word_perplexity": [1, 2]}
    made = read(row)
    assert (made.choices, made.loglikelihoods, made.right) == (None, [-12.5], None)
    assert made.metrics == {}


def test_written_row_tells_what_the_filter_kept() -> None:
    _, kept = written(4, "How many?", "It is 5.", "5", kept="5")
    assert (read(kept).answer, read(kept).right, read(kept).choices) == ("5", True, None)
    assert read(kept | {"filtered_resps": [["a", "b"]]}).answer == "a\nb"
    assert read(kept | {"filtered_resps": [{"a": 1}]}).answer == '{"a": 1}'
    assert read(kept | {"filtered_resps": []}).answer is None


def test_metric_between_right_and_wrong_decides_nothing() -> None:
    _, row = written(0, "?", "a", "b")
    row |= {"metrics": ["exact_match", "f1"], "f1": 0.5}
    assert (read(row, "f1").right, read(row).right) == (None, False)


def test_question_of_an_unusual_document_is_the_end_of_its_prompt() -> None:
    row = choice(0, "Which?", shots="An example.\n\n") | {"doc": ["no", "fields"]}
    assert read(row).question == "Which?\nAnswer:"


@pytest.mark.parametrize(
    ("target", "choices", "meant"),
    [
        ("1", ["a", "b"], [1]),
        ("[0, 1]", ["a", "b", "c"], [0, 1]),
        ("b", ["a", "b"], [1]),
        ("7", ["a", "b"], []),
        ("", ["a"], []),
        ("٣", ["a"], []),
        ("9" * 5000, ["a"], []),
    ],
)
def test_target_means_choices(target: str, choices: list[str], meant: list[int]) -> None:
    assert targets(target, choices) == meant


def test_nan_and_half_a_surrogate_pair_are_readable() -> None:
    row = choice(0) | {"doc": {"question": "\ud83d?"}, "acc": math.nan}
    made = sample(0, parse(json.dumps(row).encode()), None)
    assert (made.question, made.right) == ("??", None)
    assert math.isnan(made.metrics["acc"])
    made.doc.encode()


@pytest.mark.parametrize(
    "spoiled",
    [
        {"arguments": None}, {"arguments": {"a": 1}}, {"arguments": {"gen_args_0": {"arg_0": 3}}},
        {"filtered_resps": None}, {"filtered_resps": [None, True]}, {"filtered_resps": {"a": 1}},
        {"metrics": {"acc": 1}}, {"metrics": [3, "acc"], "acc": 10**400}, {"doc": None},
        {"target": [1, 2]}, {"target": None}, {"doc_hash": 3},
    ],
)  # fmt: skip
def test_row_with_spoiled_fields_is_still_shown(spoiled: dict[str, Any]) -> None:
    made = read(choice(5) | spoiled)
    assert (made.row, made.doc_id, made.filter) == (7, 5, "none")


@pytest.mark.parametrize(
    "line",
    [b"", b"{", b"[]", b"3", b'{"doc_id": 1}', b'{"doc_id": "1", "filter": "a"}',
     b'{"doc_id": true, "filter": "a"}', b'{"doc_id": 1, "filter": 2}', b"[" * 100_000,
     b'{"doc_id": 9223372036854775808, "filter": "a"}'],
)  # fmt: skip
def test_line_that_is_no_sample_is_refused(line: bytes) -> None:
    with pytest.raises(RowError):
        parse(line)
