"""A view of a board as a table for spreadsheets and notebooks, and as a feed."""

import csv
import io
from collections.abc import Callable

from django.utils.feedgenerator import Atom1Feed, rfc3339_date
from django.utils.translation import gettext as _

from leaderboard.api.standings import StandingOut, StandingsOut

#: A spreadsheet takes a cell that begins so for a formula (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_FIXED = (
    "rank", "rank_first", "rank_last", "section", "model", "revision", "result", "score", "stderr",
    "parameters", "licence", "evidence", "published_at",
)  # fmt: skip
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
    names = _columns(benchmarks)
    columns = [[row[place] for row in rows] for place in range(len(names))]
    types = [_type(pa, name) for name in names]
    table = pa.table(
        [pa.array(column, kind) for column, kind in zip(columns, types, strict=True)], names=names
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
    feed = Atom1Feed(
        title=title,
        link=link(""),
        description=_("Results on %(title)s") % {"title": title},
        feed_url=feed_url,
        feed_guid=link(""),
    )
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
    # An empty feed has no date of its own; the generator would write the present moment.
    if not newest and data.changed_at:
        return out.getvalue().replace(
            rfc3339_date(feed.latest_post_date()).encode(), rfc3339_date(data.changed_at).encode()
        )
    return out.getvalue()


def _said(row: StandingOut) -> str:
    ranks = (row.rank_first, row.rank_last) if row.rank_first else (row.rank, row.rank)
    return _("Rank %(first)s to %(last)s, %(commit)s") % {
        "first": ranks[0], "last": ranks[1], "commit": row.revision[:12],
    }  # fmt: skip


def _columns(benchmarks: list[str]) -> list[str]:
    measured = [f"{name}{suffix}" for name in benchmarks for suffix in ("", "_stderr", "_n")]
    return [*_FIXED, *measured]


def _values(row: StandingOut, benchmarks: list[str]) -> list[Value]:
    values: list[Value] = [getattr(row, name) for name in _FIXED[:-1]]
    values.append(row.published_at.isoformat())
    for name in benchmarks:
        cell = row.benchmarks.get(name)
        values += [cell.value, cell.stderr, cell.n] if cell else [None, None, None]
    return values


def _type(pa: object, name: str) -> object:
    whole = {"rank", "rank_first", "rank_last", "section", "parameters"}
    text = {"model", "revision", "result", "licence", "evidence", "published_at"}
    kind = (
        "int64" if name in whole or name.endswith("_n") else "string" if name in text else "float64"
    )
    return getattr(pa, kind)()


def disarmed(value: Value) -> Value:
    """Disarm text that a spreadsheet would run; numbers stay numbers."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
