"""The samples of a result: a list of one task's, and a page for each document."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Self

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from evaluations import store
from evaluations.errors import AssayError
from evaluations.models import Result
from evaluations.queries import results, sample_tables, samples
from evaluations.queries.sample_pages import Document, Page, Wanted
from evaluations.queries.sample_tasks import SampledTask, tasks
from leaderboard.api import cursors
from leaderboard.pages.sample_view import shown

PER_PAGE = 20
_LONGEST_SEARCH = 200
_LARGEST = 2**31
_OUTCOMES = {"right": True, "wrong": False}


@dataclass(frozen=True, slots=True)
class View:
    """What a reader asks of a list, from the query string; nonsense counts as nothing.

    Attributes:
        start: where among the samples, or, in a search, where it goes on.
    """

    outcome: str
    q: str
    filter: str
    start: int

    @classmethod
    def of(cls, query: QueryDict, task: SampledTask) -> Self:
        """Read a query string."""
        outcome, start = query.get("outcome", ""), query.get("from", "")
        number = int(start) if start.isascii() and start.isdigit() and len(start) < 10 else 0  # noqa: PLR2004
        return cls(
            outcome if outcome in _OUTCOMES else "",
            query.get("q", "").strip()[:_LONGEST_SEARCH],
            query.get("filter") or task.filter,
            number,
        )

    def wanted(self, start: int) -> Wanted:
        """Return what is to be looked up."""
        return Wanted(start, PER_PAGE, _OUTCOMES.get(self.outcome), self.q, self.filter)


def listing(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show twenty samples of one task."""
    result = _result(public_id)
    listed = tasks(result)
    task = _task(listed, request.GET.get("task", ""))
    context = {"section": "boards", "result": result, "tasks": listed, "task": task}
    if task is None or task.withheld:
        return render(request, "samples/list.html", context)
    view = View.of(request.GET, task)
    context["view"] = view
    try:
        start, page = _page(result, task, view)
    except AssayError as error:
        return _trouble(request, "samples/list.html", context, error)
    items = [shown(sample, task) for sample in page.items] if page else []
    context |= {"page": page, "items": items, "start": start}
    context |= {"first": start + 1, "last": start + len(items)}
    context["previous"] = max(0, start - PER_PAGE)
    return render(request, "samples/list.html", context)


def _page(result: Result, task: SampledTask, view: View) -> tuple[int, Page | None]:
    """Return a piece and where it begins; beyond the end, the last piece."""
    page = sample_tables.listed(result, task, view.wanted(view.start))
    beyond = page is not None and not page.items and page.total and not view.q
    if page is None or not beyond:
        return view.start, page
    last = ((page.total or 1) - 1) // PER_PAGE * PER_PAGE
    return last, sample_tables.listed(result, task, view.wanted(last))


def one(request: HttpRequest, public_id: str, task: str, doc_id: int) -> HttpResponse:
    """Show one document: all that was asked, answered and scored, and what proves it."""
    result = _result(public_id)
    found = _task(tasks(result), task)
    if found is None or doc_id >= _LARGEST:
        raise Http404(_("There is no such sample."))
    context = {"section": "boards", "result": result, "task": found, "doc_id": doc_id}
    if found.withheld:
        return render(request, "samples/sample.html", context)
    try:
        document = sample_tables.document(result, found, doc_id)
    except AssayError as error:
        return _trouble(request, "samples/sample.html", context, error)
    if document is None:
        raise Http404(_("There is no such sample."))
    context |= _shown(result, found, document) | {"root": _root(result, found.name)}
    return render(request, "samples/sample.html", context)


def _root(result: Result, task: str) -> str:
    """Return the root of a task's rows; empty if the bundle can't be read, which the page says."""
    try:
        return next((one.root for one in samples.tasks(result) if one.task == task), "")
    except (store.ArtefactMissingError, store.StoreUnavailableError):
        return ""


def _shown(result: Result, task: SampledTask, document: Document) -> dict[str, object]:
    # What the benchmark counts comes first.
    counted = sorted(document.samples, key=lambda sample: sample.filter != task.filter)
    address = reverse("api:get_samples", args=[result.public_id, task.name])
    each = [shown(sample, task) for sample in counted]
    return {
        "first": each[0],
        "each": each,
        "metrics": list(dict.fromkeys(name for sample in counted for name in sample.metrics)),
        "document": document,
        "rows": [(s.filter, s.row, cursors.address(address, s.row, limit=1)) for s in counted],
    }


def _trouble(
    request: HttpRequest, template: str, context: dict[str, object], error: AssayError
) -> HttpResponse:
    """Say that the samples can't be read just now; what the database knows is shown."""
    context["trouble"] = error
    return render(request, template, context, status=HTTPStatus.SERVICE_UNAVAILABLE)


def _result(public_id: str) -> Result:
    found = results.by_id(public_id)
    if found is None:
        raise Http404(_("There is no such result."))
    return found


def _task(listed: list[SampledTask], name: str) -> SampledTask | None:
    """Return the task that is asked for, by default the first that can be read."""
    if not name:
        readable = (task for task in listed if not task.withheld)
        return next(readable, listed[0] if listed else None)
    found = next((task for task in listed if task.name == name), None)
    if found is None:
        raise Http404(_("The result has no such task."))
    return found
