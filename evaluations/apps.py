"""The domain as a Django application."""

from django.apps import AppConfig


class EvaluationsConfig(AppConfig):
    """Models, services and queries."""

    name = "evaluations"
