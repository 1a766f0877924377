from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from leaderboard.cli.app import app
from tests.unit.cli.hostile import HostileSite, serving

#: As the site makes them.
TOKEN = "assay_0123456789abcdefghijklmnopqrstuv"


@pytest.fixture(autouse=True)
def _person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has signed in anywhere, and nothing is set."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "configuration"))
    for name in ("ASSAY_TOKEN", "ASSAY_SITE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Keep the seconds of every pause, and make none."""
    made: list[float] = []
    for module in ("client", "waiting"):
        monkeypatch.setattr(f"leaderboard.cli.{module}.sleep", made.append)
    return made


@pytest.fixture
def hostile(pauses: list[float]) -> Iterator[HostileSite]:
    with serving() as site:
        yield site


@pytest.fixture
def signed_in(hostile: HostileSite, monkeypatch: pytest.MonkeyPatch) -> HostileSite:
    """A site for which the environment has a token."""
    monkeypatch.setenv("ASSAY_SITE", hostile.address)
    monkeypatch.setenv("ASSAY_TOKEN", TOKEN)
    return hostile


@pytest.fixture
def assay() -> Callable[..., Any]:
    """Run a command; no exception but its exit may leave it."""

    def run(*words: str, told: str = "") -> Any:
        result = CliRunner().invoke(app, list(words), input=told)
        assert result.exception is None or isinstance(result.exception, SystemExit), result
        return result

    return run
