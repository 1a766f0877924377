"""Tables of samples: made from a bundle, and read in part."""

import io
import math
import random
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from evaluations import store
from evaluations.errors import AssayError
from evaluations.models import Result, SampleTable
from evaluations.queries import sample_rows, sample_tables
from evaluations.queries.sample_tasks import WithheldError
from evaluations.services import sample_tables as services
from evaluations.tables.samples import RowError
from evaluations.tables.writing import GROUP_ROWS, write
from tests import factories
from tests.bundles import line
from tests.samples import by_filter, choice, make_sampled, written

pytestmark = pytest.mark.django_db
MANY = 2 * GROUP_ROWS + 40


def many() -> list[dict[str, Any]]:
    """More rows than two groups hold; every third is wrong, one in a hundred asks of rivers."""
    return [
        choice(n, f"Question {n}{' of Rivers' if n % 100 == 0 else ''}?", gold=int(n % 3 == 0))
        for n in range(MANY)
    ]


@pytest.fixture
def result() -> Result:
    texts = by_filter([written(n, f"Copy {n}", f"a{n} b", f"a{n}", kept=f"a{n}") for n in range(3)])
    return make_sampled({"choosing": many(), "writing": texts})


def table_of(result: Result, task: str = "choosing") -> pq.ParquetFile:
    return pq.ParquetFile(io.BytesIO(store.get_bytes(result.sample_tables.get(task=task).sha256)))


def ids(result: Result, task: str = "choosing", **wanted: Any) -> list[int]:
    page = sample_tables.page(result, task, **{"start": 0, "count": 20} | wanted)
    assert page is not None
    return [item.doc_id for item in page.items]


def test_derived_tables_hold_every_row_in_small_groups(result: Result) -> None:
    listed = result.sample_tables.values_list("task", "rows", "withheld")
    assert list(listed) == [("choosing", MANY, False), ("writing", 6, False)]
    for table in result.sample_tables.all():
        assert table.size == len(store.get_bytes(table.sha256))
    file = table_of(result)
    assert [file.metadata.row_group(n).num_rows for n in range(3)] == [256, 256, 40]
    assert file.schema_arrow.names == [
        "row", "doc_id", "filter", "right", "chosen", "metric.acc", "question", "target", "answer",
        "choices", "loglikelihoods", "doc_hash", "prompt", "doc",
    ]  # fmt: skip
    assert file.metadata.row_group(0).column(0).compression == "ZSTD"
    row = file.read().slice(300, 1).to_pylist()[0]
    assert (row["row"], row["question"], row["target"]) == (300, "Question 300 of Rivers?", "1")
    assert (row["answer"], row["right"], row["metric.acc"]) == ("one", False, 0.0)


def test_deriving_again_makes_nothing_unless_it_is_asked_to(result: Result) -> None:
    before = list(result.sample_tables.values_list("task", "sha256"))
    assert services.derive(result=result) == []
    assert len(services.derive(result=result, again=True)) == 2
    assert list(result.sample_tables.values_list("task", "sha256")) == before
    result.sample_tables.filter(task="writing").delete()
    assert [table.task for table in services.derive(result=result)] == ["writing"]


def test_bundle_with_a_row_that_is_no_sample_makes_no_table() -> None:
    result = make_sampled({"choosing": [choice(0), b"[1]"]}, tables=False)
    with pytest.raises(AssayError, match="The samples of choosing can't be read"):
        services.derive(result=result)
    assert not SampleTable.objects.exists()


def test_lost_bundle_is_named() -> None:
    result = make_sampled({"choosing": [choice(0)]}, tables=False)
    result.bundle_sha256 = factories.digest("lost")
    with pytest.raises(store.ArtefactMissingError, match="is not in the store"):
        services.derive(result=result)


