"""From submission to published result on one warm worker, and stock lm-eval on the same config."""

import tempfile
import time
from itertools import pairwise
from pathlib import Path

from tests import stock
from tests.performance import evaluations, sites
from tests.performance.figures import Budget, Report

_MODEL = "mbegu"
_STAGES = ("queued", "planning", "smoke", "running", "scoring", "publishing", "published")


def measure(budget: Budget) -> Report:
    """Evaluate copies of the smallest model, each against a stock run of its own bundle."""
    first: list[evaluations.Evaluation] = []
    later: list[evaluations.Evaluation] = []
    theirs: list[float] = []
    with sites.site() as site:
        evaluations.prepare()
        with sites.worker(site) as process:
            for number in budget.rounds(5):
                sites.wait_until_warm(process)
                if not first:
                    # Its prompts are planned first; all later runs of the suite share them.
                    first.append(evaluations.evaluate(site, _MODEL, "first", process))
                    sites.wait_until_warm(process)
                later.append(evaluations.evaluate(site, _MODEL, f"later-{number}", process))
                sites.wait_until_warm(process)
                theirs.append(_stock(later[-1].bundle))
    report = Report(f"warm start: {_MODEL} on one worker with a spare runner, 720 documents")
    ours = report.add("submission to result, later runs", "s", [each.seconds for each in later])
    alone = report.add("submission to result, the suite's first run", "s", [first[0].seconds])
    for began, ended in pairwise(_STAGES):
        spent = [each.between(began, ended) for each in later]
        report.add(f"  later runs, {began} to {ended}", "s", spent)
        report.add(f"  first run, {began} to {ended}", "s", [first[0].between(began, ended)])
    stock_run = report.add("stock lm_eval run", "s", theirs)
    report.compare("later runs to stock", ours / stock_run, goal="<= 0.35")
    report.compare("the first run to stock", alone / stock_run)
    report.notes.append(
        "Stock runs with OMP_WAIT_POLICY=PASSIVE as our runners do, which favours it on a busy "
        "machine; the model's registration is not counted."
    )
    return report


def _stock(bundle: bytes) -> float:
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as folder:
        root = evaluations.unpack(bundle, _MODEL, Path(folder))
        began = time.monotonic()
        stock.run_stock(root)
        return time.monotonic() - began
