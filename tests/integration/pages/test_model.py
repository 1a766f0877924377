from typing import Any

import pytest

from evaluations.models import LanguageModel, Submission
from evaluations.queries.model_history import Evidence
from tests import factories

pytestmark = pytest.mark.django_db
_TIMES = "\N{MULTIPLICATION SIGN}"


def words(client, path):
    return " ".join(client.get(path).content.decode().split())


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_model_page_lists_its_results_in_three_queries(client, django_assert_num_queries, rows):
    model = factories.make_model("mti")
    factories.make_revision(model)
    results = [
        factories.make_result(
            revision=factories.make_revision(model, contents={"a.json": b"%d" % number})
        )
        for number in range(rows)
    ]
    for result in results:
        factories.make_replication(result)
    factories.make_result()
    with django_assert_num_queries(3):
        response = client.get("/models/local/mti/")
    assert [entry.result for entry in response.context["entries"]] == results[::-1]


def test_results_are_grouped_by_what_speaks_for_them(client):
    board, model = factories.make_board(), factories.make_model("mti")
    settings: dict[str, Any] = {"board": board, "revision": factories.make_revision(model)}
    withdrawn = factories.make_result(**settings)
    Submission.objects.filter(pk=withdrawn.submission_id).update(state="withdrawn")
    twice = factories.make_result(**settings)
    old = factories.make_result(**settings, chat_template=True)
    Submission.objects.filter(pk=old.submission_id).update(state="superseded")
    rescored = factories.make_result(**settings, chat_template=True, rescores=old.submission)
    settings["revision"] = factories.make_revision(model)
    replicated = factories.make_result(**settings)
    for verdict in ("R0", "R2", "R2", "diverged"):
        factories.make_replication(replicated, verdict=verdict)
    removed = factories.make_result(revision=factories.make_revision(model))
    Submission.objects.filter(pk=removed.submission_id).update(state="removed")
    own = factories.make_result(revision=factories.make_revision(model))
    factories.make_replication(own, by=own.submission.by, verdict="R0")
    factories.make_replication(own, verdict="diverged")
    groups = client.get("/models/local/mti/").context["groups"]
    assert {str(e): [one.result for one in entries] for e, entries in groups.items()} == {
        "replicated": [replicated],
        "twice": [twice],
        "once": [own, rescored],
        "withdrawn": [withdrawn],
        "removed": [removed],
        "superseded": [old],
    }
    assert list(groups) == list(Evidence)
    page = words(client, "/models/local/mti/")
    assert f"R0 {_TIMES} 1" in page
    assert f"R2 {_TIMES} 2" in page
    assert f"R1 {_TIMES}" not in page
    assert page.count(f"≠ {_TIMES} 1") == 2


def test_history_tells_changes_between_what_can_be_compared(client):
    board, model = factories.make_board(), factories.make_model("mti")
    for value in (0.5, 0.625, 0.575):
        factories.make_result(board=board, revision=factories.make_revision(model), value=value)
    factories.make_result(
        board=board, revision=factories.make_revision(model), value=0.9, chat_template=True
    )
    factories.make_result(revision=factories.make_revision(model), value=0.1)
    entries = client.get("/models/local/mti/").context["entries"]
    changes = [entry.change for entry in entries]
    assert changes == [None, None, pytest.approx(-0.05), pytest.approx(0.125), None]
    page = words(client, "/models/local/mti/")
    assert '<bdi dir="ltr">+12.5</bdi>' in page
    assert '<bdi dir="ltr">\N{MINUS SIGN}5.0</bdi>' in page


def test_model_page_shows_what_the_card_says(client):
    metadata = {
        "license": ["mit"], "language": ["SWA", "English"], "base_model": ["org/<b>base</b>"],
        "datasets": ["مجموعة/بيانات"], "tags": [f"tag-{n}" for n in range(40)],
        "library_name": ["transformers"],
    }  # fmt: skip
    factories.make_revision(factories.make_model("mti"), metadata=metadata)
    page = words(client, "/models/local/mti/")
    assert '<a href="/languages/sw/"><bdi>Swahili</bdi></a>' in page
    assert "<bdi>English</bdi>" in page
    assert "<bdi>org/&lt;b&gt;base&lt;/b&gt;</bdi>" in page
    assert "<bdi>مجموعة/بيانات</bdi>" in page
    assert "tag-29" in page
    assert "tag-30" not in page
    assert "3 of 6 components are known to be open" in page
    assert "No class: the card says too little for one" in page


def test_model_page_tells_not_open_from_not_reported(client):
    metadata = {"license": ["cc-by-nc-4.0"]}
    factories.make_revision(factories.make_model("mti"), metadata=metadata)
    openness = client.get("/models/local/mti/").context["mof"]
    states = {str(name): str(word) for row in openness for name, _, word in row.components}
    assert len(states) == 17
    assert states["Model parameters, final"] == "not open"
    assert states["Datasets"] == "not reported"


def test_model_page_shows_the_card_as_text(client):
    model = factories.make_model("mti")
    factories.make_revision(model, card="# Card\n<script>alert(1)</script>")
    page = client.get("/models/local/mti/").content.decode()
    assert "# Card\n&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_model_page_says_what_is_not_reported(client):
    factories.make_revision(factories.make_model("mti"), card="", licence="")
    page = client.get("/models/local/mti/").content.decode()
    assert "not reported" in page
    assert "This model has no card" in page


@pytest.mark.parametrize("name", ["<script>a</script>", "نموذج", "x" * 96, "a b?c#d"])
def test_model_page_takes_any_name(client, name):
    result = factories.make_result(revision=factories.make_revision(factories.make_model(name)))
    page = client.get(f"/results/{result.public_id}/").content.decode()
    address = page.split('class="mono"')[1].split('href="')[1].split('"')[0]
    assert client.get(address).context["model"].name == name


def test_model_page_offers_to_submit_the_model(client):
    factories.make_revision(factories.make_model("a&b"))
    page = client.get("/models/local/a&b/").content.decode()
    assert 'href="/submit/?model=local%3Aa%26b"' in page


@pytest.mark.parametrize("name", ["nobody", "a%00b"])
def test_unknown_model_is_not_found(client, name):
    assert client.get(f"/models/local/{name}/").status_code == 404


def hub_revision(**fields):
    model = LanguageModel.objects.create(source="hf", name="org/name")
    return factories.make_revision(model, commit="0123456789" * 4, **fields)


def test_hub_model_has_its_page_and_leads_to_the_hub(client, settings):
    settings.HUB_ENDPOINT = "https://hub.example"
    revision = hub_revision()
    for asked in ("main", "v1", "", "0123456", "main"):
        factories.make_submission(revision=revision, requested_revision=asked)
    page = client.get("/models/org/name/").content.decode()
    assert f'href="https://hub.example/org/name/tree/{revision.commit}"' in page
    assert "<bdi>main, v1</bdi>" in page
    assert revision.commit in page


def test_pages_of_a_hub_model_lead_to_each_other(client):
    revision = hub_revision()
    result = factories.make_result(revision=revision)
    for path in (f"/results/{result.public_id}/", f"/submissions/{result.submission.public_id}/"):
        assert 'href="/models/org/name/"' in client.get(path).content.decode()


def test_same_name_here_and_at_the_hub_are_two_models(client):
    hub_revision(card="At the hub.")
    factories.make_revision(factories.make_model("org/name"), card="Registered here.")
    assert "At the hub." in client.get("/models/org/name/").content.decode()
    assert "Registered here." in client.get("/models/local/org/name/").content.decode()
