"""Recorded answers are complete, single, and bound to their questions."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from evaluations.errors import AssayError
from workers.answers import Answer, collect, encode, read
from workers.pack import Document, Request, read_task, summarise, write_task

DOCUMENTS = [
    Document(i, {"id": i}, [Request(j, "loglikelihood", [f"q{i}", f" a{j}"]) for j in range(2)])
    for i in range(3)
]


def answers(repeats: int = 1) -> list[Answer]:
    return [
        Answer(d.doc_id, r.idx, k, r.digest, [-0.1 * (d.doc_id + r.idx + k), False])
        for d in DOCUMENTS
        for r in d.requests
        for k in range(repeats)
    ]


def write(path: Path, given: list[Answer]) -> Path:
    path.write_bytes(encode(given))
    return path


def test_answers_come_back_in_the_plans_order_whatever_the_files(tmp_path: Path) -> None:
    given = answers(repeats=2)
    late = write(tmp_path / "late", given[::-1][:5])
    early = write(tmp_path / "early", given[::-1][5:])
    assert collect([late, early], DOCUMENTS, repeats=2) == given


def test_floats_keep_every_digit(tmp_path: Path) -> None:
    answer = replace(answers()[0], response=[-0.1 - 0.2, True])
    assert list(read(write(tmp_path / "a", [answer]))) == [answer]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda rows: rows[:-1], "incomplete_answers"),
        (lambda rows: [*rows, rows[0]], "incomplete_answers"),
        (lambda rows: [*rows, replace(rows[0], doc_id=99)], "incomplete_answers"),
        (lambda rows: [*rows[:-1], replace(rows[-1], args_sha256="0" * 64)], "plan_mismatch"),
        (lambda rows: [*rows[:-1], replace(rows[-1], repeat=1)], "incomplete_answers"),
    ],
    ids=["missing", "doubled", "unasked", "another question", "another repeat"],
)
def test_anything_else_is_refused(
    tmp_path: Path, change: Callable[[list[Answer]], list[Answer]], code: str
) -> None:
    path = write(tmp_path / "answers", change(answers()))
    with pytest.raises(AssayError) as refused:
        collect([path], DOCUMENTS, repeats=1)
    assert refused.value.code == code


def test_nan_is_never_recorded() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        encode([replace(answers()[0], response=[float("nan"), False])])


def test_pack_reads_back_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "task.jsonl"
    write_task(path, DOCUMENTS)
    assert list(read_task(path)) == DOCUMENTS
    assert list(read_task(path, 1, 1)) == DOCUMENTS[1:2]
    summary = summarise(path, output_type="multiple_choice", filters=["none"], repeats=1)
    assert (summary.documents, summary.requests) == (3, 6)


def test_roots_change_with_any_prompt_and_any_document(tmp_path: Path) -> None:
    def roots(documents: list[Document]) -> tuple[str, str]:
        path = tmp_path / "task.jsonl"
        write_task(path, documents)
        summary = summarise(path, output_type="x", filters=[], repeats=1)
        return summary.documents_root, summary.requests_root

    before = roots(DOCUMENTS)
    other_doc = [replace(DOCUMENTS[0], doc={"id": "0"}), *DOCUMENTS[1:]]
    other_choice = replace(DOCUMENTS[2].requests[1], args=["q2", " a1 "])
    other_prompt = [
        *DOCUMENTS[:2],
        replace(DOCUMENTS[2], requests=[DOCUMENTS[2].requests[0], other_choice]),
    ]
    assert roots(other_doc)[0] != before[0]
    assert roots(other_doc)[1] == before[1]
    assert roots(other_prompt)[0] == before[0]
    assert roots(other_prompt)[1] != before[1]
