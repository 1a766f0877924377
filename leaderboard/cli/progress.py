"""Progress on stderr: a bar on a terminal, a line for each change elsewhere."""

from collections import deque
from collections.abc import Iterator

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from leaderboard.cli.scores import duration
from leaderboard.cli.submissions import Progress, Submission
from leaderboard.cli.terminal import line, say


def follow(states: Iterator[Submission]) -> Submission:
    """Show each state as it comes, of which there is one at least, and return the last."""
    console = Console(stderr=True, highlight=False, markup=False)
    lively = console.is_terminal and not console.is_dumb_terminal
    [last] = deque(_bar(states, console) if lively else _lines(states), maxlen=1)
    return last


def _lines(states: Iterator[Submission]) -> Iterator[Submission]:
    """Tell a change of the stage, of the place in the queue, or of whole per cents."""
    told = None
    for found in states:
        now = (found.state, found.position, _per_cent(found.progress))
        if now != told:
            say(f"{found.id}: {', '.join(filter(None, (_stage(found), facts(found.progress))))}")
            told = now
        yield found


def _bar(states: Iterator[Submission], console: Console) -> Iterator[Submission]:
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[facts]}", markup=False),
        TimeElapsedColumn(),
    )
    with Bar(*columns, console=console) as bar:
        row = bar.add_task("", total=None, facts="")
        for found in states:
            _show(bar, row, found)
            yield found


def _show(bar: Bar, row: TaskID, found: Submission) -> None:
    progress = found.progress
    bar.update(
        row,
        description=f"{found.id} {_stage(found)}",
        completed=progress.done,
        total=progress.total or None,
        facts=facts(progress),
    )
    if found.ended:
        # Not everything that ends was counted, and a bar without a total would go on moving.
        total = progress.total or 1
        bar.update(row, total=total, completed=total if found.succeeded else progress.done)


def _stage(found: Submission) -> str:
    place = f" ({found.position} in the queue)" if found.position else ""
    return f"{line(found.state)[:40]}{place}"


def facts(progress: Progress) -> str:
    """Return the count, the pace and the time left, as far as they are known."""
    speed, left = progress.per_second, progress.seconds_left
    told = (
        f"{progress.done}/{progress.total}" if progress.total else "",
        f"{speed:.1f}/s" if speed else "",
        f"{duration(left)} left" if left is not None else "",
    )
    return ", ".join(filter(None, told))


def _per_cent(progress: Progress) -> int:
    return 100 * progress.done // progress.total if progress.total else 0
