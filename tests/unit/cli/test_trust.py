"""What `assay verify` remembers of logs, and how it behaves where it can't."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from typer.testing import CliRunner

from evaluations.provenance.records import Kind, Record
from evaluations.provenance.trust import log_id
from leaderboard.cli import trust
from leaderboard.cli.app import app
from tests.bundles import draft
from tests.signed import ORIGIN, Site, attach, log_result, signed, with_manifest, write_tar


def run(*arguments, env=None):
    result = CliRunner().invoke(app, ["verify", *map(str, arguments), "--json"], env=env)
    assert result.exception is None or isinstance(result.exception, SystemExit), result
    return result


def outcome(result, number):
    return json.loads(result.stdout)["checks"][number - 1]


def kept():
    return trust.folder() / f"{log_id(ORIGIN)}.json"


@pytest.fixture
def bundle(tmp_path):
    return write_tar(tmp_path / "bundle.tar", signed(draft().files()))


def test_verify_remembers_keys_and_checkpoints_for_its_owner_only(bundle):
    assert "TRUSTED ON FIRST USE" in outcome(run(bundle), 2)["why"]
    said = json.loads(kept().read_bytes())
    assert (said["v"], said["origin"], list(said["roots"])) == (1, ORIGIN, ["1"])
    assert len(said["checkpoints"]) == 2
    assert kept().stat().st_mode & 0o777 == 0o600
    again = run(bundle)
    assert (again.exit_code, again.stderr) == (0, "")
    assert "from the root that you met on" in outcome(again, 2)["why"]
    assert "agrees with your checkpoints of" in outcome(again, 6)["why"]
    assert json.loads(kept().read_bytes()) == said


def test_verify_remembers_nothing_if_told_so_or_after_a_failure(bundle, tmp_path):
    assert run(bundle, "--no-remember").exit_code == 0
    spoiled = signed(draft().files()) | {"run/config.yaml": b"model: other\n"}
    assert run(write_tar(tmp_path / "x.tar", spoiled)).exit_code == 1
    assert not trust.folder().exists()


def test_verify_refuses_another_root_under_a_name_that_it_knows(bundle, tmp_path):
    assert run(bundle).exit_code == 0
    before = kept().read_bytes()
    evil = write_tar(tmp_path / "evil.tar", signed(draft().files(), Site(keys="evil")))
    result = run(evil)
    assert (result.exit_code, outcome(result, 2)["outcome"]) == (1, "FAIL")
    assert kept().read_bytes() == before


def test_verify_takes_a_root_that_was_got_elsewhere(bundle, tmp_path):
    (tmp_path / "good.json").write_bytes(Site().roots[0])
    (tmp_path / "evil.json").write_bytes(Site(keys="evil").roots[0])
    (tmp_path / "none.json").write_bytes(b"{}")
    good = run(bundle, "--root", tmp_path / "good.json")
    assert (good.exit_code, "that you gave" in outcome(good, 2)["why"]) == (0, True)
    assert run(bundle, "--root", tmp_path / "evil.json").exit_code == 1
    none = run(bundle, "--root", tmp_path / "none.json")
    assert (none.exit_code, json.loads(none.stdout)["error"]["code"]) == (2, "bad_root")
    assert run(bundle, "--root", tmp_path / "missing.json").exit_code == 2


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"[]", b'{"v":1}', b"[" * 9999, b"\xff", b'{"v":1,"origin":"x","first":"",'
     b'"roots":{},"checkpoints":[]}'],
)  # fmt: skip
def test_verify_leaves_a_damaged_memory_alone_and_says_so(bundle, text):
    kept().parent.mkdir(parents=True)
    kept().write_bytes(text)
    result = run(bundle)
    assert (result.exit_code, outcome(result, 2)["outcome"]) == (3, "SKIPPED")
    assert "is damaged. Mend it, or remove it" in result.stderr
    assert kept().read_bytes() == text


def test_verify_says_that_it_cannot_read_or_write_its_memory(bundle):
    trust.folder().parent.mkdir(parents=True)
    trust.folder().write_bytes(b"a file where a folder should be")
    result = run(bundle)
    assert "can't be" in result.stderr
    assert "Traceback" not in result.stderr
    assert result.exit_code == 3
    trust.folder().unlink()
    kept().mkdir(parents=True)
    result = run(bundle)
    assert (result.exit_code, "can't be read" in result.stderr) == (3, True)


def test_store_keeps_the_first_and_the_newest_checkpoints():
    from evaluations.provenance.trust import Remembered

    store, root = trust.Store(), Site().roots[0]
    for size in range(1, 200):
        store.remember(Remembered(ORIGIN, {1: root}, ((size, bytes(32)),)))
    sizes = [seen.size for seen in store[log_id(ORIGIN)].checkpoints]
    assert sizes == [*range(1, 33), *range(168, 200)]
    assert list(store) == [log_id(ORIGIN)]
    assert (len(store), store.problems) == (1, [])


@pytest.fixture
def site():
    """A site that publishes a result and its log; the log's files are made when asked for."""
    made: Any = Site()
    files = with_manifest(draft().files())
    made.fill(3)
    entries = log_result(made, files)
    made.fill(3)
    bundle = attach(made, files, entries)
    asked: list[str] = []

    class Served(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            try:
                data = made.fetch()(self.path[1:])
            except LookupError:
                data = made.packed if self.path.endswith("/bundle.tar") else b""
            self.send_response(200 if data else 404)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Served)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    made.address, made.asked = f"http://127.0.0.1:{server.server_port}", asked
    made.files, made.leaf = bundle, entries.result.leaf
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


def test_verify_reads_the_log_of_a_result_that_it_fetches(site, tmp_path):
    path = write_tar(tmp_path / "bundle.tar", site.files)
    site.packed = path.read_bytes()
    for source in (("r1", "--site", site.address), (f"{site.address}/results/r1/",),
                   (f"{site.address}/api/v1/results/r1/bundle.tar",)):  # fmt: skip
        result = run(*source)
        assert (result.exit_code, outcome(result, 12)["outcome"]) == (0, "PASS"), source
    site.add(
        Record(Kind.RETRACT, "2026-11-24T19:00:00Z", {"submission": "s-1", "by": "operator",
               "reason": "wrong"}, refs=(site.leaf,))
    )  # fmt: skip
    result = run("r1", "--site", site.address)
    assert (result.exit_code, outcome(result, 12)["outcome"]) == (1, "FAIL")
    assert "withdrawn by the operator (wrong)" in outcome(result, 12)["why"]


def test_verify_checks_a_file_offline_unless_a_site_is_named(site, tmp_path):
    path = write_tar(tmp_path / "bundle.tar", site.files)
    result = run(path, env={"ASSAY_SITE": site.address})
    assert outcome(result, 12)["outcome"] == "NOT-APPLICABLE"
    assert site.asked == []
    result = run(path, "--site", site.address)
    assert outcome(result, 12)["outcome"] == "PASS"
    assert "/checkpoint" in site.asked
    result = run(path, "--site", "http://127.0.0.1:9")
    assert (result.exit_code, outcome(result, 12)["outcome"]) == (0, "NOT-APPLICABLE")
