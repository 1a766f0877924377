"""Which runs share a pack: those whose prompts can't differ."""

import pytest

from evaluations.models import Board
from tests.factories import make_board, make_revision, make_run, make_submission
from workers import engine_lock, planning

pytestmark = pytest.mark.django_db


def digest(board: Board, *, chat: bool = False, **files: bytes) -> str:
    contents = {f"{name}.json": data for name, data in files.items() if name != "weights"}
    contents["model.safetensors"] = files.get("weights", b"")
    revision = make_revision(contents=contents)
    submission = make_submission(board=board, revision=revision, chat_template=chat)
    return planning.prompts_digest(submission.run)


def test_pack_is_shared_unless_suite_template_or_engine_differ(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    board = make_board()
    plain = digest(board, weights=b"a", tokenizer=b"a")
    # Without a template, nothing of the model stands in a prompt.
    assert digest(board, weights=b"b", tokenizer=b"b") == plain
    templated = digest(board, chat=True, weights=b"a", tokenizer=b"a")
    assert digest(board, chat=True, weights=b"b", tokenizer=b"a") == templated
    others = [
        digest(board, chat=True, weights=b"a", tokenizer=b"b"),
        digest(board, chat=True, weights=b"a", tokenizer=b"a", special_tokens_map=b"a"),
        digest(make_board(), weights=b"a"),
    ]
    monkeypatch.setattr(engine_lock, "digest", lambda: "another engine")
    others.append(digest(board, weights=b"a", tokenizer=b"a"))
    assert len({plain, templated, *others}) == 6


def test_earlier_pack_is_found_by_its_prompts_once_it_is_stored() -> None:
    make_run(make_submission(run=False), prompts_sha256="a" * 64)
    assert planning.same_prompts("a" * 64) is None
    stored = make_run(make_submission(run=False), prompts_sha256="a" * 64, pack={"t": "b" * 64})
    assert planning.same_prompts("a" * 64) == stored
    assert planning.same_prompts("c" * 64) is None
