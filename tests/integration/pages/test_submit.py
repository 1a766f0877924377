import pytest

from evaluations.models import Submission
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def user(client):
    user = factories.make_user("ana")
    client.force_login(user)
    return user


@pytest.fixture
def asked():
    factories.make_board("demo", title="The demo board")
    factories.make_revision(factories.make_model("mti"))
    return {
        "model": "local:mti", "board": "demo", "precision": "float32", "chat_template": "no",
        "intended_use": "Reading help.", "key": "k1",
    }  # fmt: skip


def refusal(client, asked):
    """Post what will be refused; return the page and the field that the reason stands beside."""
    response = client.post("/submit/", asked)
    assert response.status_code == 422
    assert Submission.objects.filter(key=asked["key"]).count() == 0
    return response.content.decode(), list(response.context["form"].errors)


def test_submit_needs_a_signed_in_person(client):
    response = client.get("/submit/")
    assert (response.status_code, response.url) == (302, "/accounts/login/?next=/submit/")
    assert client.post("/submit/", {}).status_code == 302


def test_submit_leads_to_the_new_submission(client, user, asked):
    response = client.post("/submit/", asked)
    submission = Submission.objects.get()
    assert (response.status_code, response.url) == (303, f"/submissions/{submission.public_id}/")
    assert (submission.by, submission.board.slug, str(submission.revision.model)) == (
        user, "demo", "local:mti",
    )  # fmt: skip
    assert (submission.precision, submission.chat_template, submission.intended_use) == (
        "float32", False, "Reading help.",
    )  # fmt: skip


def test_submit_with_the_chat_template_asks_for_it(client, user, asked):
    factories.make_revision(factories.make_model("chatty"), has_chat_template=True)
    client.post("/submit/", asked | {"model": "local:chatty", "chat_template": "yes"})
    assert Submission.objects.get().chat_template is True


def test_form_sent_twice_is_one_submission(client, user, asked):
    first, second = (client.post("/submit/", asked) for _ in range(2))
    assert (first.status_code, first.url) == (second.status_code, second.url)
    assert Submission.objects.count() == 1


def test_each_form_has_a_key_of_its_own(client, user):
    keys = {client.get("/submit/").context["form"]["key"].value() for _ in range(2)}
    assert len(keys) == 2


def test_submit_of_an_unknown_model_is_refused_beside_the_field(client, user, asked):
    page, fields = refusal(client, asked | {"model": "local:<b>nobody"})
    assert fields == ["model"]
    assert "model_not_found" in page
    assert "&lt;b&gt;nobody" in page
    assert "Check the spelling" in page


def test_submit_of_an_unknown_revision_is_refused(client, user, asked):
    page, fields = refusal(client, asked | {"model": "local:mti@ffffff"})
    assert fields == ["model"]
    assert "revision_missing" in page


def test_submit_to_an_unknown_board_is_refused(client, user, asked):
    page, fields = refusal(client, asked | {"board": "nothing"})
    assert fields == ["board"]
    assert "board_not_found" in page


def test_submit_to_a_draft_is_refused(client, user, asked):
    factories.make_board("draft", draft=True)
    page, fields = refusal(client, asked | {"board": "draft"})
    assert fields == ["board"]
    assert "suite_draft" in page


def test_submit_without_a_template_to_apply_is_refused(client, user, asked):
    page, fields = refusal(client, asked | {"chat_template": "yes"})
    assert fields == ["chat_template"]
    assert "chat_template_error" in page


def test_submit_with_an_unknown_precision_is_refused(client, user, asked):
    page, fields = refusal(client, asked | {"precision": "float8"})
    assert fields == ["precision"]
    assert "precision_unknown" in page


def test_duplicate_leads_to_the_earlier_submission(client, user, asked):
    client.post("/submit/", asked)
    earlier = Submission.objects.get()
    page, fields = refusal(client, asked | {"key": "k2"})
    assert fields == ["model"]
    assert f'href="/submissions/{earlier.public_id}/"' in page


def test_twenty_first_open_submission_is_refused(client, user, asked):
    board = factories.make_board()
    for _ in range(20):
        factories.make_submission(by=user, board=board)
    page, fields = refusal(client, asked)
    assert fields == ["model"]
    assert "You have 20 submissions waiting or running." in page


@pytest.mark.parametrize(
    "bad",
    [
        ("model", "", "Name a model"),
        ("model", "x" * 301, "at most 300 characters"),
        ("model", "a\0b", "Null characters are not allowed"),
        ("board", "", "Choose a board."),
        ("precision", "", "Choose a precision."),
        ("chat_template", "", "Say whether the chat template is applied."),
        ("chat_template", "maybe", "Choose yes or no."),
        ("intended_use", "x" * 1001, "at most 1000 characters"),
        ("key", "k" * 65, "at most 64 characters"),
    ],
)
def test_bad_field_is_named_in_words(client, user, asked, bad):
    field, value, words = bad
    page, fields = refusal(client, asked | {field: value})
    assert fields == [field]
    assert words in page


def test_refused_form_keeps_what_was_filled_in(client, user, asked):
    page, _ = refusal(client, asked | {"model": "local:nobody", "intended_use": "<b>Kept."})
    assert 'value="local:nobody"' in page
    assert "&lt;b&gt;Kept.</textarea>" in page
    assert 'value="k1"' in page
    board = page.split('value="demo"')[1].split(">")[0]
    assert "checked" in board


def test_form_is_filled_in_from_the_address(client, user, asked):
    page = client.get("/submit/?model=local:mti&board=demo").content.decode()
    assert 'value="local:mti"' in page.split('name="model"')[1].split(">")[0]
    assert "checked" in page.split('value="demo"')[1].split(">")[0]


def test_form_shows_drafts_as_disabled_with_the_reason(client, user):
    factories.make_board("draft", draft=True)
    page = client.get("/submit/").content.decode()
    assert "disabled" in page.split('value="draft"')[1].split(">")[0]
    assert "a draft: it takes no submissions until it is published" in page


def test_form_without_boards_says_so(client, user):
    assert "There is no board yet" in client.get("/submit/").content.decode()


def test_submit_without_the_token_is_refused(client, user, asked):
    client.handler.enforce_csrf_checks = True
    response = client.post("/submit/", asked)
    assert response.status_code == 403
    assert "This form has expired" in response.content.decode()


def test_submit_takes_no_other_method(client, user):
    assert client.put("/submit/").status_code == 405
