"""Pages over a table of 100,000 samples, and what ranking reads of it; answered in this process."""

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bundles import CHOICE, line
from tests.performance import sites
from tests.performance.figures import Budget, Report
from tests.performance.verification import ROW_BYTES, ROWS, _rows

_HOST = "127.0.0.1"
#: Too many for a compressor to see that they come again.
_DOCUMENTS = 1_000


def measure(budget: Budget) -> Report:
    """Make the table, then read it in turns; first pages with nothing of it in memory."""
    report = Report(f"samples: a table of {ROWS:,} rows of about {ROW_BYTES:,} bytes")
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as folder:
        sites.alone(Path(folder))
        reads = _reads(report, Path(folder))
        taken: dict[str, list[float]] = {name: [] for name in reads}
        for read in reads.values():
            read()  # imports and templates, once
        for _ in budget.rounds(9):
            for name, read in reads.items():
                taken[name].append(1000 * _seconds(read))
    middle = {name: report.add(name, "ms", values) for name, values in taken.items()}
    for name, goal in (("first page, cold", 150), ("first wrong ones, cold", 150)):
        report.compare(name, middle[name], goal=f"<= {goal}", unit="ms")
    report.compare("every outcome", middle["every outcome"], goal="<= 500", unit="ms")
    report.compare("a search", middle["a search for what isn't there"], goal="<= 1500", unit="ms")
    return report


def _reads(report: Report, folder: Path) -> dict[str, Callable[[], object]]:
    """Publish a result with such a table; return what is measured, by name."""
    from django.core.management import call_command
    from django.test import Client

    from evaluations.queries import sample_tables
    from evaluations.services import sample_tables as services
    from evaluations.tables import reading
    from tests import factories
    from tests.samples import bundle_of

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    suite = factories.make_suite()
    factories.make_benchmark(suite, "choice", task=CHOICE)
    result = factories.make_result(
        board=factories.make_board(suite=suite, benchmarks=()), bundle=bundle_of({CHOICE: []})
    )
    began = time.monotonic()
    made = services.make(task=CHOICE, lines=_lines, folder=folder, deciding="acc", withheld=False)
    services.record(result=result, tables=[made])
    report.add("making it", "s", [time.monotonic() - began])
    report.notes.append(f"The table has {made.size / 1e6:,.0f} MB.")
    client, address = Client(), f"/results/{result.public_id}/samples/"

    def page(path: str, *, cold: bool = False) -> Callable[[], object]:
        def get() -> object:
            if cold:
                sample_tables._index.cache_clear()
                reading._metadata.cache_clear()
            response = client.get(address + path, headers={"host": _HOST})
            assert response.status_code == 200, response.status_code
            return response

        return get

    return {
        "first page, cold": page("", cold=True),
        "first page": page(""),
        "a page in the middle": page("?from=50000"),
        "first wrong ones, cold": page("?outcome=wrong", cold=True),
        "a search for what isn't there": page("?q=no+such+text+anywhere"),
        "one sample": page(f"{CHOICE}/54321/"),
        "every outcome": lambda: sample_tables.outcomes(result),
    }


def _lines() -> Iterator[bytes]:
    """Yield the rows' lines: a thousand documents again and again, each under its own number."""
    begin = len(b'{"doc_id": 0')
    bare = [line(row | {"doc_id": 0})[begin:] for row in _rows(_DOCUMENTS)]
    return (b'{"doc_id": %d' % n + bare[n % _DOCUMENTS] for n in range(ROWS))


def _seconds(read: Callable[[], object]) -> float:
    began = time.monotonic()
    read()
    return time.monotonic() - began
