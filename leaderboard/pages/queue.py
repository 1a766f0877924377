"""The queue as everybody may see it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from evaluations.queries.queue import queue as find_queue


@never_cache
def queue(request: HttpRequest) -> HttpResponse:
    """Show what is at work, what waits and what ended lately."""
    return render(request, "queue.html", {"section": "queue", "queue": find_queue()})
