"""Execution as a Django application, so that Celery finds its tasks."""

from django.apps import AppConfig


class WorkersConfig(AppConfig):
    """Tasks and the commands that need lm-eval."""

    name = "workers"
