"""Questions, and how they are divided into test documents, few-shot documents and training text."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Item:
    """One question with its answer, before it is put into a split."""

    key: str
    """What is held out: items that share a key give each other's answers away."""

    kind: str
    """The family of questions, such as ``number`` or ``adjective``."""

    prompt: str
    """What the model is shown."""

    target: str
    """The right answer; one space stands between prompt and target."""

    distractors: tuple[str, ...] = ()
    """The wrong choices; empty where the model writes its own answer."""

    @property
    def text(self) -> str:
        """The question as a model reads it in a few-shot prompt."""
        return f"{self.prompt} {self.target}"

    @property
    def choices(self) -> list[str]:
        """The answer and the distractors, in an order that gives nothing away."""
        return shuffled([self.target, *self.distractors], seed=f"choices {self.prompt}")


@dataclass(frozen=True)
class Division:
    """The items of one benchmark, divided so that no test item is seen in training."""

    test: tuple[Item, ...]
    """The documents that are scored."""

    few_shot: tuple[Item, ...]
    """The documents that few-shot examples are drawn from; a part of ``training``."""

    training: tuple[Item, ...]
    """What the models may be trained on: no item shares a key with a test item."""


def shuffled(texts: Iterable[str], *, seed: str) -> list[str]:
    """Returns the texts in an order that depends only on the seed and on each text.

    Sorting by a hash gives the same order on every Python version, which ``random.shuffle``
    doesn't promise, and a new text leaves the order of the others as it was.
    """
    return sorted(texts, key=lambda text: hashlib.sha256(f"{seed}\n{text}".encode()).digest())


def shuffled_items(items: Iterable[Item], *, seed: str) -> list[Item]:
    """Returns the items in an order that depends only on the seed and on their prompts."""
    by_prompt = {item.prompt: item for item in items}
    return [by_prompt[prompt] for prompt in shuffled(by_prompt, seed=seed)]


def divide(
    items: Sequence[Item], *, test: Mapping[str, int], few_shot: Mapping[str, int], seed: str
) -> Division:
    """Holds out keys for the test, and draws the few-shot documents from the rest.

    Args:
        items: All items of the benchmark; their prompts are unique.
        test: How many keys of each kind are held out. Each gives one test document; the other
            items with that key are used nowhere.
        few_shot: How many documents of each kind the few-shot split gets.
        seed: Chooses which.

    Returns:
        The division, each part in a shuffled order.
    """
    order = shuffled_items(items, seed=seed)
    chosen: dict[str, Item] = {}
    for kind, count in test.items():
        first_of_key = {item.key: item for item in reversed(order) if item.kind == kind}
        keys = shuffled(first_of_key, seed=seed)[:count]
        chosen |= {key: first_of_key[key] for key in keys}
    training = [item for item in order if item.key not in chosen]
    shots = [
        item
        for kind, count in few_shot.items()
        for item in [other for other in training if other.kind == kind][:count]
    ]
    return Division(
        test=tuple(shuffled_items(chosen.values(), seed=seed)),
        few_shot=tuple(shuffled_items(shots, seed=seed)),
        training=tuple(training),
    )
