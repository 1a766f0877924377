"""What `manage.py serve` starts: several workers share the cores, one leaves them to torch."""

import os

import pytest

from leaderboard.supervisor import site_programs


def _threads(workers: int, *, threads: int = 0) -> list[str | None]:
    programs = site_programs("127.0.0.1", 8000, workers=workers, threads=threads)
    return [
        program.settings.get("ASSAY_THREADS")
        for program in programs
        if program.name.startswith("worker")
    ]


@pytest.mark.parametrize(
    ("workers", "each"), [(1, [None]), (2, ["4"] * 2), (3, ["2"] * 3), (9, ["1"] * 9)]
)
def test_workers_divide_the_cores(
    workers: int, each: list[str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    assert _threads(workers) == each


def test_what_the_operator_set_stays() -> None:
    assert _threads(2, threads=3) == [None, None]
