"""The log: every run leaves its trace, each entry has one place, and no signed past changes."""

import stat
import threading
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections, transaction

from evaluations.failures import FailureCode
from evaluations.models import LogCheckpoint, LogEntry, LogTile
from evaluations.provenance.log.checkpoint import open_checkpoint
from evaluations.provenance.log.note import parse_vkey, verifier_key
from evaluations.provenance.log.tiles import Growth
from evaluations.provenance.log.tree import verify_consistency
from evaluations.provenance.records import Kind, read_record
from evaluations.provenance.root import chain
from evaluations.provenance.signing import KeyFileError, open_envelope, public_bytes
from evaluations.queries import evidence, log
from evaluations.services import keys, runs
from evaluations.services.log import append, intent
from evaluations.services.sequencer import LogInconsistentError, sequence
from evaluations.services.withdrawal import withdraw
from tests import factories

pytestmark = pytest.mark.django_db


def note(number: int) -> LogEntry:
    """Write an entry that refers to nothing."""
    return append(kind=Kind.MODERATION, about={"number": number})


def kinds() -> list[str]:
    return list(LogEntry.objects.order_by("index", "pk").values_list("kind", flat=True))


def signed() -> dict[int, str]:
    return dict(LogCheckpoint.objects.values_list("size", "note"))


class TestWhatIsLogged:
    def test_intent_refers_to_the_benchmarks_and_they_to_the_suite(self) -> None:
        submission = factories.make_submission()
        entry = intent(submission)
        assert intent(submission) == entry
        record = read_record(entry.record.encode())
        benchmark = LogEntry.objects.get(kind=Kind.BENCHMARK)
        suite = LogEntry.objects.get(kind=Kind.SUITE)
        assert list(record.refs) == [benchmark.leaf]
        assert list(read_record(benchmark.record.encode()).refs) == [suite.leaf]
        assert record.about["model"] == str(submission.revision.model)
        assert kinds() == ["suite", "benchmark", "intent"]

    @pytest.mark.parametrize("how", ["failed", "cancelled", "withdrawn"])
    def test_end_without_a_result_refers_to_its_intent(self, how: str) -> None:
        submission = factories.make_submission()
        planned = intent(submission)
        by = submission.by.get_username()
        if how == "failed":
            runs.fail(
                run=submission.run, by="w", code=FailureCode.NAN_LOGITS, detail="", log_tail=""
            )
        elif how == "cancelled":
            runs.cancel(submission=submission, by=by)
        else:
            withdraw(submission=submission, by=by)
        end = LogEntry.objects.get(kind=Kind.FAILURE)
        record = read_record(end.record.encode())
        assert list(record.refs) == [planned.leaf]
        code = {"failed": "nan_logits"}.get(how, how)
        assert record.about == {"submission": submission.public_id, "code": code}

    def test_withdrawn_result_is_retracted(self) -> None:
        submission = factories.make_result().submission
        intent(submission)
        result = append(kind=Kind.RESULT, about={}, submission=submission)
        withdraw(submission=submission, by="somebody")
        record = read_record(LogEntry.objects.get(kind=Kind.RETRACT).record.encode())
        assert list(record.refs) == [result.leaf]
        assert record.about["by"] == "operator"

    def test_nothing_is_logged_of_a_transaction_that_is_undone(self) -> None:
        submission = factories.make_submission()

        def undone() -> None:
            with transaction.atomic():
                intent(submission)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            undone()
        assert kinds() == []


