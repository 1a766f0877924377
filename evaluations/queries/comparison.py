"""How far results are from one of them, benchmark by benchmark, and how surely."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from evaluations.models import Benchmark, Result
from evaluations.queries.outcomes import against, benchmark_parts
from evaluations.scoring.pairs import Difference, difference, holm
from evaluations.scoring.parts import Part, Stratum

#: What is called better or worse is wrong anywhere on a page with this probability at most.
_LEVEL = 0.05


class Outcome(StrEnum):
    """What may be said of another result, all comparisons that are shown taken together."""

    BETTER = "better"
    WORSE = "worse"
    UNCLEAR = "unclear"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Line:
    """One comparison: a benchmark's, or the board's.

    Attributes:
        benchmark: None for the board's score.
        difference: the other's value less the baseline's; None where it isn't known how uncertain
            it is.
        paired: whether all of it is paired document by document; otherwise standard errors count
            as independent, which makes the interval wider.
        p: corrected for all comparisons that are shown (Holm); None without a difference.
    """

    benchmark: Benchmark | None
    difference: Difference | None
    paired: bool
    p: float | None = None

    @property
    def outcome(self) -> Outcome:
        """What may be said."""
        if self.difference is None or self.p is None:
            return Outcome.UNKNOWN
        if self.p >= _LEVEL:
            return Outcome.UNCLEAR
        return Outcome.BETTER if self.difference.value > 0 else Outcome.WORSE

    @property
    def excludes_zero(self) -> bool:
        """Whether the line's own interval of 95 % does, uncorrected."""
        found = self.difference
        return found is not None and (found.low > 0 or found.high < 0)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One other result beside the baseline: a line for each benchmark, and the board's."""

    other: Result
    lines: Sequence[Line]
    board: Line


def compare(
    baseline: Result, others: Sequence[Result], benchmarks: Sequence[Benchmark]
) -> list[Comparison]:
    """Compare results of one suite, over the same documents, with one of them.

    Args:
        baseline: with its tables prefetched, as are the others'.
        others: in the order of the page.
        benchmarks: of the suite; the score is their mean.
    """
    share = 1 / max(1, len(benchmarks))
    made = []
    for other, parts in zip(others, against(baseline, others, benchmarks), strict=True):
        lines = [
            _line(benchmark, benchmark_parts(own, share))
            for benchmark, own in zip(benchmarks, parts, strict=True)
        ]
        whole = [part for own in parts for part in own] if all(parts) else []
        made.append(Comparison(other, lines, _line(None, whole)))
    return _corrected(made)


def _line(benchmark: Benchmark | None, parts: Sequence[Part]) -> Line:
    paired = bool(parts) and all(isinstance(part, Stratum) for part in parts)
    return Line(benchmark, difference(parts), paired)


def _corrected(made: Sequence[Comparison]) -> list[Comparison]:
    lines = [line for one in made for line in (*one.lines, one.board)]
    known = [line.difference.p for line in lines if line.difference]
    corrected = iter(holm(known))

    def told(line: Line) -> Line:
        return replace(line, p=next(corrected)) if line.difference else line

    return [
        Comparison(one.other, [told(line) for line in one.lines], told(one.board)) for one in made
    ]
