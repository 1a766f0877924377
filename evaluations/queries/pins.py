"""What a result pins, read from its plan and environment (docs/bundle.md) into types."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evaluations.models import Result


@dataclass(frozen=True, slots=True)
class TaskPins:
    """What was asked of one task; roots are RFC 6962 tree hashes, 64 hexadecimal digits."""

    task: str
    documents: int
    documents_root: str
    requests: int
    requests_root: str


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine that answered; None and empty texts where nothing was recorded."""

    processor: str
    platform: str
    python: str
    cpu_count: int | None
    threads: int | None


@dataclass(frozen=True, slots=True)
class Pins:
    """Everything that must be equal for a run to be the same run again.

    Attributes:
        template_sha256: of the chat template that was applied, empty if none was or if it lies
            inside the tokenizer's configuration.
        seeds: Python's, NumPy's, torch's and the few-shot sampler's.
    """

    engine: str
    lm_eval: str
    transformers: str
    torch: str
    dtype: str
    batch_size: int | None
    device: str
    chat_template: bool
    template_sha256: str
    seeds: list[int]
    suite_sha256: str
    pack_sha256: str
    tasks: list[TaskPins]
    machine: Machine

    @property
    def torch_release(self) -> str:
        """Torch's version without the label of its build, as package indexes know it."""
        return self.torch.partition("+")[0]


def pins(result: Result) -> Pins:
    """Return what a result pins; what its plan does not say stays empty."""
    plan: Mapping[str, Any] = result.plan
    engine = plan.get("engine", {})
    template = plan.get("chat_template", {})
    return Pins(
        engine=engine.get("name", ""),
        lm_eval=engine.get("lm_eval", ""),
        transformers=engine.get("transformers", ""),
        torch=engine.get("torch", ""),
        dtype=engine.get("dtype", ""),
        batch_size=engine.get("batch_size"),
        device=engine.get("device", ""),
        chat_template=bool(template.get("applied")),
        template_sha256=template.get("sha256") or "",
        seeds=plan.get("seeds", []),
        suite_sha256=plan.get("suite", {}).get("sha256", ""),
        pack_sha256=plan.get("pack_sha256", ""),
        tasks=[_task(name, summary) for name, summary in sorted(plan.get("tasks", {}).items())],
        machine=_machine(result.environment),
    )


def _task(name: str, summary: Mapping[str, Any]) -> TaskPins:
    return TaskPins(
        task=name,
        documents=summary.get("documents", 0),
        documents_root=summary.get("documents_root", ""),
        requests=summary.get("requests", 0),
        requests_root=summary.get("requests_root", ""),
    )


def _machine(environment: Mapping[str, Any]) -> Machine:
    return Machine(
        processor=environment.get("processor", ""),
        platform=environment.get("platform", ""),
        python=environment.get("python", ""),
        cpu_count=environment.get("cpu_count"),
        threads=environment.get("threads"),
    )
