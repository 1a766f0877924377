"""How a number comes about, and what each check of it proves and doesn't."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from evaluations.queries import evidence, log


def methods(request: HttpRequest) -> HttpResponse:
    """Say how results come about, and what can be checked of them."""
    newest = log.latest()
    context = {
        "root": log.root(),
        "vkey": evidence.log_vkey().decode().strip(),
        "size": newest.size if newest else 0,
    }
    return render(request, "methods.html", context)
