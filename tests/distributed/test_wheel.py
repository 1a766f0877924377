"""The client as a stranger installs it: the wheel alone, in a clean environment."""

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.bundles import draft, make_tar
from tests.servers import ROOT

pytestmark = pytest.mark.distributed
_SERVER = {"django", "celery", "torch", "lm_eval", "transformers", "kombu"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("dist")
    run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(target)], ROOT)
    [path] = target.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def client(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the programs' folder of an environment that holds the wheel and what it needs."""
    folder = tmp_path_factory.mktemp("client")
    venv.create(folder, with_pip=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    done = subprocess.run(
        [*pip, "--constraint", str(ROOT / "constraints.txt"), str(wheel)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode and "CI" not in os.environ:
        pytest.skip(
            f"no package index to install the client's libraries from: {done.stderr[-200:]}"
        )
    assert done.returncode == 0, done.stderr
    return folder / "bin"


def test_demo_stays_out_of_the_wheel(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "leaderboard/cli/app.py" in names
    assert not [name for name in names if name.startswith(("evaluations/demo", "tests"))]


def test_compiled_catalogues_are_in_the_wheel(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    compiled = [name.split("/")[2] for name in names if name.endswith("/LC_MESSAGES/django.mo")]
    assert sorted(compiled) == ["ar", "es", "fr", "pt_BR", "sw"]


def test_installed_client_verifies_without_server_libraries(client: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.tar"
    bundle.write_bytes(make_tar(draft().write(tmp_path / "bundle")))
    done = subprocess.run(
        [str(client / "assay"), "verify", str(bundle), "--json"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 3, done.stderr
    report = json.loads(done.stdout)
    passed = [check["number"] for check in report["checks"] if check["outcome"] == "PASS"]
    assert passed == [1, 3, 9, 10, 11]
    program = "import sys, leaderboard.cli.app, leaderboard.cli.verify; print(*sys.modules)"
    loaded = run([str(client / "python"), "-c", program], tmp_path).split()
    assert not _SERVER & {name.partition(".")[0] for name in loaded}


def run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
