"""Answers that Django has no class for."""

from django.http import HttpResponseRedirect


class SeeOther(HttpResponseRedirect):
    """303: the form was taken; look there for what became of it."""

    status_code = 303
