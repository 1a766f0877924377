"""How open a model is by the Model Openness Framework, as far as its card says.

White et al. 2024, "The Model Openness Framework", arXiv:2403.13784, section 5, and its reference
implementation, the Model Openness Tool: a class is reached when all of its components are released
under open licences. A card says little of that for programs, and nothing is guessed: what it
doesn't say is "not reported", which is not "not open". Pure Python.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from evaluations.card import CardMetadata


class State(StrEnum):
    """What is known of a component."""

    OPEN = "open"
    NOT_OPEN = "not open"
    NOT_REPORTED = "not reported"


class Component(StrEnum):
    """The framework's seventeen components, in its order of classes."""

    ARCHITECTURE = "model architecture"
    PARAMETERS = "final model parameters"
    REPORT = "technical report"
    RESULTS = "evaluation results"
    MODEL_CARD = "model card"
    DATA_CARD = "data card"
    TRAINING_CODE = "training code"
    INFERENCE_CODE = "inference code"
    EVALUATION_CODE = "evaluation code"
    EVALUATION_DATA = "evaluation data"
    LIBRARIES = "supporting libraries and tools"
    PAPER = "research paper"
    DATASETS = "datasets"
    PREPROCESSING = "data preprocessing code"
    INTERMEDIATE = "intermediate model parameters"
    OUTPUTS = "sample model outputs"
    METADATA = "model metadata"


class MofClass(StrEnum):
    """The framework's classes; each holds what the one before it asks for."""

    OPEN_MODEL = "III"
    OPEN_TOOLING = "II"
    OPEN_SCIENCE = "I"


#: What each class adds. Until the highest, a research paper does for a technical report; there the
#: paper is asked for and the report isn't. Model metadata is asked for nowhere.
ADDED: Mapping[MofClass, tuple[Component, ...]] = {
    MofClass.OPEN_MODEL: tuple(Component)[:6],
    MofClass.OPEN_TOOLING: tuple(Component)[6:11],
    MofClass.OPEN_SCIENCE: tuple(Component)[11:],
}
OPTIONAL = frozenset({Component.METADATA})

#: Licences by the names that cards use (SPDX in lower case, the hub's own names beside them).
_OPEN = frozenset(
    {
        "0bsd", "afl-3.0", "agpl-3.0", "apache-2.0", "artistic-2.0", "bsd", "bsd-2-clause",
        "bsd-3-clause", "bsd-3-clause-clear", "bsl-1.0", "cc0-1.0", "cc-by-2.0", "cc-by-2.5",
        "cc-by-3.0", "cc-by-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0", "cdla-permissive-1.0",
        "cdla-permissive-2.0", "cdla-sharing-1.0", "ecl-2.0", "epl-1.0", "epl-2.0", "eupl-1.1",
        "eupl-1.2", "gfdl", "gpl", "gpl-2.0", "gpl-3.0", "isc", "lgpl", "lgpl-2.1", "lgpl-3.0",
        "lppl-1.3c", "mit", "mit-0", "mpl-2.0", "ms-pl", "mulanpsl-2.0", "ncsa", "odbl", "odc-by",
        "ofl-1.1", "openmdw", "openmdw-1.0", "osl-3.0", "pddl", "postgresql", "unlicense",
        "upl-1.0", "zlib",
    }
)  # fmt: skip
#: These let only some people do only some things, so the framework doesn't take them.
_RESTRICTED = (
    "cc-by-nc", "cc-by-nd", "cc-nc", "openrail", "bigscience-", "bigcode-openrail",
    "creativeml-openrail", "llama", "gemma", "deepseek", "qwen", "apple-", "intel-research",
    "fair-noncommercial", "c-uda", "h-research", "tongyi-qianwen", "exaone", "falcon-llm",
)  # fmt: skip
#: Libraries whose own code is under an open licence; a model that one of them loads needs no other
#: code for its architecture.
_LIBRARIES = frozenset({"transformers"})


@dataclass(frozen=True, slots=True)
class Openness:
    """What a card says of every component.

    Attributes:
        states: of all components.
        reached: the highest class whose components are all open, None if there is none.
    """

    states: Mapping[Component, State]
    reached: MofClass | None

    def counted(self, of: MofClass) -> tuple[int, int]:
        """Return how many components of a class are open, and how many it asks for."""
        needed = _needed(of, self.states)
        return sum(self.states[one] is State.OPEN for one in needed), len(needed)


def judge(metadata: CardMetadata, *, has_card: bool) -> Openness:
    """Judge a model whose weights are at hand by its card.

    Args:
        metadata: what the card says.
        has_card: whether there is a card with any text.
    """
    licensed = licence_state(metadata.license)
    states = dict.fromkeys(Component, State.NOT_REPORTED)
    # A repository's licence is that of what lies in it: the weights, and the card.
    states[Component.PARAMETERS] = licensed
    if has_card:
        states[Component.MODEL_CARD] = licensed
    if _LIBRARIES & {name.lower() for name in metadata.library_name}:
        states[Component.ARCHITECTURE] = State.OPEN
    return Openness(states, reached(states))


def licence_state(names: tuple[str, ...]) -> State:
    """Judge what is under all of these licences; what isn't known here is not reported."""
    found = {_state(name.strip().lower()) for name in names} or {State.NOT_REPORTED}
    for state in (State.NOT_OPEN, State.NOT_REPORTED):
        if state in found:
            return state
    return State.OPEN


def _state(name: str) -> State:
    if name in _OPEN:
        return State.OPEN
    return State.NOT_OPEN if name.startswith(_RESTRICTED) else State.NOT_REPORTED


def reached(states: Mapping[Component, State]) -> MofClass | None:
    """Return the highest class whose components are all open."""
    found = None
    for one in MofClass:
        if all(states[component] is State.OPEN for component in _needed(one, states)):
            found = one
    return found


def _needed(of: MofClass, states: Mapping[Component, State]) -> list[Component]:
    """Return what a class asks for; either of paper and report, whichever is open."""
    classes = list(MofClass)[: list(MofClass).index(of) + 1]
    needed = [one for each in classes for one in ADDED[each] if one not in OPTIONAL]
    if of is MofClass.OPEN_SCIENCE:
        return [one for one in needed if one is not Component.REPORT]
    paper = states[Component.PAPER] is State.OPEN
    return [Component.PAPER if one is Component.REPORT and paper else one for one in needed]
