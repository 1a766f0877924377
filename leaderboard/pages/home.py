"""The first page: what this is, the boards, what was published last."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from evaluations.queries import boards, results

_LATEST = 8


def home(request: HttpRequest) -> HttpResponse:
    """Show the boards with who leads, and the latest results."""
    latest = results.latest(_LATEST)
    example = reverse("result", args=[latest[0].public_id]) if latest else ""
    context = {
        "section": "boards",
        "boards": boards.overview(),
        "latest": latest,
        "example": request.build_absolute_uri(example) if latest else "",
    }
    return render(request, "home.html", context)
