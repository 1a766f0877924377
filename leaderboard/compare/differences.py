"""The paired differences as a table that is a forest plot too."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluations.models import Benchmark
from evaluations.queries.comparison import Comparison, Line
from leaderboard.charts.forest import Axis, Strip
from leaderboard.compare.members import Member


@dataclass(frozen=True, slots=True)
class Drawn:
    """A model's line, with where its interval is drawn; no strip without an interval."""

    member: Member
    line: Line
    strip: Strip | None


@dataclass(frozen=True, slots=True)
class Group:
    """Every model's line of one benchmark; of the board where `benchmark` is None.

    Attributes:
        items: how many documents the baseline's value rests on; None where it wasn't measured.
    """

    benchmark: Benchmark | None
    items: int | None
    rows: Sequence[Drawn]


@dataclass(frozen=True, slots=True)
class Differences:
    """The table.

    Attributes:
        groups: in the order of benchmarks, the board's last.
        compared: how many comparisons have an interval; Holm's correction is over these.
        unpaired: models of which some lines aren't paired, with the benchmarks' titles.
    """

    axis: Axis
    groups: Sequence[Group]
    compared: int
    unpaired: Sequence[tuple[Member, Sequence[str]]]


def differences(
    members: Sequence[Member], comparisons: Sequence[Comparison], benchmarks: Sequence[Benchmark]
) -> Differences:
    """Return the table of some comparisons.

    Args:
        members: the others, in the order of the comparisons.
        comparisons: with the baseline.
        benchmarks: in the order of the comparisons' lines.
    """
    lines = [line for one in comparisons for line in (*one.lines, one.board)]
    known = [line.difference for line in lines if line.difference]
    axis = Axis.over(known)

    def group(benchmark: Benchmark | None, own: Sequence[Line]) -> Group:
        rows = [
            Drawn(member, line, axis.strip(line.difference) if line.difference else None)
            for member, line in zip(members, own, strict=True)
        ]
        return Group(benchmark, benchmark.documents if benchmark else None, rows)

    groups = [
        group(benchmark, [one.lines[place] for one in comparisons])
        for place, benchmark in enumerate(benchmarks)
    ]
    groups.append(group(None, [one.board for one in comparisons]))
    return Differences(axis, groups, len(known), _unpaired(members, comparisons))


def _unpaired(
    members: Sequence[Member], comparisons: Sequence[Comparison]
) -> list[tuple[Member, list[str]]]:
    found = []
    for member, one in zip(members, comparisons, strict=True):
        titles = [
            line.benchmark.title
            for line in one.lines
            if line.benchmark and line.difference and not line.paired
        ]
        if titles:
            found.append((member, titles))
    return found
