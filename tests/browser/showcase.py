"""A whole site with something on every kind of page, to look at and to measure."""

import random
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from playwright.sync_api import BrowserContext

from evaluations.models import Board, BoardState, LanguageModel, Result, Revision, Submission
from evaluations.needs import Needs
from evaluations.services import log, moderation, sequencer
from tests import factories, many, samples
from tests.browser import invented

_TITLE = "Small models, many languages"
_ABOUT = "Open models up to 3 billion parameters on eight tasks in eleven languages."


@dataclass
class Showcase:
    """The site's pages.

    Attributes:
        pages: a path by the name of each kind of page.
        session: of somebody who is signed in.
        inside: names of pages that only they see.
    """

    pages: dict[str, str] = field(default_factory=dict)
    session: str = ""
    inside: frozenset[str] = frozenset({"submit", "account", "dispute"})

    def enter(self, context: BrowserContext, origin: str, name: str) -> None:
        """Sign a reader in for the pages that need it, and out for all others."""
        context.clear_cookies()
        if name in self.inside:
            context.add_cookies([{"name": "sessionid", "value": self.session, "url": origin}])


def make() -> Showcase:
    """Fill the database and return where everything is."""
    by = factories.make_user("amina")
    board, results = _board(by)
    many.fill(_eight("hundred", "A hundred models"), 100, seed=3)
    factories.make_board("empty", title="Lugha za Afrika Mashariki", description="")
    factories.make_board("draft", draft=True, title="القراءة والفهم")
    sampled = _sampled()
    _logged(board, results)
    shown = results[1].public_id
    pages = {
        "home": "/",
        "board": "/boards/small/",
        "board-hundred": "/boards/hundred/?per=100",
        "board-filtered": f"/boards/small/?licence=apache-2.0&pin={shown}",
        "board-empty": "/boards/empty/",
        "board-draft": "/boards/draft/",
        "board-nothing": "/boards/small/?q=nobody",
        "embed": "/boards/small/embed/",
        "result": f"/results/{shown}/",
        "result-diverged": f"/results/{results[10].public_id}/",
        "samples": f"/results/{sampled.public_id}/samples/",
        "sample": f"/results/{sampled.public_id}/samples/ngeli/2/",
        "compare": f"/compare/?pin={results[0].public_id}&pin={shown}",
        "model": "/models/nyota-coop/Jahazi-2.4B/",
        "benchmarks": "/benchmarks/",
        "benchmark": "/benchmarks/belebele/",
        "languages": "/languages/",
        "language": "/languages/sw/",
        "queue": "/queue/",
        "login": "/accounts/login/",
        "methods": "/methods/",
        "governance": "/governance/",
        "status": "/status/",
        "dispute": f"/results/{shown}/dispute/",
        "submit": "/submit/",
        "account": "/account/",
        "nowhere": "/nowhere/",
    }
    pages |= _submissions(board, by)
    if not Client(headers={"host": "localhost"}).get(pages["compare"]).content:
        del pages["compare"]  # nothing is there to be looked at yet
    return Showcase(pages, _session(by))


def _eight(slug: str, title: str) -> Board:
    suite = factories.make_suite(name=slug, title=title, languages=["en", "sw", "ar"])
    for name, heading, documents, baseline, languages, licence in invented.BENCHMARKS:
        factories.make_benchmark(
            suite, name, title=heading, documents=documents, baseline=baseline,
            languages=languages, licence=licence, task=f"assay_{name}",
            description="What it asks, in a sentence that a newcomer understands.",
        )  # fmt: skip
    return factories.make_board(slug, suite=suite, benchmarks=(), title=title, description=_ABOUT)


def _revision(model: invented.Model) -> Revision:
    made = LanguageModel.objects.create(source="hf", name=model.name)
    return factories.make_revision(
        made, parameters=int(model.billions * 1e9), licence=model.licence,
        metadata=invented.metadata(model), card=invented.CARD, has_chat_template=model.chat,
        commit=factories.digest(model.name)[:40],
    )  # fmt: skip


def _board(by: User) -> tuple[Board, list[Result]]:
    """Make the board that most pictures show: with ties, reruns, and a model that stands apart."""
    chance, board = random.Random(7), _eight("small", _TITLE)
    results = []
    for model in invented.MODELS:
        scores = {
            name: max(baseline, model.skill + chance.gauss(0.02, 0.06))
            for name, _title, _n, baseline, _languages, _licence in invented.BENCHMARKS
        }
        results.append(_result(board, _revision(model), model, scores, by))
    apart = invented.Model("tin-cup/Pewter-0.5B-bf16", 0.5, "mit", ["en"], 0.349)
    revision = _revision(apart)
    plan = factories.make_plan(revision, board)
    plan["engine"]["dtype"] = "bfloat16"
    factories.make_result(board=board, revision=revision, value=apart.skill, by=by, plan=plan)
    state = BoardState.objects.get(board=board)
    state.ranked_version, state.places = state.version, _places(results)
    state.save()
    return board, results


