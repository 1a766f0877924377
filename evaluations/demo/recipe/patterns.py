"""Questions in English of the form "What comes next?"."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations

from evaluations.demo.recipe.items import Item, shuffled

DISTRACTORS = 3


@dataclass(frozen=True)
class Order:
    """Words in an order that everyone knows."""

    kind: str
    """The kind of the items made from it."""

    words: tuple[str, ...]
    """The words, in order."""

    steps: tuple[int, ...]
    """How far apart neighbours in a question may be; a negative step counts down."""

    cyclic: bool
    """Whether the first word follows the last."""

    def at(self, position: int) -> str | None:
        """Returns the word at a position, or ``None`` past either end."""
        if self.cyclic:
            return self.words[position % len(self.words)]
        return self.words[position] if 0 <= position < len(self.words) else None


ORDERS = (
    Order("number", tuple(str(n) for n in range(100)), (1, 2, 5, 10, -1), cyclic=False),
    Order("letter", tuple("abcdefghijklmnopqrstuvwxyz"), (1, 2, -1), cyclic=False),
    Order(
        "word",
        (
            *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
            *("eleven", "twelve", "thirteen", "fourteen", "fifteen"),
            *("sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
        ),
        (1, 2, -1),
        cyclic=False,
    ),
    Order(
        "day",
        ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        (1, -1),
        cyclic=True,
    ),
    Order(
        "month",
        (
            *("January", "February", "March", "April", "May", "June"),
            *("July", "August", "September", "October", "November", "December"),
        ),
        (1, 2, -1),
        cyclic=True,
    ),
)

FAMILIES = (
    ("red", "blue", "green", "yellow", "white", "black", "brown", "pink"),
    ("cat", "dog", "goat", "cow", "hen", "fish", "lion", "horse"),
    ("circle", "square", "star", "cross", "heart", "moon", "cube", "ring"),
)

# Each letter stands for a word, the last one is asked for.
RHYTHMS = ("ABABAB", "ABCABC", "AABAAB", "ABBABB")

SHOWN_OF_AN_ORDER = 4


def _question(shown: Sequence[str]) -> str:
    return f"What comes next? {', '.join(shown)},"


def progressions(order: Order) -> Iterator[Item]:
    """Yields every question about four words of an order and the fifth.

    The distractors are near misses: the last word shown, the answer's neighbours, one step too
    many.
    """
    for step in order.steps:
        for start in range(len(order.words)):
            run = [order.at(start + step * i) for i in range(SHOWN_OF_AN_ORDER + 1)]
            words = [word for word in run if word is not None]
            if len(words) <= SHOWN_OF_AN_ORDER:
                continue
            *shown, target = words
            end = start + step * SHOWN_OF_AN_ORDER
            near = [order.at(end + gap) for gap in (1, -1, -step, step, 2, -2, 3, -3, 4)]
            wrong = [word for word in dict.fromkeys(near) if word is not None and word != target]
            yield Item(
                key=f"{order.kind} {' '.join(words)}",
                kind=order.kind,
                prompt=_question(shown),
                target=target,
                distractors=tuple(wrong[:DISTRACTORS]),
            )


def repetitions(family: Sequence[str], rhythm: str) -> Iterator[Item]:
    """Yields every question about words of one family that come back in a rhythm.

    The distractors are the other words shown, then other words of the family.
    """
    places = sorted(set(rhythm))
    for words in permutations(family, len(places)):
        word_at = dict(zip(places, words, strict=True))
        *shown, target = (word_at[place] for place in rhythm)
        others = shuffled(set(family) - set(words), seed=" ".join(shown))
        wrong = [word for word in words if word != target] + others
        yield Item(
            key=f"{rhythm} {' '.join(words)}",
            kind="rhythm",
            prompt=_question(shown),
            target=target,
            distractors=tuple(wrong[:DISTRACTORS]),
        )


def patterns() -> list[Item]:
    """Returns every question of the benchmark."""
    in_order = [item for order in ORDERS for item in progressions(order)]
    in_rhythm = [
        item for family in FAMILIES for rhythm in RHYTHMS for item in repetitions(family, rhythm)
    ]
    return in_order + in_rhythm
