"""A sample as it is shown: its choices side by side, with language and direction."""

import math
from dataclasses import dataclass
from string import ascii_uppercase

from evaluations.queries.sample_tasks import SampledTask
from evaluations.tables.choosing import targets
from evaluations.tables.samples import Sample
from leaderboard.pages.sample_language import direction_of, language_of

#: A choice this many nats behind the first has a bar of 37 % of its length.
_SCALE = 4.0


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice of a document.

    Attributes:
        letter: to speak of it.
        loglikelihood: in nats; None if none was recorded.
        behind: how far it lies behind the greatest, at most 0.
        width: of its bar, in per cent.
    """

    letter: str
    text: str
    loglikelihood: float | None
    behind: float | None
    width: float
    is_target: bool
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A sample with what its page needs beyond it.

    Attributes:
        target: as readers know it: the choices' texts where lm-eval has their places.
    """

    sample: Sample
    lang: str
    dir: str
    choices: list[Choice]
    target: str


def shown(sample: Sample, task: SampledTask) -> Shown:
    """Return a sample as it is shown."""
    lang = language_of(task.benchmark.languages, task.name, sample.doc)
    texts = sample.choices or []
    wanted = targets(sample.target, texts)
    target = " · ".join(texts[index] for index in wanted) or sample.target
    return Shown(sample, lang, direction_of(lang), _choices(sample, wanted), target)


def _choices(sample: Sample, wanted: list[int]) -> list[Choice]:
    texts, values = sample.choices or [], sample.loglikelihoods or []
    best = max((value for value in values if _is_finite(value)), default=None)  # type: ignore[type-var]
    made = []
    for index, (text, value) in enumerate(zip(texts, values, strict=False)):
        behind = value - best if _is_finite(value) and best is not None else None  # type: ignore[operator]
        made.append(
            Choice(
                ascii_uppercase[index] if index < len(ascii_uppercase) else str(index + 1),
                text,
                value,
                behind,
                0.0 if behind is None else 100 * math.exp(behind / _SCALE),
                index in wanted,
                index == sample.chosen,
            )
        )
    return made


def _is_finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
