"""Each of thousands of spoiled bundles is refused, and by a check that guards what was spoiled."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from evaluations.provenance.members import NotABundleError
from evaluations.provenance.verify import verify_bundle
from tests.mutations import NO_BUNDLE, good, mutations
from tests.servers import ROOT
from tests.signed import write_tar
from tests.unit.provenance.test_forgeries import failed

ALL = mutations()
GROUPS = 20


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Where bundles are written, in memory where there is such a place."""
    memory = Path("/dev/shm") / f"assay-{os.getpid()}.tar"  # noqa: S108  named by the process
    path = memory if memory.parent.is_dir() else tmp_path_factory.mktemp("mutations") / "x.tar"
    yield path
    path.unlink(missing_ok=True)


def test_there_are_more_than_two_thousand_of_many_kinds():
    kinds = Counter(one.name.rsplit("-", 1)[0] for one in ALL)
    assert len(ALL) > 2000
    assert len(kinds) > 150


def test_what_they_spoil_is_good(place):
    report = verify_bundle(write_tar(place, good()))
    assert (report.verdict, failed(report)) == ("verified", set())


@pytest.mark.parametrize("group", range(GROUPS))
def test_every_mutation_is_refused_by_its_check(place, group):
    missed = {}
    for mutation in ALL[group::GROUPS]:
        files = mutation.files()
        assert files != good(), mutation.name
        write_tar(place, files)
        try:
            found = failed(verify_bundle(place))
        except NotABundleError:
            found = {NO_BUNDLE}
        if not found & mutation.checks:
            missed[mutation.name] = found
    assert missed == {}


def test_fifty_of_them_through_the_command_line(tmp_path):
    chosen = ALL[7 :: len(ALL) // 50][:50]
    assert len(chosen) == 50
    for mutation in chosen:
        path = write_tar(tmp_path / "bundle.tar", mutation.files())
        done = subprocess.run(
            [sys.executable, "-m", "leaderboard.cli", "verify", str(path), "--json"],
            cwd=ROOT,
            env=os.environ | {"XDG_CONFIG_HOME": str(tmp_path / "configuration")},
            capture_output=True,
            text=True,
            check=False,
        )
        said = json.loads(done.stdout)
        assert "Traceback" not in done.stderr + done.stdout
        if "error" in said:
            assert (done.returncode, set(mutation.checks)) == (2, {NO_BUNDLE}), mutation.name
            continue
        found = {check["number"] for check in said["checks"] if check["outcome"] == "FAIL"}
        assert (done.returncode, said["verdict"]) == (1, "failed"), mutation.name
        assert found & mutation.checks, mutation.name
    assert not (tmp_path / "configuration").exists()  # nothing of them was remembered
