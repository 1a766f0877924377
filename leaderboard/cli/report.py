"""A report for people: one line per check, in a terminal or a pipe, never by colour alone."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from evaluations.provenance.checks.outcome import Outcome
from evaluations.provenance.verify import Report

_STYLES = {
    Outcome.PASS: "green",
    Outcome.FAIL: "bold red",
    Outcome.SKIPPED: "yellow",
    Outcome.NOT_APPLICABLE: "dim",
}
_VERDICTS = {
    "verified": "Verified: every check passed or does not apply.",
    "failed": "Failed: at least one check failed. Do not rely on this result.",
    "incomplete": "Incomplete: no check failed, but some could not be made.",
}


def print_report(report: Report, console: Console) -> None:
    """Print the checks as a table, then the verdict, then what no check can prove."""
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 1))
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(ratio=2, min_width=10)
    table.add_column(ratio=5)
    for check in report.checks:
        outcome = Text(check.outcome, style=_STYLES[check.outcome])
        table.add_row(str(check.number), outcome, Text(check.name), Text(check.why))
    console.print(table)
    console.print()
    console.print(Text(_VERDICTS[report.verdict], style="bold"))
    console.print(Text("What this does not show:"))
    limits = Table(box=None, pad_edge=False, show_header=False, padding=(0, 1))
    for limit in report.limits:
        limits.add_row("-", Text(limit))
    console.print(limits)
