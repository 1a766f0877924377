"""Boards of any size, written in bulk: for what must hold, or be fast, with many rows."""

import random
from datetime import timedelta
from typing import Any

from django.utils import timezone

from evaluations.models import (
    Board,
    BoardState,
    LanguageModel,
    Result,
    Revision,
    Run,
    Score,
    Submission,
)
from tests import factories

_LICENCES = ("apache-2.0", "mit", "cc-by-4.0", "llama3", "")
_ORGS = ("harrow-lab", "nyota-coop", "pelagos", "osier", "thornfield", "umfula", "costa-viva")
_WORDS = ("plover", "jahazi", "skerry", "osier", "quire", "umfula", "mare", "larch", "nakhla")


def fill(board: Board, rows: int, *, seed: int = 0, ranked: bool = True) -> Board:
    """Give a board so many results with scores that look like those of models."""
    chance = random.Random(seed)
    by, now = factories.make_user(f"filler-{board.slug}"), timezone.now()
    names = [
        f"{_ORGS[n % len(_ORGS)]}/{_WORDS[n % len(_WORDS)]}-{n * 7 % 97}-v{seed * 100_000 + n}"
        for n in range(rows)
    ]
    models = _create(LanguageModel, [{"source": "hf", "name": name} for name in names])
    revisions = _create(Revision, [
        {
            "model": model, "commit": factories.digest(f"{seed} {model.name}")[:40], "files": [],
            "licence": chance.choice(_LICENCES), "architecture": "LlamaForCausalLM",
            "parameters": int(10 ** chance.uniform(8, 10)), "has_chat_template": n % 3 == 0,
        }
        for n, model in enumerate(models)
    ])  # fmt: skip
    submissions = _create(Submission, [
        {"revision": revision, "board": board, "suite": board.suite, "by": by,
         "precision": "float32", "state": "published"}
        for revision in revisions
    ])  # fmt: skip
    _create(Run, [
        {"submission": each, "energy_joules": chance.uniform(1e3, 1e6), "finished_at": now}
        for each in submissions
    ])  # fmt: skip
    engine = factories.make_plan(revisions[0], board)["engine"]
    skill = sorted((chance.betavariate(4, 4) for _ in range(rows)), reverse=True)
    results = _create(Result, [
        {
            "submission": each, "revision": each.revision, "board": board, "value": skill[n],
            "stderr": 0.006, "plan": {"engine": engine}, "plan_sha256": "0" * 64,
            "environment": {}, "manifest_sha256": factories.digest(f"manifest {n} {seed}"),
            "bundle_sha256": "0" * 64, "bundle_size": 1,
        }
        for n, each in enumerate(submissions)
    ])  # fmt: skip
    Score.objects.bulk_create(
        [
            Score(
                result=result, benchmark=benchmark,
                value=min(0.99, max(0.01, result.value + chance.gauss(0, 0.05))),
                stderr=chance.uniform(0.004, 0.015), n=benchmark.documents or 240,
            )
            for result in results
            for benchmark in board.suite.benchmarks.all()
        ],
        batch_size=5000,
    )  # fmt: skip
    state = BoardState(board=board, changed_at=now - timedelta(minutes=5))
    if ranked:
        state.ranked_version, state.places = state.version, _places(results)
    state.save()
    return board


def _create(model: Any, fields: list[dict[str, Any]]) -> list[Any]:
    return list(model.objects.bulk_create([model(**each) for each in fields], batch_size=2000))


def _places(results: list[Result]) -> dict[str, list[int]]:
    """Return ranges such as a ranking gives: neighbours can't be told apart."""
    size = len(results)
    return {
        result.public_id: [max(1, n - 2), min(size, n + 2), 1 + (n - 1) // 3 * 3]
        for n, result in enumerate(results, start=1)
    }
