"""Two workers against one, on the largest demo model."""

from collections.abc import Iterator

from tests.performance import evaluations, sites
from tests.performance.figures import Budget, Report
from tests.servers import Site

_MODEL = "mti"
#: In the order in which a round tries them.
_SETTINGS = ("one worker, all cores", "one worker, 1 thread", "two workers, 1 thread each")


def measure(budget: Budget) -> Report:
    """Evaluate copies of the model with each number of workers, in turns."""
    found: dict[str, list[evaluations.Evaluation]] = {name: [] for name in _SETTINGS}
    answers: set[bytes] = set()
    with sites.site() as site:
        evaluations.prepare()
        with sites.worker(site) as process:
            # Plans the prompts, which all the others share.
            evaluations.evaluate(site, "mbegu", "first", process)
        for number in budget.rounds(4):
            for name, each in zip(_SETTINGS, _round(site, number), strict=True):
                found[name].append(each)
                answers.add(evaluations.samples(each.bundle))
    report = Report(f"workers: {_MODEL}, 720 documents in 16 units")
    stage, whole = {}, {}
    for name, all_of in found.items():
        spent = [each.between("running", "scoring") for each in all_of]
        stage[name] = report.add(f"answering, {name}", "s", spent)
        spent = [each.seconds for each in all_of]
        whole[name] = report.add(f"submission to result, {name}", "s", spent)
    one, single, two = _SETTINGS
    report.compare(f"answering, {one} to two workers", stage[one] / stage[two])
    report.compare(f"answering, {single} to two workers", stage[single] / stage[two])
    best = min(stage[one], stage[single])
    report.compare("answering, the faster one to two workers", best / stage[two], goal=">= 1.7")
    best = min(whole[one], whole[single])
    report.compare("whole run, the faster one to two workers", best / whole[two])
    report.compare("different results, samples included", len(answers), goal="<= 1")
    return report


def _round(site: Site, number: int) -> Iterator[evaluations.Evaluation]:
    with sites.worker(site) as first:
        sites.wait_until_warm(first)
        yield evaluations.evaluate(site, _MODEL, f"all-{number}", first)
    alone = {"ASSAY_THREADS": "1"}
    with sites.worker(site, settings=alone) as first:
        sites.wait_until_warm(first)
        yield evaluations.evaluate(site, _MODEL, f"single-{number}", first)
        with sites.worker(site, 2, settings=alone) as second:
            for process in (first, second):
                sites.wait_until_warm(process)
            yield evaluations.evaluate(site, _MODEL, f"two-{number}", first)
