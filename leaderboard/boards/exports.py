"""A view of a board as a table for spreadsheets and notebooks, and as a feed."""

import csv
import io
from collections.abc import Callable
from datetime import datetime

from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _

from leaderboard.api.standings import StandingOut, StandingsOut

#: A spreadsheet takes a cell that begins so for a formula (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_FIXED = (
    "rank", "rank_first", "rank_last", "section", "model", "revision", "result", "score", "stderr",
    "parameters", "licence", "evidence", "published_at",
)  # fmt: skip
#: Their types in Parquet, and those of a benchmark's three columns.
_TYPES = (*["int64"] * 4, *["string"] * 3, *["float64"] * 2, "int64", *["string"] * 3)
_MEASURED = ("float64", "float64", "int64")
#: Entries of a feed.
_NEWEST = 50

Value = str | float | None


def as_csv(data: StandingsOut, benchmarks: list[str]) -> bytes:
    """Return rows as comma-separated values, three columns a benchmark."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([disarmed(name) for name in _columns(benchmarks)])
    for row in data.standings:
        writer.writerow([disarmed(value) for value in _values(row, benchmarks)])
    return text.getvalue().encode()


def as_parquet(data: StandingsOut, benchmarks: list[str]) -> bytes:
    """Return rows as a Parquet file of the same columns."""
    import pyarrow as pa
    from pyarrow import parquet

    rows = [_values(row, benchmarks) for row in data.standings]
    columns = [[row[place] for row in rows] for place in range(len(_columns(benchmarks)))]
    # By place: a benchmark may be called as it likes.
    types = [*_TYPES, *_MEASURED * len(benchmarks)]
    table = pa.table(
        [pa.array(column, kind) for column, kind in zip(columns, types, strict=True)],
        names=_columns(benchmarks),
    ).replace_schema_metadata({"board": data.board, "suite": data.suite})
    sink = io.BytesIO()
    parquet.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def as_atom(data: StandingsOut, *, title: str, link: Callable[[str], str], feed_url: str) -> bytes:
    """Return the newest results of a view as an Atom feed.

    Args:
        data: the view.
        title: the board's.
        link: the address of a result, or of the board for an empty word.
        feed_url: the feed's own address.
    """
    feed = _Feed(
        title=title,
        link=link(""),
        description=_("Results on %(title)s") % {"title": title},
        feed_url=feed_url,
        feed_guid=link(""),
    )
    feed.changed_at = data.changed_at
    newest = sorted(data.standings, key=lambda row: row.published_at, reverse=True)[:_NEWEST]
    for row in newest:
        feed.add_item(
            title=f"{row.model}: {100 * row.score:.1f}",
            link=link(row.result),
            unique_id=link(row.result),
            description=_said(row),
            pubdate=row.published_at,
            updateddate=row.published_at,
        )
    out = io.BytesIO()
    feed.write(out, "utf-8")
    return out.getvalue()


class _Feed(Atom1Feed):
    """A feed that is dated by its board where it has no entries: not by the moment of asking."""

    changed_at: datetime | None = None

    def latest_post_date(self) -> datetime:
        newest = super().latest_post_date()
        return newest if self.items else self.changed_at or newest


def _said(row: StandingOut) -> str:
    ranks = (row.rank_first, row.rank_last) if row.rank_first else (row.rank, row.rank)
    return _("Rank %(first)s to %(last)s, %(commit)s") % {
        "first": ranks[0], "last": ranks[1], "commit": row.revision[:12],
    }  # fmt: skip


def _columns(benchmarks: list[str]) -> list[str]:
    names = [*_FIXED]
    for benchmark in benchmarks:
        name = benchmark
        # Two columns of one name are more than many readers of Parquet can take.
        while not set(_measured(name)).isdisjoint(names):
            name += "_"
        names += _measured(name)
    return names


def _measured(benchmark: str) -> list[str]:
    return [benchmark, f"{benchmark}_stderr", f"{benchmark}_n"]


def _values(row: StandingOut, benchmarks: list[str]) -> list[Value]:
    values: list[Value] = [getattr(row, name) for name in _FIXED[:-1]]
    values.append(row.published_at.isoformat(timespec="milliseconds"))
    for name in benchmarks:
        cell = row.benchmarks.get(name)
        values += [cell.value, cell.stderr, cell.n] if cell else [None, None, None]
    return values


def disarmed(value: Value) -> Value:
    """Disarm text that a spreadsheet would run; numbers stay numbers."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
