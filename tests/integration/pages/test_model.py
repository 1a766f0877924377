import pytest

from evaluations.models import LanguageModel
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("rows", [1, 3])
def test_model_page_lists_its_results_in_three_queries(client, django_assert_num_queries, rows):
    model = factories.make_model("mti")
    results = [
        factories.make_result(
            revision=factories.make_revision(model, contents={"a.json": b"%d" % number})
        )
        for number in range(rows)
    ]
    factories.make_result()
    with django_assert_num_queries(3):
        response = client.get("/models/local/mti/")
    assert response.context["results"] == results[::-1]


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
