"""Junk in any place of any JSON gets an answer: never a traceback, never an unforeseen error."""

import json
import random
from typing import Any

import pytest

from evaluations.provenance.verify import verify_bundle
from tests.bundles import CHOICE, COPY, draft
from tests.unit.provenance.test_forgeries import failed

JUNK: list[Any] = [
    None,
    True,
    -1,
    1e300,
    2**53 - 1,
    "",
    "x",
    "\u202e\x1b[2J",
    [],
    [[]],
    {},
    {"v": 1},
    [None],
]


def paths_of(value, above=()):
    yield above
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from paths_of(value[key], (*above, key))


@pytest.mark.parametrize("seed", range(150))
def test_junk_anywhere_gives_an_answer_and_no_traceback(tmp_path, seed):
    chance, made = random.Random(seed), draft()
    part = chance.choice([made.plan, made.weights, made.results, made.scores, made.rows[CHOICE][0],
                          made.rows[COPY][0], made.results["configs"]])  # fmt: skip
    for _ in range(chance.randint(1, 3)):
        *above, last = chance.choice(list(paths_of(part))[1:])
        place = part
        for key in above:
            place = place[key]
        place[last] = json.loads(json.dumps(chance.choice(JUNK)))
        if not part:
            break
    made.restate()
    report = verify_bundle(made.write(tmp_path))
    assert len(report.checks) == 12
    assert 3 not in failed(report)
    assert all(check.why.isprintable() for check in report.checks)
