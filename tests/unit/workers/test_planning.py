"""Cutting a plan: which documents are tried first, and which ranges are claimed."""

from hypothesis import given
from hypothesis import strategies as st

from workers.planning import LEADING_DOCUMENTS, SMOKE_DOCUMENTS, smoke_documents, units

_TASK = st.fixed_dictionaries(
    {
        "documents": st.integers(0, 200),
        "output_type": st.sampled_from(["multiple_choice", "loglikelihood", "generate_until"]),
    }
)
_PLANS = st.one_of(st.lists(_TASK, max_size=5), st.lists(_TASK, min_size=12, max_size=40)).map(
    lambda tasks: {f"t{n}": task for n, task in enumerate(tasks)}
)


@given(plan=_PLANS)
def test_few_documents_of_every_kind_of_task_are_tried(plan: dict[str, dict[str, int]]) -> None:
    tried = smoke_documents(plan)
    there = {name: task["documents"] for name, task in plan.items() if task["documents"]}
    assert sum(tried.values()) <= SMOKE_DOCUMENTS
    assert all(1 <= count <= there[name] for name, count in tried.items())
    assert {plan[name]["output_type"] for name in tried} == {
        plan[name]["output_type"] for name in there
    }
    # As many tasks as can be; and ten documents, unless a task has fewer than its share.
    assert len(tried) == min(SMOKE_DOCUMENTS, len(there))
    if there and min(there.values()) >= SMOKE_DOCUMENTS:
        assert sum(tried.values()) == SMOKE_DOCUMENTS


def test_tried_tasks_are_spread_over_a_long_suite() -> None:
    tasks = {f"t{n}": {"documents": 9, "output_type": "multiple_choice"} for n in range(19)}
    assert [int(name[1:]) for name in smoke_documents(tasks)] == [
        0, 1, 3, 5, 7, 9, 11, 13, 15, 17,
    ]  # fmt: skip


@given(plan=_PLANS)
def test_units_cover_every_document_once(plan: dict[str, dict[str, int]]) -> None:
    asked = [(task, n) for task, first, count in units(plan) for n in range(first, first + count)]
    assert asked == [(task, n) for task, of in plan.items() for n in range(of["documents"])]


@given(plan=_PLANS)
def test_the_unit_that_the_others_wait_for_is_short(plan: dict[str, dict[str, int]]) -> None:
    assert all(count <= LEADING_DOCUMENTS for _, _, count in units(plan)[:1])