def test_withheld_task_has_keys_and_metrics_only(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    rows = [line(choice(n)) for n in range(3)]
    assert write(lambda: rows, path, deciding="acc", withheld=True) == 3
    read = pq.read_table(path)
    assert read.column_names == ["row", "doc_id", "filter", "metric.acc"]
    assert read.to_pylist()[2] == {"row": 2, "doc_id": 2, "filter": "none", "metric.acc": 1.0}


def test_withheld_task_gets_no_table_from_a_bundle_and_is_read_by_nobody() -> None:
    result = make_sampled({"open": [choice(0)], "closed": [choice(0)]}, withheld=["closed"])
    assert [table.task for table in result.sample_tables.all()] == ["open"]
    for read in (
        lambda: sample_tables.page(result, "closed", start=0, count=1),
        lambda: sample_tables.one(result, "closed", 0),
        lambda: sample_tables.table_of(result, "closed"),
    ):
        with pytest.raises(WithheldError):
            read()


def test_rows_with_too_many_metrics_make_no_table(tmp_path: Path) -> None:
    names = [f"m{n}" for n in range(65)]
    row = line(choice(0) | {"metrics": names} | dict.fromkeys(names, 1.0))
    with pytest.raises(RowError, match="more than 64 metrics"):
        write(lambda: [row], tmp_path / "table", deciding=None, withheld=False)


def test_outcomes_are_every_documents_values_by_id(tmp_path: Path) -> None:
    rows = [choice(2) | {"acc": 0.25}, choice(0) | {"acc": math.nan}, choice(1)]
    texts = by_filter([written(n, "?", "b", "a", kept="a") for n in range(2)])
    made = sample_tables.outcomes(make_sampled({"choosing": rows, "writing": texts}))
    assert list(made) == [
        ("choosing", "none", "acc"),
        ("writing", "raw", "exact_match"),
        ("writing", "kept", "exact_match"),
    ]
    assert all(values.dtype == np.float64 for values in made.values())
    np.testing.assert_array_equal(made["choosing", "none", "acc"], [math.nan, 1.0, 0.25])
    np.testing.assert_array_equal(made["writing", "raw", "exact_match"], [0.0, 0.0])
    np.testing.assert_array_equal(made["writing", "kept", "exact_match"], [1.0, 1.0])


def test_outcomes_hold_withheld_tasks_too(tmp_path: Path) -> None:
    result = make_sampled({"closed": [choice(0)]}, withheld=["closed"])
    made = services.make(
        task="closed", lines=lambda: [line(choice(0))], folder=tmp_path, deciding="acc",
        withheld=True,
    )  # fmt: skip
    services.record(result=result, tables=[made])
    assert sample_tables.outcomes(result)["closed", "none", "acc"].tolist() == [1.0]


@pytest.mark.parametrize(
    ("start", "doc_ids", "following"),
    [(0, [0, 1, 2], 3), (255, [255, 256, 257], 258), (MANY - 2, [MANY - 2, MANY - 1], None),
     (MANY, [], None)],
)  # fmt: skip
def test_page_is_a_piece_across_groups(
    result: Result, start: int, doc_ids: list[int], following: int | None
) -> None:
    page = sample_tables.page(result, "choosing", start=start, count=3)
    assert page is not None
    assert ([i.doc_id for i in page.items], page.next, page.total) == (doc_ids, following, MANY)
    assert page.tally is not None
    assert (page.tally.all, page.tally.wrong) == (MANY, len(range(0, MANY, 3)))


def test_page_of_one_outcome_or_filter(result: Result) -> None:
    assert ids(result, right=False, start=1, count=3) == [3, 6, 9]
    assert ids(result, right=True, count=3) == [1, 2, 4]
    page = sample_tables.page(result, "writing", start=0, count=9, filter="kept")
    assert page is not None
    assert [item.answer for item in page.items] == ["a0", "a1", "a2"]
    assert page.filters == ["raw", "kept"]
    assert ids(result, "writing", filter="nothing") == []
    assert ids(result, "writing") == [0, 1, 2, 0, 1, 2]


@pytest.mark.parametrize("tables", [True, False])
def test_search_finds_text_in_any_case_and_goes_on(tables: bool) -> None:
    result = make_sampled({"choosing": many()}, tables=tables)
    page = sample_tables.page(result, "choosing", start=0, count=2, search="OF RIVERS")
    assert page is not None
    assert ([item.doc_id for item in page.items], page.stopped) == ([0, 100], False)
    assert page.next is not None
    rest = ids(result, search="of rivers", start=page.next, count=9)
    assert rest == [200, 300, 400, 500]
    assert ids(result, search="of rivers", right=True) == [100, 200, 400, 500]
    assert ids(result, search=".*") == []


@pytest.mark.parametrize("tables", [True, False])
def test_search_that_takes_too_long_stops_and_says_where(
    monkeypatch: pytest.MonkeyPatch, tables: bool
) -> None:
    result = make_sampled({"choosing": [*many(), *many(), *many()]}, tables=tables)
    monkeypatch.setattr(sample_tables, "_SEARCH_ROWS", 1000)
    monkeypatch.setattr(sample_rows, "_ROWS", 1000)
    page = sample_tables.page(result, "choosing", start=0, count=2, search="no such text")
    assert page is not None
    assert (page.items, page.stopped) == ([], True)
    assert page.next is not None
    assert 1000 <= page.next <= 1024
    last = sample_tables.page(result, "choosing", start=page.next, count=2, search="no such text")
    assert last is not None
    assert (last.stopped, last.next) == (False, None)


@pytest.mark.parametrize("tables", [True, False])
def test_one_sample_is_whole(tables: bool) -> None:
    rows = [choice(n, f"Question {n}?", shots="Example.\n\n") for n in range(MANY)]
    result = make_sampled({"choosing": rows}, tables=tables)
    made = sample_tables.one(result, "choosing", 300, "none")
    assert made is not None
    assert (made.row, made.prompt) == (300, "Example.\n\nQuestion 300?\nAnswer:")
    assert (made.metrics, '"Question 300?"' in made.doc) == ({"acc": 1.0}, True)
    assert sample_tables.one(result, "choosing", 300, "other") is None
    assert sample_tables.one(result, "choosing", MANY) is None
    assert sample_tables.one(result, "nothing", 0) is None


def test_page_from_a_bundle_is_the_same_without_counts() -> None:
    result = make_sampled({"choosing": many()}, tables=False)
    page = sample_tables.page(result, "choosing", start=3, count=2, right=True)
    assert page is not None
    assert ([item.doc_id for item in page.items], page.next) == ([4, 5], 6)
    assert (page.total, page.tally) == (None, None)
    assert sample_tables.page(result, "nothing", start=0, count=1) is None


def test_sample_deep_in_a_bundle_asks_for_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    result = make_sampled({"choosing": many()}, tables=False)
    monkeypatch.setattr(sample_rows, "_ROWS", 100)
    with pytest.raises(AssayError, match="too many to look through") as refused:
        sample_tables.one(result, "choosing", 300)
    assert "derive_samples" in refused.value.hint


@pytest.mark.parametrize("spoil", ["lost", "short", "text", "inside"])
def test_table_that_cannot_be_read_is_the_stores_fault(result: Result, spoil: str) -> None:
    table = result.sample_tables.get(task="choosing")
    data = bytearray(store.get_bytes(table.sha256))
    if spoil == "inside":
        data[4:-3000] = bytes(len(data) - 3004)
    wrong = {"short": bytes(data[:-100]), "text": b"no table", "inside": bytes(data)}
    table.sha256 = factories.digest("lost") if spoil == "lost" else store.put_bytes(wrong[spoil])
    table.size = len(wrong.get(spoil, b"x" * 100))
    table.save()
    with pytest.raises(store.ArtefactMissingError):
        sample_tables.page(result, "choosing", start=0, count=1)
    with pytest.raises(store.ArtefactMissingError):
        sample_tables.outcomes(result)


def test_page_reads_little_of_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(1)
    rows = [choice(n, f"{n}?", shots=chance.randbytes(900).hex()) for n in range(MANY)]
    result = make_sampled({"choosing": rows})
    read: list[int] = []
    parts = store.parts

    def counted(digest: str, ranges: Any) -> Any:
        read.extend(length for _, length in ranges)
        return parts(digest, ranges)

    monkeypatch.setattr(store, "parts", counted)
    assert ids(result, count=1) == [0]
    assert 0 < sum(read) < result.sample_tables.get().size / 3


def test_task_without_rows_is_an_empty_page() -> None:
    result = make_sampled({"nothing": []})
    page = sample_tables.page(result, "nothing", start=0, count=5)
    assert page is not None
    assert (page.items, page.total) == ([], 0)
    assert sample_tables.outcomes(result) == {}
