"""Which results may be ranked together: those of one suite, harness, engine and precision."""

from collections.abc import Mapping, Sized
from dataclasses import dataclass, fields, replace
from typing import Any


@dataclass(frozen=True, slots=True, order=True)
class Settings:
    """What must be the same for two numbers to be compared.

    Attributes:
        suite: name and version.
        harness: the version of lm-eval that scored.
        engine: the engine and the class of device that it ran on.
        precision: the numbers that the model computed with.
    """

    suite: str
    harness: str
    engine: str
    precision: str

    def as_text(self) -> str:
        """Return all of it in one line."""
        return " · ".join((self.suite, f"lm-eval {self.harness}", self.engine, self.precision))


@dataclass(frozen=True, slots=True)
class Difference:
    """A setting that keeps results apart: its name in `Settings`, theirs, and the usual one."""

    name: str
    theirs: str
    usual: str


def settings_of(
    suite: str, engine: Mapping[str, Any], rescored: Mapping[str, Any] | None
) -> Settings:
    """Return a result's settings.

    Args:
        suite: name and version.
        engine: the plan's.
        rescored: the environment's; names another harness if answers were scored again.
    """
    device = str(engine.get("device", "cpu")).partition(":")[0]
    return Settings(
        suite=suite,
        harness=str((rescored or engine).get("lm_eval", "")),
        engine=f"{engine.get('name', 'hf')} on {device}",
        precision=str(engine.get("dtype", "float32")),
    )


def usual(groups: Mapping[Settings, Sized], *, suite: str) -> Settings | None:
    """Return the settings that a board ranks by: of its own suite's, those of the most results.

    Returns:
        None if there is no result at all. Where nothing is measured by the board's suite yet,
        settings that no result has: what an older one measured must not take its place.
    """
    ours = [settings for settings in groups if settings.suite == suite]
    most = max(ours or groups, key=lambda each: (len(groups[each]), each), default=None)
    return most if most is None else replace(most, suite=suite)


def differences(settings: Settings, usual: Settings | None) -> tuple[Difference, ...]:
    """Return what keeps results apart from the board's ranking."""
    if usual is None:
        return ()
    pairs = [(f.name, getattr(settings, f.name), getattr(usual, f.name)) for f in fields(Settings)]
    return tuple(Difference(name, a, b) for name, a, b in pairs if a != b)
