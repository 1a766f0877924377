from dataclasses import replace

import pytest

from evaluations.queries.comparable import Difference, Settings, differences, settings_of, usual

OURS = Settings(suite="demo v2", harness="0.4.13", engine="hf on cpu", precision="float32")
FIELDS = {
    "suite": "demo v1", "harness": "0.4.9", "engine": "vllm on cuda", "precision": "bfloat16",
}  # fmt: skip


@pytest.mark.parametrize(
    ("engine", "rescored", "expected"),
    [
        (
            {"name": "hf", "lm_eval": "0.4.13", "dtype": "bfloat16", "device": "cuda:1"}, None,
            Settings("demo v2", "0.4.13", "hf on cuda", "bfloat16"),
        ),
        # What scored the answers again is the harness that the numbers come from.
        (
            {"lm_eval": "0.4.9"}, {"lm_eval": "0.4.13"},
            Settings("demo v2", "0.4.13", "hf on cpu", "float32"),
        ),
        ({}, None, Settings("demo v2", "", "hf on cpu", "float32")),
    ],
)  # fmt: skip
def test_settings_are_those_of_the_plan_and_of_who_scored(engine, rescored, expected):
    assert settings_of("demo v2", engine, rescored) == expected


def test_usual_settings_are_those_of_most_results_by_the_boards_own_suite():
    other, older = replace(OURS, precision="bfloat16"), replace(OURS, suite="demo v1")
    groups = {older: range(9), OURS: range(2), other: range(3)}
    assert usual(groups, suite="demo v2") == other


def test_usual_settings_do_not_depend_on_the_order_where_groups_are_equal():
    other = replace(OURS, precision="bfloat16")
    groups = {OURS: [1], other: [2]}
    assert usual(groups, suite="demo v2") == usual(dict(reversed(groups.items())), suite="demo v2")


def test_board_that_moved_on_ranks_nothing_that_its_old_suite_measured():
    older = replace(OURS, suite="demo v1")
    assert usual({older: [1, 2]}, suite="demo v2") == OURS


def test_board_without_results_has_no_usual_settings():
    assert usual({}, suite="demo v2") is None
    assert differences(OURS, None) == ()


@pytest.mark.parametrize(("name", "theirs"), FIELDS.items())
def test_each_setting_keeps_apart_and_is_named(name, theirs):
    found = differences(replace(OURS, **{name: theirs}), OURS)
    assert found == (Difference(name, theirs, getattr(OURS, name)),)


def test_same_settings_differ_in_nothing():
    assert differences(OURS, OURS) == ()
    assert OURS.as_text() == "demo v2 · lm-eval 0.4.13 · hf on cpu · float32"
