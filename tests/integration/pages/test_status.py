import shutil
from pathlib import Path

import pytest
from celery import current_app
from django.db import OperationalError, connection

from evaluations.provenance.records import Kind, Record
from evaluations.services import log
from tests import factories
from tests.servers import free_port

pytestmark = pytest.mark.django_db


def parts(client):
    return {part.name: part for part in client.get("/status/").context["parts"]}


def words(client):
    return " ".join(client.get("/status/").content.decode().split())


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_status_is_shown_in_seven_queries(client, django_assert_num_queries, rows):
    factories.make_worker(name="secret.example.org-7-ab12cd")
    for _ in range(rows):
        factories.make_submission()
        failed = factories.make_submission(state="failed", failure_code="nan_logits")
        factories.make_event(failed, "failed")
    with django_assert_num_queries(7):
        response = client.get("/status/")
    numbers = response.context["numbers"]
    assert numbers.queued == rows
    assert [one.count for one in numbers.failures] == [rows] * bool(rows)
    assert "secret" not in response.content.decode()


def test_status_may_be_kept_for_ten_seconds(client):
    assert client.get("/status/").headers["Cache-Control"] == "max-age=10"


def test_all_is_well_on_a_site_that_does_nothing(client):
    factories.make_worker()
    found = parts(client)
    assert {part.state for part in found.values()} == {"ok"}
    assert list(found) == [
        "Database", "Broker", "Artefact store", "Disk of the site's state", "Log", "Workers",
        "Queue",
    ]  # fmt: skip
    assert "All is well" in words(client)


def test_failures_are_counted_by_code_for_seven_days(client):
    for code in ("out_of_memory", "nan_logits", "nan_logits"):
        factories.make_event(factories.make_submission(state="failed", failure_code=code), "failed")
    factories.make_event(factories.make_submission(state="published"), "failed")
    twice = factories.make_submission(state="failed", failure_code="stalled")
    for _ in range(2):
        factories.make_event(twice, "failed")
    counted = client.get("/status/").context["numbers"].failures
    assert [(one.code, one.count) for one in counted] == [
        ("nan_logits", 2),
        ("out_of_memory", 1),
        ("stalled", 1),
    ]
    assert "the submitter" in words(client)


def test_old_failures_are_left_out(client, monkeypatch):
    factories.make_event(
        factories.make_submission(state="failed", failure_code="nan_logits"), "failed"
    )
    later = factories.ago(-8 * 24 * 60)
    monkeypatch.setattr("leaderboard.pages.status.timezone.now", lambda: later)
    assert client.get("/status/").context["numbers"].failures == []


def test_waiting_without_workers_is_told(client):
    factories.make_submission()
    factories.make_worker(seen_at=factories.ago(60))
    found = parts(client)
    assert (found["Workers"].state, found["Workers"].word) == ("warn", "none is there")
    assert found["Workers"].detail == "last heard of 60 min ago"
    assert (found["Queue"].state, found["Queue"].word) == ("warn", "1 waiting")
    assert "It works, with a delay" in words(client)


def test_entry_that_has_just_been_written_is_at_work(client):
    log.add(Record(kind=Kind.MODERATION, at=log.now(), about={"n": 1}))
    found = parts(client)["Log"]
    assert (found.state, found.word) == ("ok", "at work")


def test_entry_that_has_waited_too_long_is_told(client):
    log.add(Record(kind=Kind.MODERATION, at="2026-01-01T00:00:00Z", about={"n": 2}))
    found = parts(client)["Log"]
    assert (found.state, found.word) == ("warn", "late")
    assert found.detail.startswith("1 entry waits for its place")


def test_store_that_is_away_is_told_without_its_address(client, settings):
    settings.ASSAY_STORE_URL = f"http://127.0.0.1:{free_port()}/secret-bucket"
    response = client.get("/status/")
    assert response.status_code == 200
    assert {p.name: p.state for p in response.context["parts"]}["Artefact store"] == "bad"
    assert "Something is wrong" in words(client)
    assert "secret-bucket" not in response.content.decode()


def test_broker_that_is_away_is_told(client, monkeypatch):
    url = f"redis://:secret@127.0.0.1:{free_port()}/0"
    monkeypatch.setattr(current_app.conf, "broker_write_url", url)
    response = client.get("/status/")
    assert {p.name: p.state for p in response.context["parts"]}["Broker"] == "bad"
    assert "secret" not in response.content.decode()


def test_disk_that_is_nearly_full_is_told_without_its_path(client, monkeypatch, settings):
    full = type(shutil.disk_usage("/"))(100 * 10**9, 99 * 10**9, 10**9)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: full)
    disk = parts(client)["Disk of the site's state"]
    assert (disk.state, disk.word) == ("warn", "nearly full")
    assert str(settings.VAR) not in words(client)
    settings.VAR = Path("/nowhere/at/all")
    monkeypatch.undo()
    assert parts(client)["Disk of the site's state"].state == "bad"


def test_status_is_there_without_the_database(client, monkeypatch):
    client.force_login(factories.make_user())

    def away():
        raise OperationalError("host secret.example.org is away")

    monkeypatch.setattr(connection, "cursor", away)
    response = client.get("/status/")
    page = response.content.decode()
    assert response.status_code == 503
    assert "Without the database nothing else can be said." in page
    assert "secret.example.org" not in page


def test_every_page_leads_to_the_status(client):
    assert 'href="/status/"' in client.get("/").content.decode()
