"""Promises about the repository itself."""

import hashlib
import re
import subprocess
from pathlib import Path

import pytest

from leaderboard.api.problems import STATUSES
from tests.conftest import NetworkBlockedError

_ROOT = Path(__file__).resolve().parents[2]


def _text_files() -> list[tuple[str, str]]:
    """Return the path and text of every file that is, or would be, in the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=_ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    files = []
    for name in listed:
        path = _ROOT / name
        data = path.read_bytes() if path.is_file() else b"\0"
        if b"\0" not in data:
            files.append((name, data.decode("utf-8")))
    return files


def test_every_setting_is_documented_and_every_documented_one_is_read() -> None:
    sources = (_ROOT / "leaderboard" / "settings").glob("*.py")
    read = {name for path in sources for name in re.findall(r'"(ASSAY_\w+)"', path.read_text())}
    table = (_ROOT / "docs" / "settings.md").read_text()
    documented = re.findall(r"^\| `(ASSAY_\w+)` \|", table, re.MULTILINE)
    assert sorted(documented) == sorted(read)


def test_every_code_of_the_api_is_documented_with_its_status() -> None:
    rows = re.findall(r"^\| (`.+?) \| (\d{3}) \|", (_ROOT / "docs" / "api.md").read_text(), re.M)
    documented = {code: int(status) for row, status in rows for code in re.findall(r"`(\w+)`", row)}
    assert {code: documented.get(code) for code in STATUSES} == dict(STATUSES)


@pytest.mark.parametrize("package", ["leaderboard", "evaluations", "workers"])
def test_outer_packages_import_nothing(package: str) -> None:
    # So that the client needs no Django, and no package wakes another.
    assert (_ROOT / package / "__init__.py").read_text() == ""


def test_htmx_is_the_release_that_the_records_name() -> None:
    # Code from elsewhere that runs on every board's page: 2.0.11, see docs/decisions/005.
    data = (_ROOT / "leaderboard" / "static" / "htmx.min.js").read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    assert digest == "d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717"
    assert digest in (_ROOT / "docs" / "decisions" / "005-libraries.md").read_text()


def test_no_file_names_a_home_folder() -> None:
    home = re.compile(r"(?<![\w.])/(?:home|Users|root)/\w")
    assert [name for name, text in _text_files() if home.search(text)] == []


def test_tests_cannot_leave_this_machine() -> None:
    import socket

    with socket.socket() as probe, pytest.raises(NetworkBlockedError, match=r"192\.0\.2\.1"):
        probe.connect(("192.0.2.1", 80))
