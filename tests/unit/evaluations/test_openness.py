"""The Model Openness Framework: what a card lets be said, and what each class asks for."""

import pytest

from evaluations.card import CardMetadata
from evaluations.openness import Component, MofClass, State, judge, licence_state, reached

_III = set(list(Component)[:6])
_II = _III | set(list(Component)[6:11])
_I = _II | set(list(Component)[11:]) - {Component.METADATA}


def states(*components: Component) -> dict[Component, State]:
    return dict.fromkeys(Component, State.NOT_REPORTED) | dict.fromkeys(components, State.OPEN)


def test_card_without_fields_reports_nothing() -> None:
    found = judge(CardMetadata(), has_card=True)
    assert set(found.states.values()) == {State.NOT_REPORTED}
    assert set(found.states) == set(Component)
    assert found.reached is None


def test_card_says_what_its_licence_and_library_say_and_no_more() -> None:
    card = CardMetadata(license=("apache-2.0",), library_name=("transformers",), datasets=("a/b",))
    found = judge(card, has_card=True)
    opened = {component for component, state in found.states.items() if state is State.OPEN}
    assert opened == {Component.PARAMETERS, Component.MODEL_CARD, Component.ARCHITECTURE}
    assert found.states[Component.DATASETS] is State.NOT_REPORTED
    assert found.counted(MofClass.OPEN_MODEL) == (3, 6)
    assert found.counted(MofClass.OPEN_TOOLING) == (3, 11)
    assert found.counted(MofClass.OPEN_SCIENCE) == (3, 15)


def test_restricted_licence_is_not_open_and_its_card_neither() -> None:
    found = judge(CardMetadata(license=("llama3.1",)), has_card=True)
    assert found.states[Component.PARAMETERS] is State.NOT_OPEN
    assert found.states[Component.MODEL_CARD] is State.NOT_OPEN
    assert found.states[Component.ARCHITECTURE] is State.NOT_REPORTED


def test_model_without_a_card_has_no_open_card() -> None:
    found = judge(CardMetadata(license=("mit",)), has_card=False)
    assert found.states[Component.MODEL_CARD] is State.NOT_REPORTED


@pytest.mark.parametrize(
    ("names", "state"),
    [
        ((), State.NOT_REPORTED),
        (("other",), State.NOT_REPORTED),
        (("unknown",), State.NOT_REPORTED),
        (("something-new-1.0",), State.NOT_REPORTED),
        (("MIT",), State.OPEN),
        (("cc-by-4.0",), State.OPEN),
        (("cc-by-nc-4.0",), State.NOT_OPEN),
        (("cc-by-nc-sa-4.0",), State.NOT_OPEN),
        (("cc-by-nd-4.0",), State.NOT_OPEN),
        (("openrail++",), State.NOT_OPEN),
        (("gemma",), State.NOT_OPEN),
        (("mit", "gemma"), State.NOT_OPEN),
        (("mit", "other"), State.NOT_REPORTED),
        (("other", "gemma"), State.NOT_OPEN),
    ],
)
def test_licence_is_judged_by_name_or_not_at_all(names: tuple[str, ...], state: State) -> None:
    assert licence_state(names) is state


@pytest.mark.parametrize(
    ("components", "expected"),
    [
        (_III, MofClass.OPEN_MODEL),
        (_III - {Component.REPORT} | {Component.PAPER}, MofClass.OPEN_MODEL),
        (_II, MofClass.OPEN_TOOLING),
        (_I, MofClass.OPEN_SCIENCE),
        (_I - {Component.REPORT}, MofClass.OPEN_SCIENCE),
        (_I - {Component.PAPER}, MofClass.OPEN_TOOLING),
        (set(Component) - _III, None),
        (set(), None),
        *((_III - {one}, None) for one in _III - {Component.REPORT}),
        *((_II - {one}, MofClass.OPEN_MODEL) for one in _II - _III),
        *((_I - {one}, MofClass.OPEN_TOOLING) for one in _I - _II - {Component.PAPER}),
    ],
)
def test_class_is_the_highest_whose_components_are_all_open(
    components: set[Component], expected: MofClass | None
) -> None:
    assert reached(states(*components)) is expected


def test_component_that_is_not_open_keeps_a_class_away() -> None:
    known = states(*Component)
    assert reached(known) is MofClass.OPEN_SCIENCE
    assert reached(known | {Component.DATA_CARD: State.NOT_OPEN}) is None
