import math
import random
import statistics
import sys
from fractions import Fraction
from typing import Any

import pytest

from evaluations.provenance.rescore.aggregation import (
    aggregate,
    aggregation_of,
    compensated_sum,
    plain_sum,
    stderr,
)
from evaluations.provenance.rescore.filters import (
    NotRecomputableError,
    UnreadableError,
    apply_steps,
    filter_steps,
)
from evaluations.provenance.rescore.groups import GroupError, check_group, leaves
from evaluations.provenance.rescore.likelihoods import argmax, divide, likelihoods_of
from evaluations.provenance.rescore.targets import choices_of, gold_of
from evaluations.provenance.rows import parse_row
from tests.bundles import line
from tests.unit.provenance.test_rows import row_of

MANY = [random.Random(4).uniform(-1, 1) * 10**k for k in range(-8, 9) for _ in range(40)]


def test_sums_equal_pythons_own():
    own, others = (compensated_sum, plain_sum) if sys.version_info >= (3, 12) else (plain_sum, None)
    assert own(MANY) == sum(MANY)
    assert own([1, 2.5, True, 0.1]) == sum([1, 2.5, True, 0.1])
    assert others is None or others(MANY) != sum(MANY)


def test_sums_differ_where_python_3_12_changed():
    # https://docs.python.org/3/whatsnew/3.12.html: "sum() now uses Neumaier summation".
    assert plain_sum([0.1] * 10) == 0.9999999999999999
    assert compensated_sum([0.1] * 10) == 1.0
    assert compensated_sum([1.0, 1e100, 1.0, -1e100]) == 2.0
    assert plain_sum([1.0, 1e100, 1.0, -1e100]) == 0.0
    exact = float(sum(map(Fraction, MANY)))
    assert compensated_sum(MANY) == pytest.approx(exact, rel=1e-15)


def test_sum_of_whole_numbers_stays_whole():
    assert compensated_sum([1, 1, 0]) == plain_sum([1, 1, 0]) == 2


def test_mean_and_its_error():
    values = [1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0]
    assert aggregate("mean", values, plain_sum) == 4 / 7
    error = stderr("mean", values, plain_sum)
    assert error == pytest.approx(statistics.stdev(values) / math.sqrt(7), rel=1e-14)


def test_error_where_lm_eval_has_none_or_draws_at_random():
    assert stderr("mean", [1.0], plain_sum) == "N/A"
    assert stderr("weighted_perplexity", [[1, 2]] * 5, plain_sum) == "N/A"
    assert stderr("perplexity", [1.0] * 5, plain_sum) is None
    assert aggregate("f1", [[0, 1]], plain_sum) is None


def test_aggregation_of_listed_default_and_unlisted_metrics():
    listed = {"metric_list": [{"metric": "a", "aggregation": "median"}, {"metric": "acc"}]}
    assert [aggregation_of(listed, name) for name in ("a", "acc", "b")] == [
        "median",
        "mean",
        "mean",
    ]
    assert aggregation_of({}, "perplexity") == "perplexity"
    own = {"metric_list": [{"metric": "a", "aggregation": None}]}
    assert aggregation_of(own, "a") is None


def test_argmax_takes_the_first_largest_and_counts_nan_as_largest():
    assert argmax([-2.0, -1.0, -1.0]) == 1
    assert argmax([-2.0, math.nan, 5.0]) == 1


def test_likelihoods_of_answers():
    assert likelihoods_of([["-1.5", "True"], [-2, "?"], ("-inf", "")]) == [-1.5, -2.0, -math.inf]


@pytest.mark.parametrize(
    "odd", ["12", ["1"], ["1", "2", "3"], {"1": "", "2": ""}, ["x", "True"], [None, "True"], None]
)
def test_likelihoods_of_what_is_no_answer(odd):
    with pytest.raises(UnreadableError, match=r"an answer is not|is no log-likelihood"):
        likelihoods_of([["-1.5", "True"], odd])


def test_divide_by_an_empty_choice():
    assert divide(-1.0, 0) == -math.inf
    assert math.isnan(divide(0.0, 0))


def steps(*functions):
    return filter_steps({"filter_list": [{"name": "f", "filter": list(functions)}]}, "f")


def test_regex_filter():
    [digits] = steps({"function": "regex"})
    assert digits(["so #### 1,2", "none"]) == ["1,2", "[invalid]"]
    [last] = steps({"function": "regex", "regex_pattern": "(a)|(b)", "group_select": -1})
    assert last(["a b", ""]) == ["b", "[invalid]"]


def test_filters_in_sequence():
    chain = steps(
        {"function": "uppercase"}, {"function": "majority_vote"}, {"function": "take_first"}
    )
    assert apply_steps(chain, ["a", "b", "A"]) == "A"
    mapped = {"function": "map", "mapping_dict": {"a": "1"}, "default_value": "?"}
    assert apply_steps(steps({"function": "take_first_k", "k": 2}, mapped), ["a", "b", "c"]) == [
        "1",
        "?",
    ]


def test_filter_that_cannot_read_the_responses():
    with pytest.raises(UnreadableError):
        apply_steps(steps({"function": "take_first_k", "k": 2}), ["a"])
    with pytest.raises(UnreadableError):
        apply_steps(steps({"function": "take_first"}), [])


