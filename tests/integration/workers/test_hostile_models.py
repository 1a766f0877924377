"""Models that mean harm, or are badly broken, past every check before the queue.

What a check refuses is tried in `tests/unit/evaluations/test_inspection.py`. Here each is recorded
as if nobody had looked, and one worker takes them all, with real runners.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from evaluations.enums import SubmissionState
from evaluations.models import Run, Submission, SubmissionEvent, Unit
from evaluations.services.models import register_local
from evaluations.services.submissions import submit
from evaluations.services.suites import load_suite, open_board, publish
from tests import factories
from tests.material import make_model, make_suite
from tests.surveys import counted
from workers.isolation import isolation
from workers.worker import Worker

pytestmark = [pytest.mark.engine, pytest.mark.django_db(transaction=True)]
Files = dict[str, bytes]
#: As little as a runner can have; see `workers.runner.limits.LEAST_MEMORY`.
_NEEDS = {"memory": 1 << 28}
#: Seconds without a sign of life; a run that had its escalation waits twice as long.
_STALL = 3


def _with(files: Files, path: str, **changes: Any) -> Files:
    return files | {path: json.dumps(json.loads(files[path]) | changes).encode()}


def _normalised(files: Files, *steps: dict[str, Any]) -> Files:
    """Have the tokenizer rewrite every text in so many steps first."""
    normalizer = {"type": "Sequence", "normalizers": list(steps)}
    return _with(files, "tokenizer.json", normalizer=normalizer)


def _replace(old: str, new: str) -> dict[str, Any]:
    return {"type": "Replace", "pattern": {"String": old}, "content": new}


_SEED: dict[str, Any] = {"type": "Prepend", "prepend": "x"}


def code(files: Files) -> Files:
    return _with(files, "config.json", auto_map={"AutoModel": "evil.Evil"}) | {
        "evil.py": b"import os; os.abort()"
    }


def tokenizer_that_expands(files: Files) -> Files:
    return _normalised(files, _SEED, *[_replace("x", "xx")] * 50)


def tokenizer_without_end(files: Files) -> Files:
    swaps = [_replace("x", "y"), _replace("y", "x")]
    return _normalised(files, _SEED, *[_replace("x", "xx")] * 17, *swaps * 20_000)


def template_without_end(files: Files) -> Files:
    loops = "".join("{% for i" + str(n) + " in range(99999) %}" for n in range(5))
    return files | {"chat_template.jinja": (loops + "{% endfor %}" * 5).encode()}


def template_that_expands(files: Files) -> Files:
    text = (
        "{% set n = namespace(s='x') %}{% for i in range(60) %}{% set n.s = n.s ~ n.s %}"
        "{% endfor %}{{ n.s }}"
    )
    return files | {"chat_template.jinja": text.encode()}


def absurd_width(files: Files) -> Files:
    return _with(files, "config.json", hidden_size=10**7, intermediate_size=10**7)


def nan_for_one_letter(files: Files) -> Files:
    """Give NaN for prompts with a C, which all of one task have; every weight is finite."""
    from safetensors.torch import load, save

    weights = load(files["model.safetensors"])
    letter = json.loads(files["tokenizer.json"])["model"]["vocab"]["C"]
    layer = "model.layers.0"
    weights["model.embed_tokens.weight"][:, 0] = 0
    weights["model.embed_tokens.weight"][letter, 0] = 1e4
    weights[f"{layer}.self_attn.o_proj.weight"][0, :] = 0
    for part in ("gate", "up"):
        weights[f"{layer}.mlp.{part}_proj.weight"][:, 0] = 1e30
    return files | {"model.safetensors": save(weights, metadata={"format": "pt"})}


def crash_for_one_letter(files: Files) -> Files:
    words = json.loads(files["tokenizer.json"])["model"]
    words["vocab"]["C"] = 10**6
    return _with(files, "tokenizer.json", model=words)


#: Each with the code that its run ends with, and the state that it fails in.
HOSTILE: list[tuple[Callable[[Files], Files], str, str]] = [
    (code, "remote_code_required", "planning"),
    (tokenizer_that_expands, "out_of_memory", "smoke"),
    (tokenizer_without_end, "stalled", "smoke"),
    (template_without_end, "stalled", "planning"),
    (template_that_expands, "out_of_memory", "planning"),
    (absurd_width, "out_of_memory", "planning"),
    (nan_for_one_letter, "nan_logits", "smoke"),
    (crash_for_one_letter, "engine_bug", "smoke"),
]


@pytest.fixture
def good(tmp_path: Path) -> Files:
    suite, _ = load_suite(path=make_suite(tmp_path))
    publish(suite=suite, survey=counted(suite))
    open_board(slug="made-up", suite=suite)
    folder = make_model(tmp_path / "model")
    register_local(name="good", folder=folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def queued(name: str, files: Files) -> Submission:
    """Submit a model that was recorded without a look at it."""
    factories.make_revision(
        factories.make_model(name), contents=files, parameters=1, has_chat_template=True
    )
    chat = name.startswith("template")
    user = factories.make_user()
    submission, _ = submit(by=user, model=f"local:{name}", board="made-up", chat_template=chat)
    # All but one have had their second attempt.
    spent = 0 if name == template_without_end.__name__ else 1
    Run.objects.filter(submission=submission).update(needs=_NEEDS, escalations=spent)
    return submission


def ended(submission: Submission) -> tuple[str, str]:
    """Return a submission's code, and the state that it failed in."""
    submission.refresh_from_db()
    states = SubmissionEvent.objects.filter(submission=submission).order_by("pk")
    *_, before, _ = states.values_list("state", flat=True)
    return submission.failure_code, before


def children() -> set[str]:
    tasks = Path("/proc/self/task").glob("*/children")
    return {child for task in tasks for child in task.read_text().split()}


def test_one_worker_outlives_every_hostile_model(good: Files, settings: Settings) -> None:
    settings.ASSAY_STALL_SECONDS = _STALL
    before = children()
    worker = Worker(serves=True)
    found = {}
    for make, _, _ in HOSTILE:
        submission = queued(make.__name__, make(good))
        for _ in range(3):
            worker.work(seconds=60)
            Run.objects.update(not_before=None)
        found[make.__name__] = ended(submission)
    assert found == {make.__name__: (code, state) for make, code, state in HOSTILE}
    assert set(Run.objects.values_list("isolation", flat=True)) == {isolation()}
    # None came as far as a claim of a unit.
    assert not Unit.objects.exclude(worker="").exists()
    settings.ASSAY_STALL_SECONDS = 900
    submission, _ = submit(by=factories.make_user(), model="local:good", board="made-up")
    worker.work(seconds=300)
    submission.refresh_from_db()
    assert (submission.state, submission.failure_detail) == (SubmissionState.PUBLISHED, "")
    worker.close()
    assert children() == before
    assert not (settings.VAR / "work").joinpath(worker.name).exists()
