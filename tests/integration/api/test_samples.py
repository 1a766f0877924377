import io
import json

import pytest
import zstandard

from evaluations.provenance.bundle import stream_tar
from tests import factories

pytestmark = pytest.mark.django_db
TASKS = {
    "sums": [{"doc_id": n, "resps": [[["-1.5", "False"]]], "acc": n % 2} for n in range(7)],
    "words": [{"doc_id": 0, "text": "é\u2028\ud83d\ude00", "loss": float("nan")}],
}


def samples_file(rows):
    text = "".join(json.dumps(row) + "\n" for row in rows)
    return zstandard.ZstdCompressor().compress(text.encode())


def bundle(members):
    files = sorted(members.items())
    return b"".join(stream_tar((name, len(data), [data]) for name, data in files))


def members(tasks=TASKS):
    listed = [{"task": t, "rows": len(rows), "root": "ab" * 32} for t, rows in tasks.items()]
    scores = json.dumps({"v": 1, "samples": listed}).encode()
    files = {f"results/samples/{task}.jsonl.zst": samples_file(r) for task, r in tasks.items()}
    # Larger than what is read at a time, so that headers lie in several windows.
    big = {"results/results.json": b"x" * 200_000, "run/environment.json": b"y" * 100_000}
    return files | big | {"manifest.json": b"{}", "results/scores.json": scores}


@pytest.fixture
def result():
    return factories.make_result(bundle=bundle(members()))


def get(client, result, path=""):
    return client.get(f"/api/v1/results/{result.public_id}/samples{path}")


def test_tasks_with_samples_are_listed(client, result):
    assert get(client, result).json() == {
        "items": [
            {"task": "sums", "rows": 7, "root": "ab" * 32, "parquet": None},
            {"task": "words", "rows": 1, "root": "ab" * 32, "parquet": None},
        ]
    }


def test_rows_come_in_pieces_as_lm_eval_wrote_them(client, result):
    rows, query = [], "?limit=3"
    for _ in range(3):
        data = get(client, result, f"/sums{query}").json()
        assert data["task"] == "sums"
        rows += data["items"]
        query = f"?limit=3&cursor={data['next']}"
    assert (rows, data["next"]) == (TASKS["sums"], None)


def test_nan_becomes_null_and_text_stays(client, result):
    (row,) = get(client, result, "/words").json()["items"]
    assert row == {"doc_id": 0, "text": "é\u2028😀", "loss": None}


def test_large_rows_end_a_page_early(client, monkeypatch):
    from evaluations.queries import samples

    monkeypatch.setattr(samples, "_PAGE_BYTES", 150)
    rows = [{"doc_id": n, "text": "x" * 80} for n in range(3)]
    result = factories.make_result(bundle=bundle(members({"sums": rows})))
    data = get(client, result, "/sums").json()
    assert (data["items"], data["next"] is None) == (rows[:2], False)
    rest = get(client, result, f"/sums?cursor={data['next']}").json()
    assert (rest["items"], rest["next"]) == (rows[2:], None)


@pytest.mark.parametrize("task", ["nothing", "..%2f..%2fmanifest.json", "a%00b", "sums.jsonl"])
def test_unknown_task_is_a_problem(client, result, task):
    response = get(client, result, f"/{task}")
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"


def test_only_what_is_asked_for_is_read(client, result, monkeypatch):
    from evaluations import store

    whole = len(bundle(members()))
    get(client, result)
    read = []
    part = store.part

    def counted(digest, start, length):
        read.append(length)
        return part(digest, start, length)

    monkeypatch.setattr(store, "part", counted)
    get(client, result, "/words")
    assert sum(read) == len(members()["results/samples/words.jsonl.zst"]) < whole / 100


def broken(**changed):
    return bundle(members() | changed)


@pytest.mark.parametrize(
    "data",
    [
        b"no tar",
        bundle(members())[:100_000],
        broken(**{"results/scores.json": b"{"}),
        broken(**{"results/scores.json": b'{"samples": 3}'}),
        bundle({"manifest.json": b"{}"}),
    ],
)
def test_bundle_that_cannot_be_read_is_the_sites_fault(client, data):
    response = get(client, factories.make_result(bundle=data))
    assert (response.status_code, response.json()["code"]) == (503, "artefact_missing")


@pytest.mark.parametrize(
    "stored", [b"no zstd", samples_file(TASKS["sums"])[:-9], zstandard.compress(b"[1" * 50 + b"\n")]
)
def test_samples_that_cannot_be_read_are_the_sites_fault(client, stored):
    data = broken(**{"results/samples/sums.jsonl.zst": stored})
    response = get(client, factories.make_result(bundle=data), "/sums")
    assert (response.status_code, response.json()["code"]) == (503, "artefact_missing")


def test_bomb_is_not_unpacked(client):
    out = io.BytesIO()
    with zstandard.ZstdCompressor().stream_writer(out, closefd=False) as writer:
        for _ in range(128):
            writer.write(b"\0" * (1 << 20))
    data = broken(**{"results/samples/sums.jsonl.zst": out.getvalue()})
    assert get(client, factories.make_result(bundle=data), "/sums").status_code == 503


def test_lost_bundle_is_a_problem(client):
    result = factories.make_result(bundle_sha256=factories.digest("lost"))
    assert get(client, result).json()["code"] == "artefact_missing"