@pytest.mark.parametrize(
    "function",
    [
        {"function": "custom", "filter_fn": "<function f>"},
        {"function": "take_first", "k": 1},
        {"function": "regex", "regex_pattern": "(a+)+$"},
        {"function": "regex", "regex_pattern": "("},
        {"function": "regex", "regex_pattern": 3},
        {"function": ["take_first"]},
        {},
        None,
    ],
)
def test_filter_that_is_not_run(function):
    with pytest.raises(NotRecomputableError):
        steps(function)


def test_filter_without_a_name_that_is_known():
    assert len(filter_steps({}, "none")) == 1
    with pytest.raises(NotRecomputableError):
        filter_steps({}, "other")


@pytest.mark.parametrize(
    ("rule", "target", "gold"),
    [
        ("label", "2", 2), ("text", "2", "2"), ("{{label}}", "2", 2), ("{{x}}", "[1, 2]", [1, 2]),
        ("{{x}}", "[a]", "[a]"), (3, "3", 3), ([1], "[1]", [1]),
    ],
)  # fmt: skip
def test_gold_is_what_lm_eval_compared(rule, target, gold):
    row = parse_row(line(row_of({"label": 2, "text": "2"}) | {"target": target}))
    found = gold_of({"doc_to_target": rule, "doc_to_choice": ["a"]}, row)
    assert (found, type(found)) == (gold, type(gold))


def test_gold_of_a_template_is_text_where_there_are_no_choices():
    row = parse_row(line(row_of({}) | {"target": "2"}))
    assert gold_of({"doc_to_target": "{{x}}"}, row) == "2"


CODE = ["def f(doc):\n    return 1", "  @cache\ndef f(): pass", "x = lambda doc: 1", None]


@pytest.mark.parametrize("rule", [*CODE, "functools.partial(<function f>)", "<function f at 0x1>"])
def test_gold_made_by_code_is_not_recomputed(rule):
    row = parse_row(line(row_of({"label": 2})))
    with pytest.raises(NotRecomputableError):
        gold_of({"doc_to_target": rule}, row)


def test_gold_that_is_not_the_documents_is_refused():
    row = parse_row(line(row_of({"label": 2}) | {"target": "3"}))
    with pytest.raises(UnreadableError):
        gold_of({"doc_to_target": "label"}, row)


@pytest.mark.parametrize(
    ("prefix", "chat_template", "delimiter"),
    [(None, False, " "), (None, True, ""), ("So:", True, " "), ("So: ", True, ""), ("", True, "")],
)
def test_choices_are_continuations_without_lm_evals_delimiter(prefix, chat_template, delimiter):
    requests = {f"gen_args_{i}": {"arg_0": "c", "arg_1": delimiter + x} for i, x in enumerate("ab")}
    row = parse_row(line(row_of({"given": ["a", "b"]}) | {"arguments": requests}))
    config = {"target_delimiter": " ", "doc_to_choice": "given"}
    config |= {} if prefix is None else {"gen_prefix": prefix}
    assert choices_of(config, row, chat_template=chat_template) == ["a", "b"]


def test_choices_that_are_not_the_documents_are_refused():
    requests = {"gen_args_0": {"arg_0": "c", "arg_1": "d"}}
    row = parse_row(line(row_of({"given": ["e"]}) | {"arguments": requests}))
    with pytest.raises(UnreadableError, match="not its document's choices"):
        choices_of({"target_delimiter": "", "doc_to_choice": "given"}, row, chat_template=False)
    with pytest.raises(UnreadableError, match="does not begin"):
        choices_of({"target_delimiter": " "}, row, chat_template=False)


def group(**changes):
    rows: dict[str, dict[str, Any]] = {
        "a": {"acc,none": 0.5, "acc_stderr,none": 0.1, "sample_len": 10},
        "b": {"acc,none": 1.0, "acc_stderr,none": 0.0, "sample_len": 30},
        "g": {"name": "g", "acc,none": 0.875, "sample_len": 40},
    }
    pooled = (9 * 0.1**2 * 10) / 38
    rows["g"]["acc_stderr,none"] = math.sqrt(pooled / 40)
    rows["g"] |= changes
    return rows


def test_group_is_weighted_by_size_or_not():
    assert check_group("g", ["a", "b"], group()) == 1
    plain = {"acc,none": 0.75, "acc_stderr,none": math.sqrt(0.1**2) / 2}
    assert check_group("g", ["a", "b"], group(**plain)) == 1


@pytest.mark.parametrize(
    "changes",
    [{"acc,none": 0.75}, {"acc_stderr,none": "N/A"}, {"sample_len": 41}, {"f1,none": 1.0},
     {"f1_stderr,none": 1.0}, {"acc,none": True}],
)  # fmt: skip
def test_group_with_another_value_is_refused(changes):
    with pytest.raises(GroupError):
        check_group("g", ["a", "b"], group(**changes))


def test_group_leaves_keep_their_order_and_refuse_circles():
    assert leaves("g", {"g": ["b", "h", "a"], "h": ["d", "c"]}) == ["b", "d", "c", "a"]
    with pytest.raises(GroupError):
        leaves("g", {"g": ["h"], "h": ["g"]})
