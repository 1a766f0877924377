import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evaluations.errors import AssayError
from leaderboard.cli.app import app
from leaderboard.cli.download import bundle_url, download
from tests.bundles import draft, make_tar

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundle")
    path = folder / "bundle.tar"
    path.write_bytes(make_tar(draft().write(folder / "in")))
    return path


@pytest.fixture
def site(packed):
    """A site with one result, whose ID is `r1`."""

    class Site(BaseHTTPRequestHandler):
        def do_GET(self):
            known = self.path == "/api/v1/results/r1/bundle.tar"
            self.send_response(200 if known else 500 if "broken" in self.path else 404)
            self.end_headers()
            self.wfile.write(packed.read_bytes() if known else b"")

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def run(*arguments, env=None):
    return CliRunner().invoke(app, ["verify", *map(str, arguments)], env=env)


def test_verify_prints_twelve_checks_and_the_limits(packed):
    result = run(packed, env={"COLUMNS": "80"})
    lines = result.stdout.splitlines()
    assert result.exit_code == 3
    assert [line.split()[0] for line in lines if line[:2].strip().isdigit()] == [
        str(number) for number in range(1, 13)
    ]
    assert all(len(line) <= 80 for line in lines)
    assert "\x1b" not in result.stdout
    assert "Nothing here proves that a model ran" in result.stdout
    assert "Incomplete" in result.stdout


def test_verify_prints_json(packed):
    result = run(packed, "--json")
    said = json.loads(result.stdout)
    assert (result.exit_code, said["verdict"]) == (3, "incomplete")
    assert [check["number"] for check in said["checks"]] == list(range(1, 13))
    assert set(said["checks"][0]) == {"number", "name", "outcome", "why"}
    assert said["limits"]


def test_verify_fails_a_spoiled_bundle(tmp_path):
    made = draft()
    made.scores["score"]["value"] += 0.1
    result = run(made.write(tmp_path), "--json")
    outcomes = [check["outcome"] for check in json.loads(result.stdout)["checks"]]
    assert (result.exit_code, outcomes[10]) == (1, "FAIL")


def test_verify_succeeds_when_nothing_is_left_open(packed, monkeypatch):
    from evaluations.provenance.verify import Report

    monkeypatch.setattr(
        "leaderboard.cli.verify.verify_bundle", lambda *_, **__: Report("verified", ())
    )
    assert run(packed).exit_code == 0


def test_verify_leaves_scores_open_where_lm_eval_should_be_asked_and_is_missing(
    monkeypatch, tmp_path
):
    made = draft()
    made.plan["engine"] = {"lm_eval": "0.0.1"}
    bundle = made.write(tmp_path / "bundle")
    monkeypatch.setattr("leaderboard.cli.rerun.find_spec", lambda _: None)
    result = run(bundle, "--rescore=lm-eval", "--json")
    check = json.loads(result.stdout)["checks"][10]
    assert (result.exit_code, check["outcome"]) == (3, "SKIPPED"), check
    assert "lm-eval itself could not be asked: it is not installed here" in check["why"]


def test_verify_compares_a_local_model(packed, tmp_path):
    result = run(packed, "--json", "--model", tmp_path)
    assert json.loads(result.stdout)["checks"][7]["outcome"] == "FAIL"


@pytest.mark.parametrize("text", ["", "no tar"])
def test_verify_refuses_malformed_input(tmp_path, text):
    path = tmp_path / "x.tar"
    path.write_text(text)
    result = run(path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "no tar file" in result.stderr
    assert json.loads(run(path, "--json").stdout)["error"]["code"] == "not_a_bundle"


@pytest.mark.parametrize("arguments", [(), ("--nonsense", "x"), ("x", "--model", "/missing/dir")])
def test_verify_refuses_wrong_usage(arguments):
    assert run(*arguments).exit_code == 2


def test_verify_takes_an_id_a_page_and_a_bundles_address(site):
    for source in ("r1", f"{site}/results/r1/", f"{site}/api/v1/results/r1/bundle.tar"):
        result = run(source, "--site", site, "--json")
        assert json.loads(result.stdout)["verdict"] == "incomplete", source
    assert run("r1", env={"ASSAY_SITE": site}).exit_code == 3


def test_verify_says_when_a_result_is_not_there(site):
    result = run("r2", "--site", site)
    assert (result.exit_code, "does not exist (404)" in result.stderr) == (2, True)
    result = run(f"{site}/broken.tar")
    assert (result.exit_code, "could not be fetched" in result.stderr) == (2, True)
    result = run("r1", "--site", "http://127.0.0.1:9")
    assert (result.exit_code, "could not be fetched" in result.stderr) == (2, True)


def test_verify_says_when_there_is_no_such_thing():
    result = run("r1", env={"ASSAY_SITE": ""})
    assert (result.exit_code, "ASSAY_SITE" in result.stderr) == (2, True)
    assert run("missing/bundle.tar").exit_code == 2
    assert run("x" * 5000).exit_code == 2
    assert run("r1", "--site", "ftp://example.org").exit_code == 2


def test_bundle_url_of_pages_below_a_path():
    expected = "https://e.org/lb/api/v1/results/a-1/bundle.tar"
    assert bundle_url("https://e.org/lb/results/a-1/", None) == expected
    assert bundle_url("https://e.org/lb/api/v1/results/a-1", None) == expected
    assert bundle_url("a-1", "https://e.org/lb/") == expected
    assert bundle_url(expected, None) == expected


def test_download_stops_at_its_limit(site, tmp_path):
    with pytest.raises(AssayError) as caught:
        download(f"{site}/api/v1/results/r1/bundle.tar", tmp_path / "x", max_size=100)
    assert caught.value.code == "too_large"


def test_version_and_help():
    assert CliRunner().invoke(app, ["--version"]).stdout.startswith("assay ")
    assert "verify" in CliRunner().invoke(app, ["--help"]).stdout


def test_command_line_loads_no_server_and_no_engine():
    code = "import sys, leaderboard.cli.app; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    loaded = set(done.stdout.decode().split())
    assert {"typer", "zstandard", "orjson"} <= loaded
    assert not loaded & {"django", "celery", "torch", "lm_eval", "numpy", "transformers", "kombu"}
