import re

import pytest

from evaluations.models import Run
from evaluations.services import moderation
from tests import factories
from tests.history import rewriting

pytestmark = pytest.mark.django_db


def get(client, result):
    return client.get(f"/results/{result.public_id}/")


@pytest.mark.parametrize("rows", [1, 3])
def test_result_is_shown_in_twelve_queries(client, django_assert_num_queries, rows):
    board = factories.make_board(benchmarks=tuple("abc"[:rows]))
    result = factories.make_result(board=board)
    get(client, result)  # its board is kept from here on
    with django_assert_num_queries(12):
        assert get(client, result).status_code == 200


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_acts_about_a_result_take_no_further_query(client, django_assert_num_queries, rows):
    result, operator = factories.make_result(), factories.make_operator()
    for _ in range(rows):
        dispute = factories.make_dispute(result)
        moderation.answer(by=operator, dispute=dispute, outcome="upheld", reason="x" * 20)
    get(client, result)
    with django_assert_num_queries(12):
        assert get(client, result).status_code == 200


def test_result_shows_the_score_its_rank_and_every_benchmark(client):
    board = factories.make_board()
    factories.make_result(board=board, value=0.9)
    result = factories.make_result(board=board, value=0.512, stderr=0.0051)
    page = get(client, result).content.decode()
    assert '<p class="big"><bdi dir="ltr">51.2 <i class="pm">±1.0</i></bdi></p>' in page
    assert "<b>2</b> of 2" in page
    for benchmark in board.suite.benchmarks.all():
        assert benchmark.task in page
    assert "3-shot, filter none" in " ".join(page.split())


def test_result_shows_everything_that_is_pinned(client):
    result = factories.make_result()
    page = get(client, result).content.decode()
    plan = result.plan
    shown = [
        result.revision.commit, result.plan_sha256, result.manifest_sha256, result.bundle_sha256,
        plan["suite"]["sha256"], plan["pack_sha256"], "lm-eval 0.4.13", "torch 2.13.0",
        "transformers 5.23.0", "float32", "0 · 1234 · 1234 · 1234", "A processor",
        "8 of 16 processors",
    ]  # fmt: skip
    shown += [file["sha256"] for file in result.revision.files]
    for task in plan["tasks"].values():
        shown += [task["documents_root"], task["requests_root"]]
    assert [text for text in shown if text not in page] == []


def test_result_from_before_the_log_says_so(client):
    result = factories.make_result()
    page = get(client, result).content.decode()
    assert f"assay verify http://testserver/results/{result.public_id}/" in page
    assert "older than the site" in page
    assert "Nobody has run this again yet" in page
    assert "CC0" in page


def test_result_tells_how_to_reproduce_it(client):
    result = factories.make_result()
    page = get(client, result).content.decode()
    assert f"from=http://testserver/api/v1/results/{result.public_id}\n" in page
    assert "curl -fLO $from/bundle.tar &amp;&amp; tar xf bundle.tar\n" in page
    assert "curl -fLO $from/model.tar &amp;&amp; tar xf model.tar\n" in page
    assert "lm_eval run --config run/config.yaml" in page


def test_result_of_a_model_that_may_not_be_passed_on_says_so(client):
    result = factories.make_result(revision=factories.make_revision(licence="llama3"))
    page = get(client, result).content.decode()
    assert "model.tar" not in page
    assert "(llama3) doesn" in page


def test_result_without_an_interval_says_so(client):
    page = get(client, factories.make_result(stderr=None)).content.decode()
    assert "there is no interval" in page


def test_result_of_a_benchmark_that_was_not_measured_shows_a_dash(client):
    result = factories.make_result(board=factories.make_board(benchmarks=("sums",)))
    with rewriting():
        result.scores.all().delete()
    assert "not measured" in get(client, result).content.decode()


def test_result_whose_plan_says_nothing_is_still_shown(client):
    result = factories.make_result(plan={}, environment={})
    assert "not recorded" in get(client, result).content.decode()


def make_effort(result, **fields):
    Run.objects.filter(submission=result.submission).update(
        **{
            "started_at": factories.ago(90), "finished_at": factories.ago(30),
            "busy_seconds": 7000.0, "isolation": "bubblewrap",
        } | fields
    )  # fmt: skip


def effort_of(client, result):
    page = " ".join(get(client, result).content.decode().split())
    return page[page.index('aria-labelledby="effort"') :]


def test_result_shows_what_its_run_took(client):
    result = factories.make_result()
    make_effort(result, energy_joules=1117.0)
    panel = effort_of(client, result)
    assert "60 min <small>from start to end, pauses included" in panel
    assert "1 h 57 min <small>of all workers together, over every attempt" in panel
    assert "0.31 Wh, estimated" in panel
    assert "Ran in a sandbox: no network" in panel


@pytest.mark.parametrize(
    ("method", "text"), [("measured", "measured"), ("estimated", "estimated"), ("RAPL", "RAPL")]
)
def test_result_says_how_its_energy_was_found(client, method, text):
    result = factories.make_result(environment={"energy_method": method})
    make_effort(result, energy_joules=36_000_000.0)
    assert f"10 kWh, {text} </dd>" in effort_of(client, result)


def test_result_whose_energy_nobody_measured_says_so(client):
    result = factories.make_result()
    make_effort(result, isolation="none")
    panel = effort_of(client, result)
    assert "not measured" in panel
    assert '<dd class="st-ours"> Ran without a sandbox' in panel


def test_result_of_which_nothing_was_recorded_says_so(client):
    assert effort_of(client, factories.make_result()).count("not recorded") == 3


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "نموذج", "x" * 96])
def test_result_shows_a_hostile_name_as_text(client, name):
    revision = factories.make_revision(factories.make_model(name), licence="<script>alert(1)")
    response = get(client, factories.make_result(revision=revision))
    assert response.status_code == 200
    assert "<script>alert" not in response.content.decode()


def test_unknown_result_is_not_found(client):
    assert client.get("/results/0000000000/").status_code == 404


def test_result_counts_who_ran_it_again_and_how_closely(client):
    result = factories.make_result()
    for by, verdicts in ((result.submission.by, ["R0"]), (factories.make_user(), ["R1", "R1"])):
        for verdict in verdicts:
            factories.make_replication(result, by=by, verdict=verdict)
    text = " ".join(re.sub(r"<[^>]+>", " ", get(client, result).content.decode()).split())
    assert "The submitter, again 1 — — —" in text
    assert "Others, with keys of their own — 2 — —" in text