def _result(
    board: Board, revision: Revision, model: invented.Model, scores: dict[str, float], by: User
) -> Result:
    made = factories.make_result(
        board=board, revision=revision, value=model.skill, stderr=0.005, scores=scores, by=by,
        chat_template=model.chat,
    )  # fmt: skip
    run = made.submission.run
    run.energy_joules, run.busy_seconds = model.billions * 3e5, model.billions * 900
    run.finished_at = timezone.now()
    run.save()
    for verdict in model.reruns:
        factories.make_replication(made, verdict=verdict)
    return made


def _places(results: list[Result]) -> dict[str, list[int]]:
    """Tie those within two points of the first that is not tied itself."""
    places, first = {}, 0
    for n, result in enumerate(results):
        if results[first].value - result.value > 0.012:
            first = n
        tied = [k for k, one in enumerate(results) if abs(one.value - result.value) <= 0.012]
        places[result.public_id] = [tied[0] + 1, tied[-1] + 1, first + 1]
    return places


def _sampled() -> Result:
    rows = [
        samples.choice(
            n, question, choices,
            answers=[-1.2 if n % 3 else -2.9, -2.1, -3.4, -4.0],
            shots="Swali: Mtu anayevua samaki huitwaje?\nJibu: mvuvi\n\n",
        )
        for n, (question, choices) in enumerate(invented.QUESTIONS)
    ]  # fmt: skip
    texts = [
        samples.written(0, "Juma ana mayai 12, anauza 5.", " Jibu ni 7.", "7", kept="7"),
        samples.written(1, "اشترت ليلى ٣ أقلام ثم قلمين.", " ٦", "5"),
    ]
    tasks = {"ngeli": rows, "hesabu": samples.by_filter(texts)}
    made = samples.make_sampled(tasks, languages={"ngeli": ["sw", "ar"], "hesabu": ["sw", "ar"]})
    made.board.title = "Sampuli"
    made.board.save()
    return made


def _submissions(board: Board, by: User) -> dict[str, str]:
    """Make submissions in their states and return their pages."""
    running = _submission(board, by, "riverine/Oxbow-2B", "running")
    run = running.run
    run.log_tail, run.started_at = invented.LOG, factories.ago(19)
    run.answering_since, run.busy_seconds = factories.ago(15), 900
    run.save()
    factories.make_unit(run, "assay_arc", count=1172, answered=1172, state="finished")
    factories.make_unit(run, "assay_hellaswag", count=10042, answered=4096, state="claimed")
    factories.make_unit(run, "assay_belebele", count=5400)
    factories.make_worker(name="barafu-2-0a51fe", memory=64, run=run)
    factories.make_worker(name="kusi-1-77b0c2", memory=16)
    waiting = _submission(board, by, "pelagos/Skerry-8B", "queued")
    waiting.run.needs = Needs(memory=10**11, tags=("gpu",)).as_json()
    waiting.run.save()
    failed = _submission(
        board, by, "tin-cup/Pewter-1B", "failed", failure_code="nan_logits",
        failure_detail="3 of the first 10 documents: model.layers.11.mlp.down_proj.weight",
    )  # fmt: skip
    failed.run.log_tail = invented.LOG
    failed.run.save()
    ours = _submission(board, by, "umfula/Umfula-2B", "failed", failure_code="store_unavailable")
    cancelled = _submission(board, by, "osier/Osier-3B", "cancelled", failure_code="cancelled")
    published = board.submissions.filter(state="published").order_by("pk")[1]
    states = {
        "running": running, "queued": waiting, "failed": failed, "failed-ours": ours,
        "cancelled": cancelled, "published": published,
    }  # fmt: skip
    return {f"submission-{name}": f"/submissions/{one.public_id}/" for name, one in states.items()}


def _submission(board: Board, by: User, name: str, state: str, **fields: Any) -> Submission:
    model = invented.Model(name, 2.0, "apache-2.0", ["en"], 0.4)
    made = factories.make_submission(
        board=board, revision=_revision(model), by=by, state=state, **fields
    )
    factories.make_event(made, state)
    return made


def _logged(board: Board, results: list[Result]) -> None:
    """Log what was asked for, a dispute and its answer."""
    for result in results[:6]:
        log.intent(result.submission)
    disputed = moderation.dispute(
        by=factories.make_user("tomas"), result=results[4],
        reason="Two of the few-shot examples were in its training data.",
    )  # fmt: skip
    moderation.answer(
        by=factories.make_operator(), dispute=disputed, outcome="dismissed",
        reason="The examples are fixed for all models, and both are public.",
    )  # fmt: skip
    moderation.dispute(
        by=factories.make_user("zawadi"), result=results[10],
        reason="My own run of the published config gives two points more.",
    )  # fmt: skip
    sequencer.sequence()


def _session(by: User) -> str:
    factories.make_token(by)
    client = Client()
    client.force_login(by)
    return client.cookies["sessionid"].value
