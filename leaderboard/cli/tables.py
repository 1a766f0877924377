"""Tables as lm-eval prints them: Markdown, tight, numbers to the right.

In a pipe a table is as wide as it needs to be. On a terminal long texts are folded, and columns
that don't fit are left out and named.
"""

import shutil
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

import typer
from rich.cells import cell_len, chop_cells

from leaderboard.cli.terminal import line

#: Room for one wide character, and for a rule that Markdown takes for one.
_LEAST = 2
#: No folded column is narrower.
_NARROWEST = 12
_RIGHT_TO_LEFT = {"R", "AL", "AN"}
#: Left-to-right mark: after a name in Arabic, a terminal would turn the numbers beside it around.
_MARK = "\u200e"


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    Attributes:
        right: numbers stand to the right.
        folds: long texts go on in the next line.
        may_go: on a narrow terminal it may be left out.
    """

    title: str
    right: bool = False
    folds: bool = False
    may_go: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Columns, and rows of as many texts, which need not be safe to print."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]

    def show(self) -> None:
        """Print it, as wide as the terminal is, if it goes to one."""
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        for text in self.lines(width):
            typer.echo(text)

    def lines(self, width: int | None) -> list[str]:
        """Return the table's lines, no wider than a terminal; None: as wide as they need be."""
        cells = [[line(text) for text in row] for row in [self._titles(), *self.rows]]
        widths = [max(_LEAST, *map(cell_len, column)) for column in zip(*cells, strict=True)]
        shown = list(range(len(widths)))
        if width is not None:
            shown = self._shown(widths, width)
            self._fold(widths, shown, width)
        drawn = [self._ruled(cells[0], widths, shown), self._rule(widths, shown)]
        drawn += [self._ruled(row, widths, shown) for row in cells[1:]]
        kept = [text for row in drawn for text in row]
        if width is not None:
            kept = [_kept_in_order(text) for text in kept]
        return kept + self._left_out(shown)

    def _titles(self) -> list[str]:
        return [column.title for column in self.columns]

    def _shown(self, widths: list[int], width: int) -> list[int]:
        """Return the columns that fit once long texts are folded, by their numbers."""
        least = [
            min(_NARROWEST, wide) if column.folds else wide
            for column, wide in zip(self.columns, widths, strict=True)
        ]
        room = (
            width
            - 1
            - sum(least[i] + 1 for i, column in enumerate(self.columns) if not column.may_go)
        )
        shown = []
        for i, column in enumerate(self.columns):
            if column.may_go:
                room -= least[i] + 1
            if not column.may_go or room >= 0:
                shown.append(i)
        return shown

    def _fold(self, widths: list[int], shown: list[int], width: int) -> None:
        """Narrow the widest columns that fold until the table fits."""
        over = sum(widths[i] + 1 for i in shown) + 1 - width
        folding = [i for i in shown if self.columns[i].folds]
        while over > 0 and folding:
            widest = max(folding, key=lambda i: widths[i])
            if widths[widest] <= _NARROWEST:
                return
            widths[widest] -= 1
            over -= 1

    def _ruled(self, row: Sequence[str], widths: list[int], shown: list[int]) -> list[str]:
        folded = [chop_cells(row[i], widths[i]) or [""] for i in shown]
        return [
            "|" + "".join(map(self._cell, shown, texts, (widths[i] for i in shown)))
            for texts in zip_longest(*folded, fillvalue="")
        ]

    def _cell(self, number: int, text: str, width: int) -> str:
        space = " " * (width - cell_len(text))
        return (space + text if self.columns[number].right else text + space) + "|"

    def _rule(self, widths: list[int], shown: list[int]) -> list[str]:
        ends = {i: ":" if self.columns[i].right else "-" for i in shown}
        return ["|" + "".join("-" * (widths[i] - 1) + ends[i] + "|" for i in shown)]

    def _left_out(self, shown: list[int]) -> list[str]:
        gone = [line(c.title) for i, c in enumerate(self.columns) if i not in shown]
        return [f"Too narrow for: {', '.join(gone)}."] if gone else []


def _kept_in_order(text: str) -> str:
    if not any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in text):
        return text
    return text.replace("|", f"{_MARK}|{_MARK}")
