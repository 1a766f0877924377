"""What must hold on every page: nothing inline, a title, a heading, a language."""

import re
from html.parser import HTMLParser

import pytest

from evaluations.models import Submission
from evaluations.services import moderation
from evaluations.services.withdrawal import withdraw
from tests import factories
from tests.compared import make_measured, make_scored
from tests.samples import by_filter, choice, make_sampled, written

pytestmark = pytest.mark.django_db


class Reader(HTMLParser):
    """Notes what the policy would block, doubled ids, and references to ids that aren't there."""

    def __init__(self):
        super().__init__()
        self.inline, self.ids, self.wanted, self.headings = [], [], set(), 0

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        self.inline += [f"{tag} {name}" for name in named if name == "style" or name[:2] == "on"]
        if tag == "style" or (tag == "script" and "src" not in named):
            self.inline.append(tag)
        self.ids += [named["id"]] if "id" in named else []
        for name in ("aria-labelledby", "aria-describedby", "for"):
            self.wanted |= set((named.get(name) or "").split())
        self.headings += tag == "h1"


@pytest.fixture
def paths():
    board = factories.make_board("demo")
    factories.make_benchmark(board.suite, "kiswahili", languages=["sw", "en"])
    result = factories.make_result(board=board)
    factories.make_board("empty")
    factories.make_board("draft", draft=True)
    factories.make_revision(metadata={"language": ["yo", "sw"], "tags": ["a"]})
    running = factories.make_submission(board=board, state="running")
    factories.make_unit(running.run)
    failed = factories.make_submission(board=board, state="failed", failure_code="nan_logits")
    failed.run.log_tail = "a line"
    failed.run.save()
    withdrawn = factories.make_result(board=board)
    withdraw(submission=withdrawn.submission, by="ana")
    old = factories.make_result(board=board)
    Submission.objects.filter(pk=old.submission_id).update(state="superseded")
    new = factories.make_result(board=board, revision=old.revision, rescores=old.submission)
    paused = factories.make_submission(board=board, state="planning")
    factories.make_event(paused, "queued", note="disk_full")
    paused.run.faults, paused.run.not_before = 1, factories.ago(-1)
    paused.run.step_total = 4
    paused.run.save()
    factories.make_worker(memory=0, run=running.run)
    removed = factories.make_result(board=board)
    moderation.remove(by=factories.make_operator(), result=removed, reason="x" * 20)
    factories.make_dispute(removed)
    texts = by_filter([written(0, "?", "x " * 900, "x")])
    sampled = make_sampled(
        {"choosing": [choice(n) for n in range(3)], "writing": texts, "closed": [choice(0)]},
        withheld=["closed"],
    )
    measured = make_measured(["sums", "sealed"], withheld=["sealed"])
    pins = [
        make_scored(measured, {"sums": each, "sealed": each}, tables=bool(n)).public_id
        for n, each in enumerate(([1, 0], [0, 1], [1, 1]))
    ]
    compared = "/compare/?" + "&".join(f"pin={pin}" for pin in reversed(pins))
    pages = [
        running, factories.make_submission(), failed, paused, result.submission,
        withdrawn.submission, removed.submission,
        old.submission, new.submission,
    ]  # fmt: skip
    return [
        "/", "/boards/demo/", "/boards/demo/?q=none", "/boards/empty/", "/boards/draft/",
        "/boards/demo/history/", "/boards/demo/?chart=energy",
        f"/results/{result.public_id}/", f"/results/{withdrawn.public_id}/",
        f"/results/{old.public_id}/", f"/results/{new.public_id}/",
        f"/results/{removed.public_id}/", f"/results/{removed.public_id}/dispute/",
        f"/results/{result.public_id}/dispute/", f"/results/{withdrawn.public_id}/dispute/",
        "/governance/", "/governance/?before=1", "/methods/",
        f"/models/local/{result.revision.model.name}/",
        "/benchmarks/", "/benchmarks/patterns/", "/languages/", "/languages/?q=x", "/languages/sw/",
        "/languages/yo/", "/languages/nowhere/", "/status/",
        "/compare/", compared, f"/compare/?pin={pins[0]}",
        f"/compare/?pin={result.public_id}&pin=x",
        f"{compared}&task=sealed", f"{compared}&with={pins[0]}",
        "/queue/", "/submit/", "/account/", "/accounts/login/", "/nothing/",
        *(
            f"/results/{sampled.public_id}/samples/{path}"
            for path in ("", "?q=no", "?task=writing", "?task=closed", "writing/0/", "choosing/1/")
        ),
        *(f"/submissions/{submission.public_id}/" for submission in pages),
    ]  # fmt: skip


def test_every_page_is_well_made(client, paths):
    client.force_login(factories.make_user())
    for path in paths:
        page = client.get(path).content.decode()
        reader = Reader()
        reader.feed(page)
        assert reader.inline == [], path
        assert len(reader.ids) == len(set(reader.ids)), path
        assert reader.wanted <= set(reader.ids), path
        assert reader.headings == 1, path
        assert re.search(r"<title>\s*\S[^<]* · Assay</title>", page), path
        assert '<html lang="en" dir="ltr">' in page, path


def test_bad_form_is_well_made(client):
    client.force_login(factories.make_user())
    reader = Reader()
    reader.feed(client.post("/submit/", {}).content.decode())
    assert reader.wanted <= set(reader.ids)


def test_bad_dispute_is_well_made(client):
    client.force_login(factories.make_user())
    address = f"/results/{factories.make_result().public_id}/dispute/"
    reader = Reader()
    reader.feed(client.post(address, {"reason": "short"}).content.decode())
    assert reader.wanted <= set(reader.ids)
    assert "reason-error" in reader.ids
