"""How a submission ended: the values of its result, or why there is none."""

from typing import Any

from evaluations.errors import AssayError
from leaderboard.cli.answers import as_object, bad_answer, inner, number, objects, text, whole
from leaderboard.cli.client import ask
from leaderboard.cli.scores import percent
from leaderboard.cli.submissions import Submission, checked_id, log
from leaderboard.cli.tables import Column, Table
from leaderboard.cli.terminal import line, plain, say, show, show_json

#: Lines of the log below a failure.
_LAST = 10
_MENDERS = {
    "submitter": "you, the submitter",
    "operator": "the operator of the site",
    "platform": "the site; the model is not at fault",
}
_COLUMNS = (
    Column("Benchmark", folds=True),
    Column("n-shot", right=True, may_go=True),
    Column("Metric", folds=True, may_go=True),
    Column("n", right=True, may_go=True),
    Column("Score", right=True),
)


def tell_outcome(site: str, ended: Submission, *, as_json: bool) -> None:
    """Tell how a submission ended; for programs with all of its result."""
    result = _result(site, ended.result) if ended.succeeded and ended.result else {}
    if as_json:
        show_json(ended.told | {"result_details": result or None})
    elif result:
        _show_result(result)
    if not ended.succeeded:
        _tell_failure(site, ended)
    elif not as_json:
        show(text(inner(result, "links"), "page") or ended.url)


def _result(site: str, public_id: str) -> dict[str, Any]:
    checked_id(public_id, bad_answer("the result's ID is none"))
    return as_object(ask(site, "GET", f"results/{public_id}"))


def _show_result(result: dict[str, Any]) -> None:
    rank = whole(result, "rank")
    where = f"{line(text(result, 'model'))} on {line(text(result, 'board'))}"
    show(f"{where}, rank {rank}" if rank else where)
    show("per cent ± half of the 95 % interval")
    score = percent(number(result, "score"), number(result, "stderr"))
    rows = [["all", "", "", "", score]]
    rows += [_row(benchmark) for benchmark in objects(result, "benchmarks")]
    Table(_COLUMNS, rows).show()


def _row(benchmark: dict[str, Any]) -> list[str]:
    shots, n = whole(benchmark, "num_fewshot"), whole(benchmark, "n")
    return [
        text(benchmark, "name"),
        "" if shots is None else str(shots),
        text(benchmark, "metric"),
        "" if n is None else str(n),
        percent(number(benchmark, "value"), number(benchmark, "stderr")),
    ]


def _tell_failure(site: str, ended: Submission) -> None:
    """Say why, who can mend it, and how the log ended."""
    say(f"{ended.id} ended without a result: {line(ended.state)}.")
    say(failure_in_words(ended.failure))
    try:
        last = log(site, ended.id)[-_LAST:]
    except AssayError as error:
        say(f"Its log could not be read: {error.detail}")
        return
    if last:
        say("The last lines of its log:")
        say("\n".join(f"  {plain(text)}" for text in last))


def failure_in_words(failure: dict[str, Any]) -> str:
    """Return a failure line by line; empty if there is none."""
    mender = text(failure, "mender")
    words = (
        ("code", text(failure, "code")),
        ("what", text(failure, "detail")),
        ("cause", text(failure, "cause")),
        ("to do", text(failure, "hint")),
        ("by", _MENDERS.get(mender, mender)),
    )
    return "\n".join(f"  {title + ':':<7}{plain(said)}" for title, said in words if said)
