import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.urls import reverse

from evaluations.models import IdempotentRequest, SampleTable, Submission
from evaluations.needs import Offers
from evaluations.provenance.records import Kind
from evaluations.services.log import append
from evaluations.services.sequencer import sequence
from evaluations.services.workers import announce
from tests import factories

pytestmark = pytest.mark.django_db

MODELS = [model._meta.model_name for model in apps.get_app_config("evaluations").get_models()]


@pytest.fixture
def staff(client):
    user = factories.make_user("root", is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


@pytest.fixture
def rows():
    result = factories.make_result(board=factories.make_board("demo"))
    factories.make_unit(result.submission.run)
    for number in range(256):
        append(kind=Kind.MODERATION, about={"number": number})
    sequence()
    SampleTable.objects.create(result=result, task="t", rows=1, sha256="0" * 64, size=1)
    factories.make_replication(result)
    factories.make_dispute(result)
    token, _ = factories.make_token()
    announce(name="worker-1", offers=Offers(memory=1, disk=1), run=result.submission.run)
    IdempotentRequest.objects.create(by=token.by, key="key", sha256=factories.digest("request"))


def addresses(row):
    name = f"admin:{row._meta.app_label}_{row._meta.model_name}"
    return reverse(f"{name}_changelist"), reverse(f"{name}_change", args=[row.pk])


def test_admin_is_for_staff(client, rows):
    client.force_login(factories.make_user())
    shown = [path for model in admin.site._registry if (row := model._base_manager.first())
             for path in addresses(row)]  # fmt: skip
    assert len(shown) > 2 * len(MODELS)
    for path in ("/admin/", *shown):
        response = client.get(path)
        assert (response.status_code, response.url) == (302, f"/admin/login/?next={path}")


def test_staff_without_permissions_see_nothing(client, rows):
    client.force_login(factories.make_user(is_staff=True))
    for path in addresses(Submission.objects.earliest("pk")):
        assert client.get(path).status_code == 403


@pytest.mark.parametrize("name", MODELS)
def test_admin_lists_and_shows_every_model(client, staff, rows, name):
    assert client.get(reverse(f"admin:evaluations_{name}_changelist")).status_code == 200
    row = apps.get_model("evaluations", name).objects.first()
    assert client.get(reverse(f"admin:evaluations_{name}_change", args=[row.pk])).status_code == 200


def test_admin_lists_and_shows_people(client, staff, rows):
    person = factories.make_user("ana")
    for path in addresses(person):
        response = client.get(path)
        assert (response.status_code, b"ana" in response.content) == (200, True)
    assert person.password not in response.content.decode()


def test_admin_closes_an_account_and_its_tokens_open_nothing(client, staff):
    token, secret = factories.make_token()
    form = client.get(addresses(token.by)[1]).context["adminform"].form
    fields = {f"{name}": value for name, value in form.initial.items() if isinstance(value, str)}
    joined = {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
    client.post(addresses(token.by)[1], fields | joined)
    token.by.refresh_from_db()
    assert not token.by.is_active
    headers = {"Authorization": f"Bearer {secret}"}
    assert client.get("/api/v1/me", headers=headers).status_code == 401


def test_admin_deletes_nobody_who_submitted(client, staff, rows):
    person = Submission.objects.earliest("pk").by
    delete = reverse("admin:auth_user_delete", args=[person.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 200  # says why not
    assert User.objects.filter(pk=person.pk).exists()


@pytest.mark.parametrize("name", MODELS)
def test_admin_adds_and_deletes_nothing(client, staff, rows, name):
    row = apps.get_model("evaluations", name).objects.first()
    assert client.get(reverse(f"admin:evaluations_{name}_add")).status_code == 403
    delete = reverse(f"admin:evaluations_{name}_delete", args=[row.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 403


def test_admin_changes_no_state_by_hand(client, staff):
    submission = factories.make_submission()
    address = reverse("admin:evaluations_submission_change", args=[submission.pk])
    assert client.post(address, {"state": "published"}).status_code == 403
    submission.refresh_from_db()
    assert submission.state == "queued"


def test_admin_mends_the_words_of_a_board(client, staff):
    board = factories.make_board("demo")
    address = reverse("admin:evaluations_board_change", args=[board.pk])
    client.post(address, {"title": "New words", "description": "", "slug": "other", "priority": 3})
    board.refresh_from_db()
    assert (board.title, board.slug, board.priority) == ("New words", "demo", 3)


def test_admin_cancels_submissions_and_leaves_the_event(client, staff):
    submission = factories.make_submission()
    ended = factories.make_result().submission
    chosen = {"action": "cancel", "_selected_action": [submission.pk, ended.pk]}
    client.post(reverse("admin:evaluations_submission_changelist"), chosen)
    submission.refresh_from_db()
    assert submission.state == "cancelled"
    assert [event.actor for event in submission.events.filter(state="cancelled")] == ["root"]
    ended.refresh_from_db()
    assert ended.state == "published"


def test_admin_revokes_tokens_and_never_shows_their_digests(client, staff):
    token, secret = factories.make_token()
    address = reverse("admin:evaluations_apitoken_changelist")
    client.post(address, {"action": "revoke", "_selected_action": [token.pk]})
    assert (
        client.get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"}).status_code == 401
    )
    page = client.get(reverse("admin:evaluations_apitoken_change", args=[token.pk]))
    assert token.sha256 not in page.content.decode()