class TestSequencing:
    def test_every_entry_gets_its_place_and_a_signature_covers_it(self) -> None:
        entries = [note(n) for n in range(5)]
        assert sequence() == 6  # and the making of the keys
        assert [LogEntry.objects.get(pk=e.pk).index for e in entries] == [0, 1, 2, 3, 4]
        newest = log.latest()
        assert newest is not None
        vkey = parse_vkey(evidence.log_vkey().decode())
        checkpoint = open_checkpoint(newest.note, [vkey])
        assert (checkpoint.origin, checkpoint.size) == ("localhost/assay", 6)
        assert checkpoint.root == log.tiles(6).root()
        assert sequence() == 0

    def test_tiles_are_those_of_the_entries_however_they_came(self) -> None:
        for batch in (1, 255, 3, 300, 17, 256):
            LogEntry.objects.bulk_create(
                LogEntry(kind=r.kind, record=r.encode().decode(), leaf=r.leaf)
                for r in (records(batch))
            )
            while sequence():
                pass
        newest = log.latest()
        assert newest is not None
        rows = LogEntry.objects.filter(index__lt=newest.size).order_by("index")
        growth = Growth(0, [r.encode() for r in rows.values_list("record", flat=True)], log.read)
        assert {path for path, data in growth if log.read(path) != data} == set()
        assert growth.root.hex() == newest.root
        assert LogTile.objects.count() == newest.size // 256
        sizes = sorted(signed())
        for old, new in pairwise(sizes):
            roots = [bytes.fromhex(LogCheckpoint.objects.get(pk=s).root) for s in (old, new)]
            proof = log.tiles(new).consistency(old)
            verify_consistency(old, roots[0], new, roots[1], proof)

    @pytest.mark.parametrize("path", ["tile/0/000.p/9", "tile/0/001", "tile/1/000", "tile/9/000",
        "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/0", "tile/entries/000", "tile/x/000", "../x",
        "tile/entries/000.p/7", "tile/0/000.p/1/", "tile/0/x000/000.p/300"])  # fmt: skip
    def test_what_the_log_has_not_is_a_lookup_error(self, path: str) -> None:
        for n in range(5):
            note(n)
        sequence()
        with pytest.raises(LookupError):
            log.read(path)

    @pytest.mark.parametrize(
        "step",
        [
            "evaluations.services.sequencer._place",
            "evaluations.services.sequencer._complete",
            "evaluations.services.sequencer._check_extends",
            "evaluations.services.sequencer._sign",
            "evaluations.models.LogCheckpoint.objects.create",
        ],
    )
    def test_crash_at_any_step_leaves_a_log_that_goes_on(
        self, step: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for n in range(250):
            note(n)
        sequence()
        before = signed()
        for n in range(250, 300):
            note(n)
        with monkeypatch.context() as patch:
            patch.setattr(step, _dies)
            with pytest.raises(MemoryError), transaction.atomic():
                sequence()
        assert signed() == before
        assert LogTile.objects.count() == 0
        assert LogEntry.objects.filter(index=None).count() == 50
        assert sequence() == 50
        assert {size: text for size, text in signed().items() if size in before} == before

    def test_entry_that_is_not_what_its_hash_says_is_not_logged(self) -> None:
        entry = LogEntry.objects.create(kind=Kind.RESULT, record=note(0).record, leaf="0" * 64)
        with pytest.raises(LogInconsistentError, match="is not what its hash says"):
            sequence()
        assert LogEntry.objects.filter(pk=entry.pk, index=None).exists()

    def test_log_that_is_not_the_signed_one_is_not_signed_again(self) -> None:
        note(0)
        sequence()
        newest = log.latest()
        assert newest is not None
        LogCheckpoint.objects.create(size=newest.size + 1, root="0" * 64, note="of another log")
        note(1)
        with pytest.raises(LogInconsistentError):
            sequence()
        assert sorted(signed()) == [newest.size, newest.size + 1]

    def test_process_without_keys_logs_nothing(self, settings: Any) -> None:
        settings.ASSAY_KEYS = None
        note(0)
        assert sequence() == 0
        assert signed() == {}


@pytest.mark.django_db(transaction=True)
def test_sequencers_at_once_give_each_place_once() -> None:
    for n in range(40):
        note(n)
    sequence()  # makes the keys
    failed: list[BaseException] = []

    def write_and_sequence(part: int) -> None:
        try:
            for n in range(25):
                note(1000 * part + n)
                sequence()
        except BaseException as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write_and_sequence, args=(part,)) for part in (1, 2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    sequence()
    indices = list(LogEntry.objects.order_by("index").values_list("index", flat=True))
    assert indices == list(range(41 + 75))


def records(count: int) -> list[Any]:
    from evaluations.provenance.records import Record

    first = LogEntry.objects.count()
    return [
        Record(kind=Kind.MODERATION, at="2026-01-01T00:00:00Z", about={"number": first + n})
        for n in range(count)
    ]


def _dies(*_: Any, **__: Any) -> None:
    raise MemoryError


class TestAppendOnly:
    @pytest.mark.parametrize(
        ("statement", "message"),
        [
            ("UPDATE evaluations_logentry SET record = 'x'", "An entry of the log can not be"),
            ("UPDATE evaluations_logentry SET kind = 'x'", "An entry of the log can not be"),
            ('UPDATE evaluations_logentry SET "index" = 99', "The place of an entry"),
            ("UPDATE evaluations_logentry SET envelope = 'x'", "The place of an entry"),
            ("DELETE FROM evaluations_logentry", "An entry of the log can not be deleted"),
            ("UPDATE evaluations_logcheckpoint SET note = 'x'", "A checkpoint can not be changed"),
            ("DELETE FROM evaluations_logcheckpoint", "A checkpoint can not be deleted"),
            ("UPDATE evaluations_logtile SET level = 9", "A tile of the log can not be changed"),
            ("DELETE FROM evaluations_logtile", "A tile of the log can not be deleted"),
            ("UPDATE evaluations_trustroot SET data = 'x'", "A version of the root of trust can"),
            ("DELETE FROM evaluations_trustroot", "A version of the root of trust can not be"),
        ],
    )
    def test_direct_change_is_refused(self, statement: str, message: str) -> None:
        for n in range(256):
            note(n)
        sequence()
        with pytest.raises(IntegrityError, match=message), transaction.atomic():
            connection.cursor().execute(statement)


class TestKeys:
    @pytest.fixture
    def folder(self, settings: Any) -> Path:
        note(0)
        sequence()
        return Path(settings.ASSAY_KEYS)

    def test_keys_are_for_their_owner_alone(self, folder: Path) -> None:
        files = sorted(folder.rglob("*.pem"))
        assert [f.relative_to(folder).as_posix() for f in files] == [
            "log.pem", "root/root-1.pem", "root/root-2.pem", "root/root-3.pem", "statement.pem",
        ]  # fmt: skip
        assert {stat.S_IMODE(f.stat().st_mode) for f in files} == {0o600}

    def test_key_that_others_can_read_is_not_used(self, folder: Path) -> None:
        (folder / "log.pem").chmod(0o640)
        note(1)
        assert sequence() == 0
        with pytest.raises(KeyFileError, match="can be read by others"):
            keys.keyring()

    @pytest.mark.parametrize("reason", ["rotated", "revoked"])
    @pytest.mark.parametrize("roles", [("statement",), ("log",), ("statement", "log")])
    def test_new_keys_sign_what_comes_after(
        self, folder: Path, roles: tuple[Any, ...], reason: Any
    ) -> None:
        old = log.root()
        made = keys.renew(roles=roles, folder=folder, root_keys=folder / "root", reason=reason)
        assert old is not None
        entry = LogEntry.objects.create(**_statement())
        sequence()
        entry.refresh_from_db()
        trusted = chain(log.roots(), old.data)
        assert [v.version for v in trusted.versions] == [1, 2]
        assert made.log_size == 2
        open_envelope(entry.envelope.encode(), trusted.statement_keys(entry.index or 0))
        newest = log.latest()
        assert newest is not None
        names = [
            parse_vkey(verifier_key(made.origin, public_bytes(key)))
            for key in trusted.log_keys(newest.size)
        ]
        open_checkpoint(newest.note, names)
        changed = {
            "statement": made.statement_keys != old.statement_keys,
            "log": made.log_keys != old.log_keys,
        }
        assert {role for role, is_new in changed.items() if is_new} == set(roles)
        key = LogEntry.objects.filter(kind=Kind.KEY).last()
        assert key is not None
        assert read_record(key.record.encode()).about["what"].startswith(reason)

    def test_too_few_root_keys_change_nothing(self, folder: Path) -> None:
        for number in (1, 2):
            (folder / "root" / f"root-{number}.pem").unlink()
        with pytest.raises(KeyFileError, match="holds 1 of the root's keys; 2 are needed"):
            keys.renew(roles=["log"], folder=folder, root_keys=folder / "root", reason="rotated")
        note(1)
        assert sequence() == 1

    def test_rotation_that_was_cut_off_after_it_counted_goes_on(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        replace: Callable[..., Any] = Path.replace
        monkeypatch.setattr(Path, "replace", _dies)
        with pytest.raises(MemoryError):
            keys.renew(roles=["log"], folder=folder, root_keys=folder / "root", reason="rotated")
        monkeypatch.setattr(Path, "replace", replace)
        note(1)
        assert sequence() == 2

    def test_keys_of_another_site_are_none(self, folder: Path) -> None:
        for path in folder.glob("*.pem"):
            path.unlink()
        keys._made(folder / "log.pem")
        keys._made(folder / "statement.pem")
        note(1)
        assert sequence() == 0


def _statement() -> dict[str, Any]:
    record = records(1)[0]
    return {
        "kind": Kind.RESULT, "record": record.encode().decode(), "leaf": record.leaf,
        "payload": '{"a":1}',
    }  # fmt: skip
