import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from evaluations.provenance.log.tiles import decode_bundle, encode_bundle
from tests.logs import (
    ORIGIN,
    VKEY,
    Log,
    benchmark,
    failure,
    intent,
    records,
    result,
    small,
    suite,
)

ENTRIES = records(200)
COUNTS = {"benchmark": 1, "failure": 1, "intent": 200, "result": 198, "suite": 1}


@contextmanager
def served(log, broken=()):
    """Serve a log's files; those in `broken` end in an error of the server's."""

    class Site(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            content = log.files.get(self.path[1:])
            status = 404 if content is None else 200
            status = 503 if self.path[1:] in broken else status
            self.send_response(status)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.daemon_threads = True
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def log():
    return Log().add(ENTRIES)


@pytest.fixture
def audited(assay, tmp_path):
    """Audit a log that is written to a folder; returns the exit code and what was found."""

    def audit(log, *words):
        done = assay("log", "audit", str(log.write(tmp_path / "log")), "--json", *words)
        return done.exit_code, json.loads(done.stdout)

    return audit


def said_at(index):
    return json.loads(ENTRIES[index])["at"]


def found(said):
    return [(problem["where"], problem["what"]) for problem in said["problems"]]


def test_a_good_log_passes(log, audited):
    code, said = audited(log)
    assert (code, said["problems"], said["problem_count"]) == (0, [], 0)
    assert (said["origin"], said["size"], said["entries_read"]) == (ORIGIN, 401, 401)
    assert said["failures"] == [
        {"index": 3, "intent": 2, "submission": "s0", "code": "cancelled", "at": said_at(3)}
    ]
    assert said["kinds"] == COUNTS
    assert said["open"] == [{"index": 400, "submission": "s199", "at": "2026-11-24T17:00:00Z"}]
    assert (said["vkey"], said["vkey_given"]) == (VKEY, False)


def test_a_good_log_passes_over_http(log, assay):
    with served(log) as site:
        done = assay("log", "audit", site)
        given = assay("log", "audit", f"{site}/", "--vkey", VKEY)
    assert (done.exit_code, given.exit_code) == (0, 0)
    assert done.stdout.startswith(f"{ORIGIN}, 401 entries\nroot ")
    assert "|result   |    198|" in done.stdout
    assert "|  400|s199" in done.stdout
    assert "Runs without a result: 1\n" in done.stdout
    assert "|    3|     2|s0        |cancelled|2026-11-24T17:00:00Z" in done.stdout
    assert "The key was taken from the log's own site" in done.stdout
    assert "taken from" not in given.stdout


def test_a_key_may_be_in_a_file(log, audited, tmp_path):
    (tmp_path / "key").write_text(f"{VKEY}\n")
    code, said = audited(log, "--vkey", str(tmp_path / "key"))
    assert (code, said["vkey_given"]) == (0, True)


def test_an_empty_log_passes(audited):
    code, said = audited(Log().add([]))
    assert (code, said["size"], said["kinds"], said["problems"]) == (0, 0, {}, [])


def test_a_grown_log_passes_with_and_without_its_old_partial_files(audited):
    log = Log()
    for last in (100, 256, 300, 401):
        log.add(ENTRIES[log.size : last])
    assert audited(log)[0] == 0
    log.files = {path: content for path, content in log.files.items() if ".p/100" not in path}
    assert audited(log)[0] == 0


def test_a_changed_entry_is_found(log, audited):
    entries = decode_bundle(log.files["tile/entries/000"], 256)
    entries[6] = entries[6].replace(b'"board":"demo"', b'"board":"Demo"')
    log.files["tile/entries/000"] = encode_bundle(entries)
    code, said = audited(log)
    wheres = [where for where, _ in found(said)]
    # Its result refers to what it was.
    assert wheres[:2] == ["entry 7", "entry 7"]
    assert wheres[2:] == ["tile/0/000", "tile/1/000.p/1", "checkpoint"]
    assert "Hash 6 of the tile is not that of the entries." in found(said)[2][1]
    assert code == 1


@pytest.mark.parametrize("path", ["tile/0/000", "tile/0/001.p/145", "tile/1/000.p/1"])
def test_a_changed_tile_is_found(log, audited, path):
    log.files[path] = log.files[path][:-1] + b"\0"
    code, said = audited(log)
    assert (code, [where for where, _ in found(said)]) == (1, [path])


def test_a_missing_tile_is_found(log, audited):
    del log.files["tile/0/000"]
    assert found(audited(log)[1]) == [("tile/0/000", "tile/0/000 is missing.")]


def test_a_wrong_root_is_found(log, audited):
    log.root = bytes(32)
    log.files["checkpoint"] = log.note().encode()
    code, said = audited(log)
    assert (code, [where for where, _ in found(said)]) == (1, ["checkpoint"])


def test_a_dropped_entry_is_found(log, audited):
    shorter = Log().add(ENTRIES[:5] + ENTRIES[6:])
    log.files.update({p: c for p, c in shorter.files.items() if p.startswith("tile/entries/")})
    del log.files["tile/entries/001.p/145"]
    code, said = audited(log)
    assert code == 1
    assert said["entries_read"] == 256
    assert "tile/0/000" in [where for where, _ in found(said)]
    bundle = [what for where, what in found(said) if where == "entries"]
    assert bundle == [
        "tile/entries/001.p/145 is missing. Nothing from entry 256 on could be checked."
    ]


@pytest.mark.parametrize("path", ["tile/entries/000", "tile/entries/001.p/145"])
def test_a_truncated_bundle_is_found(log, audited, path):
    log.files[path] = log.files[path][:-1]
    code, said = audited(log)
    [(where, what)] = found(said)
    assert (code, where) == (1, "entries")
    assert what.startswith(f"{path}: The bundle ends within its entry ")


def test_an_oversized_file_is_refused(log, audited):
    log.files["tile/entries/000"] += bytes(2**20)
    code, said = audited(log)
    assert (code, said["error"]["code"]) == (2, "too_large")


@pytest.mark.parametrize(
    ("entries", "wrong"),
    [
        ([suite(), benchmark(), result(0), intent(0)],
         [("entry 2", "which is no earlier entry"), ("entry 2", "refers to no earlier intent")]),
        ([benchmark(), suite()],
         [("entry 0", "which is no earlier entry"), ("entry 0", "refers to no earlier suite")]),
        ([suite(), benchmark(), intent(0), failure(0), result(0)],
         [("entry 4", "the intent 2, which has ended before")]),
    ],
)  # fmt: skip
def test_entries_that_refer_to_no_earlier_one_are_found(audited, entries, wrong):
    code, said = audited(Log().add(record.encode() for record in entries))
    problems = found(said)
    assert code == 1
    assert [where for where, _ in problems] == [where for where, _ in wrong]
    assert all(part in what for (_, what), (_, part) in zip(problems, wrong, strict=True))


@pytest.mark.parametrize(
    "change",
    [
        lambda entry: entry.replace(b'"kind":"suite"', b'"kind":"suite","kind":"suite"'),
        lambda entry: entry.replace(b'"kind":"suite"', b'"kind":"sweet"'),
        lambda entry: entry.replace(b'"v":1', b'"v":2'),
        lambda entry: entry.replace(b":", b": ", 1),
        lambda entry: entry.replace(b'"v":1', b'"v":1,"w":1'),
        lambda _: b"",
        lambda _: b"[" * 2000,
        lambda _: b"\xff",
        lambda entry: entry + b" " * 2048,
    ],
)
def test_entries_that_are_no_records_are_found(audited, change):
    code, said = audited(Log().add([*ENTRIES[:3], change(ENTRIES[0])]))
    [(where, what)] = found(said)
    assert (code, where) == (1, "entry 3")
    assert what.startswith("It is no record of a log: ")


def test_many_problems_are_counted_and_the_first_ones_told(assay, tmp_path):
    log = Log().add(small(300))
    done = assay("log", "audit", str(log.write(tmp_path)))
    assert done.exit_code == 1
    assert "Problems: 300. Do not rely on this log." in done.stdout
    assert "and 280 more" in done.stdout


@pytest.mark.parametrize(
    ("vkey", "code", "error"),
    [
        ("nonsense", 2, "bad_key"),
        (
            "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            1,
            "checkpoint_not_signed",
        ),
        ("x" * 5000, 2, "bad_key"),
    ],
)
def test_another_key_is_refused(log, audited, vkey, code, error):
    found_code, said = audited(log, "--vkey", vkey)
    assert (found_code, said["error"]["code"]) == (code, error)


def test_a_checkpoint_that_is_not_signed_is_refused(log, audited):
    log.files["checkpoint"] = log.files["checkpoint"].replace(b"\n401\n", b"\n400\n")
    code, said = audited(log)
    assert (code, said["error"]["code"]) == (1, "checkpoint_not_signed")


@pytest.mark.parametrize("checkpoint", [None, b"", b"\xff", b"hello\n"])
def test_what_is_no_log_is_refused(log, audited, checkpoint):
    if checkpoint is None:
        del log.files["checkpoint"]
    else:
        log.files["checkpoint"] = checkpoint
    code, said = audited(log)
    assert (code, said["error"]["code"]) == (2, "not_a_log")


def test_what_is_no_folder_and_no_address_is_refused(assay):
    for source in ("missing", "x" * 5000, "ftp://example.org", "http://", "http://192.0.2.1"):
        assert assay("log", "audit", source).exit_code == 2, source[:20]
    assert assay("log", "audit").exit_code == 2


def test_a_log_that_cannot_be_fetched_is_incomplete(log, assay, monkeypatch):
    pauses: list[float] = []
    monkeypatch.setattr("leaderboard.cli.log_files.sleep", pauses.append)
    assert assay("log", "audit", "http://127.0.0.1:9").exit_code == 3
    assert pauses == [1.0, 2.0, 4.0, 8.0]
    for path in ("checkpoint", "tile/entries/001.p/145", "tile/0/000"):
        with served(log, broken={path}) as site:
            done = assay("log", "audit", site)
        assert (done.exit_code, done.stdout) == (3, ""), path
        assert "answered with 503" in done.stderr


def test_a_log_without_a_key_needs_one(log, audited):
    del log.files["log.vkey"]
    code, said = audited(log)
    assert (code, said["error"]["code"]) == (2, "usage")
