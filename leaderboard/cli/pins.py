"""What a result pins, beside what this machine has."""

import hashlib
import os
import platform
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from evaluations.machine import packages, processor
from evaluations.provenance.bundle import read_chunks
from evaluations.provenance.canonical import parse_strict, sha256_hex
from evaluations.provenance.members import check_name
from evaluations.provenance.unpack import Bundle
from leaderboard.cli.terminal import line

_SAME, _DIFFERS, _UNKNOWN = "same", "differs", "unknown"
_VERSIONS = ("lm_eval", "transformers", "torch")
#: The config is run as it is, so these are the bundle's own.
_CONFIGURED = (("engine", "name"), ("dtype", "dtype"), ("batch size", "batch_size"))
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Pin:
    """One thing that a result depends on.

    Attributes:
        bundle: what the bundle says; None if it doesn't.
        here: what this machine has; None if that isn't known (yet).
    """

    name: str
    bundle: Any
    here: Any

    @property
    def state(self) -> str:
        """`same`, `differs` or `unknown`."""
        if self.bundle is None or self.here is None:
            return _UNKNOWN
        return _SAME if self.bundle == self.here else _DIFFERS

    def as_json(self) -> dict[str, Any]:
        """Return it as `--json` and `run/pins.json` hold it."""
        return asdict(self) | {"state": self.state}

    def __str__(self) -> str:
        """Return it as a line."""
        here = "" if self.state == _SAME else f"; here {_word(self.here)}"
        return f"{self.state:7}  {line(self.name)}: {_word(self.bundle)}{here}"


def pins(bundle: Bundle, *, model: Path | None, ran: Mapping[str, Any] | None = None) -> list[Pin]:
    """Return everything that is pinned.

    Args:
        bundle: a verified one.
        model: a folder with the model's files, if there is one.
        ran: the environment of a run on this machine, which knows its number of threads.
    """
    plan, environment, weights = (
        parse_strict(bundle.read(f"run/{name}.json")) for name in ("plan", "environment", "weights")
    )
    return [
        *_software(plan, environment, bundle),
        *_machine(environment, ran),
        *_questions(plan, bundle, model),
        *_model(plan, weights, model),
    ]


def _software(
    plan: Mapping[str, Any], environment: Mapping[str, Any], bundle: Bundle
) -> Iterator[Pin]:
    engine, installed = plan.get("engine") or {}, packages()
    for name in _VERSIONS:
        yield Pin(name, engine.get(name), installed.get(name, "not installed"))
    yield Pin("python", environment.get("python"), platform.python_version())
    yield _locked(bundle, installed)
    for name, key in _CONFIGURED:
        yield Pin(name, engine.get(key), engine.get(key))
    yield Pin("seeds", plan.get("seeds"), plan.get("seeds"))


def _locked(bundle: Bundle, installed: Mapping[str, str]) -> Pin:
    """Compare all packages of `run/requirements.lock` at once."""
    text = bundle.read("run/requirements.lock").decode(errors="replace")
    wanted = dict(row.split("==", 1) for row in text.splitlines() if "==" in row)
    other = sorted(
        name
        for name, version in wanted.items()
        if installed.get(name.lower(), "").partition("+")[0] != version
    )
    said = f"{len(wanted)} packages"
    more = f" and {len(other) - _MOST_NAMED} more" if len(other) > _MOST_NAMED else ""
    return Pin("lock", said, f"others: {', '.join(other[:_MOST_NAMED])}{more}" if other else said)


def _machine(environment: Mapping[str, Any], ran: Mapping[str, Any] | None) -> Iterator[Pin]:
    yield Pin("device", "cpu", "cpu")
    yield Pin("processor", environment.get("processor"), processor())
    yield Pin("cpu count", environment.get("cpu_count"), os.cpu_count())
    yield Pin("platform", environment.get("platform"), platform.platform())
    for key in ("threads", "cpu_capability"):
        yield Pin(key.replace("_", " "), environment.get(key), (ran or {}).get(key))


def _questions(plan: Mapping[str, Any], bundle: Bundle, model: Path | None) -> Iterator[Pin]:
    """Say what the questions hang on; they are rebuilt and held against the plan by a run."""
    yield Pin("plan sha256", sha256_hex(bundle.read("run/plan.json")), None)
    yield Pin("pack sha256", plan.get("pack_sha256"), None)
    yield Pin("suite sha256", (plan.get("suite") or {}).get("sha256"), None)
    wanted = (plan.get("chat_template") or {}).get("sha256")
    if wanted is not None:
        yield Pin("chat template sha256", wanted, _template(model))


def _template(model: Path | None) -> str | None:
    for name in ("chat_template.jinja", "tokenizer_config.json"):
        if model is not None and (model / name).is_file():
            return _digest(model / name)
    return None


def _model(
    plan: Mapping[str, Any], weights: Mapping[str, Any], model: Path | None
) -> Iterator[Pin]:
    said, files = plan["model"], [_file(file, model) for file in weights["files"]]
    name = f"{said['name']}@{said['revision']}"
    # A commit is known here by nothing but its files.
    states = {file.state for file in files}
    here = {frozenset({_SAME}): name, frozenset({_UNKNOWN}): None}
    yield Pin("model", name, here.get(frozenset(states), "other files"))
    yield from files


def _file(listed: Mapping[str, Any], model: Path | None) -> Pin:
    check_name(listed["path"])
    here = None
    if model is not None:
        path = model / listed["path"]
        here = _digest(path) if path.is_file() else "missing"
    return Pin(listed["path"], listed["sha256"], here)


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    for chunk in read_chunks(path):
        digest.update(chunk)
    return digest.hexdigest()


def _word(value: Any) -> str:
    if value is None:
        return "-"
    return ", ".join(map(line, value)) if isinstance(value, list) else line(value)
