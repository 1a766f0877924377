"""Models of one board side by side."""

from django.http import HttpRequest, HttpResponse


def compare(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")
