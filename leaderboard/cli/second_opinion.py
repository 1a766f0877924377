"""`assay verify --rescore=lm-eval`: lm-eval itself scores a bundle's recorded answers again.

A process of its own does it, in the sandbox of `assay reproduce`; what it says is compared here.
"""

import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from evaluations.errors import AssayError
from evaluations.provenance.canonical import parse_strict
from evaluations.provenance.checks.outcome import CheckFailedError, CheckSkippedError
from evaluations.provenance.documents import plan_from
from evaluations.provenance.unpack import Bundle
from leaderboard.cli.rerun import check_installed, lay_out, started, threads_of

#: What lm-eval says of scores; a configuration may name places in memory, which never recur.
_COMPARED = (
    "results", "groups", "group_subtasks", "versions", "n-shot", "higher_is_better", "n-samples",
    "task_hashes",
)  # fmt: skip
_MOST_BYTES = 1 << 28
_SUMS = (3, 12)


def second_opinion(bundle: Bundle) -> str:
    """Have lm-eval score a bundle's answers, and hold all values and rows against the bundle's.

    Args:
        bundle: one in which no check fails.

    Returns:
        What was found, where all is the same.

    Raises:
        CheckFailedError: naming what differs.
        CheckSkippedError: if lm-eval, its version, data or a sandbox is missing.
    """
    installed = _installed(_wanted(bundle))
    _check_sums(bundle)
    tasks = plan_from(parse_strict(bundle.read("run/plan.json"))).open_tasks
    with tempfile.TemporaryDirectory(prefix="assay-") as name:
        folder = Path(name)
        slot = folder / "slot"
        try:
            lay_out(bundle, slot)
            for task in tasks:
                _unpack_rows(bundle, task, folder / "rows" / f"{task}.jsonl")
            threads = threads_of(bundle)
            started(slot, audit=None, threads=threads, unsafe_code=False, rescore=True)
            _compare(bundle, tasks, slot / "rescored")
        except AssayError as error:
            if error.code == "definition_changed":
                raise CheckFailedError(error.detail) from None
            raise _skipped(error.detail) from None
        except OSError as error:
            raise _skipped(f"files could not be written or read: {error}") from None
    return f"lm-eval {installed} itself comes to the same"


def _wanted(bundle: Bundle) -> str:
    """Return the version of lm-eval that scored."""
    plan, environment = (
        parse_strict(bundle.read(f"run/{name}.json")) for name in ("plan", "environment")
    )
    try:
        return str((environment.get("rescored") or plan["engine"])["lm_eval"])
    except (KeyError, TypeError, AttributeError):
        raise _skipped("the bundle does not say which lm-eval scored it") from None


def _installed(wanted: str) -> str:
    try:
        check_installed()
        found = version("lm_eval")
    except (AssayError, PackageNotFoundError):
        raise _skipped(
            f"it is not installed here (pip install 'assay[worker]' lm_eval=={wanted})"
        ) from None
    if found != wanted:
        raise _skipped(f"the bundle was scored by version {wanted}, and {found} is installed here")
    return found


def _check_sums(bundle: Bundle) -> None:
    """See that Python adds floats here as it did there: since 3.12 in another way."""
    environment = parse_strict(bundle.read("run/environment.json"))
    said = (environment.get("rescored") or environment).get("python")
    numbers = str(said).split(".")[:2]
    if not all(number.isdigit() for number in numbers):
        return
    if (tuple(map(int, numbers)) >= _SUMS) != (sys.version_info >= _SUMS):
        raise _skipped(f"Python {said} scored, which adds in another way than this one")


def _skipped(why: str) -> CheckSkippedError:
    return CheckSkippedError(f"lm-eval itself could not be asked: {why.rstrip('.')}")


def _unpack_rows(bundle: Bundle, task: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        for chunk in bundle.plain_chunks(f"results/samples/{task}.jsonl.zst"):
            file.write(chunk)


def _compare(bundle: Bundle, tasks: dict[str, Any], again: Path) -> None:
    path = again / "results.json"
    if not path.is_file() or path.stat().st_size > _MOST_BYTES:
        raise _skipped("it left no results")
    try:
        made = parse_strict(path.read_bytes())
    except ValueError as error:
        raise _skipped(f"its results are no JSON: {error}") from None
    said = parse_strict(bundle.read("results/results.json"))
    for key in _COMPARED:
        found = next(_differences(said.get(key), made.get(key), key), None)
        if found is not None:
            raise CheckFailedError(f"lm-eval itself comes to other values: {found}")
    for task in tasks:
        _compare_rows(bundle, task, again / "samples" / f"{task}.jsonl")


def _differences(said: Any, made: Any, where: str) -> Iterator[str]:
    """Yield where two values of JSON differ."""
    if isinstance(said, dict) and isinstance(made, dict):
        for key in sorted(said.keys() | made.keys()):
            yield from _differences(said.get(key), made.get(key), f"{where} / {key}")
    elif type(said) is not type(made) or said != made:
        yield f"{where} is said to be {said}; it is {made}"


def _compare_rows(bundle: Bundle, task: str, path: Path) -> None:
    if not path.is_file():
        raise _skipped(f"it left no samples of {task}")
    with path.open("rb") as made:
        number = -1
        for number, line in enumerate(bundle.lines(f"results/samples/{task}.jsonl.zst")):
            if made.readline().removesuffix(b"\n") != line:
                raise CheckFailedError(f"lm-eval itself comes to another row {number} of {task}")
        if made.readline():
            raise CheckFailedError(f"lm-eval itself has more rows of {task} than {number + 1}")
