"""What scores are drawn against: what a model costs, in three currencies."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils.formats import get_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from evaluations.queries.standings import Row
from leaderboard.charts.ticks import growing, moments

_JOULES_PER_WATT_HOUR = 3600
_KILO = 1000
#: From a tenth of a unit on it is the unit: 0.5B, but 50M.
_UNITS = ((1e9, "B"), (1e6, "M"), (1e3, "K"))
_DIGITS = 15


@dataclass(frozen=True, slots=True)
class Measure:
    """An axis across.

    Attributes:
        name: in query strings.
        short, title, axis: the link to it, the drawing's title, and what stands at its end.
        best: what may be said of a point on the line.
        missing: says that so many were left out.
        read: a row's value; None where there is none.
        ticks: values between two, and how they are written.
        least: how far an axis reaches beyond equal values.
    """

    name: str
    short: str | Promise
    title: str | Promise
    axis: str | Promise
    best: str | Promise
    missing: Promise
    read: Callable[[Row], float | None]
    ticks: Callable[[float, float], list[tuple[float, str]]]
    log: bool
    least: float


def decimals(values: Sequence[float]) -> list[str]:
    """Write numbers with as few digits as tell them apart, in the reader's language."""
    found: list[str] = []
    for digits in range(3, _DIGITS):
        found = [f"{value:.{digits}g}" for value in values]
        exact = all(
            float(text) == float(f"{v:.12g}") for text, v in zip(found, values, strict=True)
        )
        if exact and not any("e" in text for text in found):
            break
    separator = get_format("DECIMAL_SEPARATOR")
    return [text.replace(".", separator) for text in found]


def _sizes(low: float, high: float) -> list[tuple[float, str]]:
    return _written(growing(low, high), _UNITS, tenth=True)


def _energies(low: float, high: float) -> list[tuple[float, str]]:
    return _written(growing(low, high), ((_KILO, " kWh"), (1, " Wh")), tenth=False)


def _written(
    values: list[float], units: Sequence[tuple[float, str]], *, tenth: bool
) -> list[tuple[float, str]]:
    parts = []
    for value in values:
        fits = (unit for unit in units if value >= unit[0] * (0.1 if tenth else 1))
        size, letter = next(fits, (1.0, "" if tenth else units[-1][1]))
        parts.append((value / size, letter))
    texts = decimals([number for number, _letter in parts])
    letters = [letter for _number, letter in parts]
    return [(v, text + letter) for v, text, letter in zip(values, texts, letters, strict=True)]


def _dates(low: float, high: float) -> list[tuple[float, str]]:
    first, last = (datetime.fromtimestamp(value, UTC) for value in (low, high))
    return [(moment.timestamp(), text) for moment, text in moments(first, last)]


#: In the order of the links.
MEASURES = (
    Measure(
        "size", _("Size"), _("Score against size"), _("parameters, log scale"),
        _("nothing smaller does better"),
        ngettext_lazy(
            "%(n)s model is left out: its size is not known.",
            "%(n)s models are left out: their sizes are not known.", "n",
        ),
        lambda row: row.parameters or None, _sizes, True, 2.0,
    ),
    Measure(
        "date", _("Date"), _("Score against date"), _("published, UTC"),
        _("nothing earlier did better"),
        ngettext_lazy("%(n)s model is left out.", "%(n)s models are left out.", "n"),
        lambda row: row.published_at.timestamp(), _dates, False, 43_200.0,
    ),
    Measure(
        "energy", _("Energy"), _("Score against energy"), _("energy of the run, log scale"),
        _("nothing does better with less"),
        ngettext_lazy(
            "%(n)s model is left out: the energy of its run was not measured.",
            "%(n)s models are left out: the energy of their runs was not measured.", "n",
        ),
        lambda row: row.joules / _JOULES_PER_WATT_HOUR if row.joules else None,
        _energies, True, 2.0,
    ),
)  # fmt: skip


def measure(name: str) -> Measure:
    """Return a measure; the first for a name that is none."""
    return next((each for each in MEASURES if each.name == name), MEASURES[0])
