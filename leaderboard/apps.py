"""The public face as a Django application."""

from django.apps import AppConfig


class LeaderboardConfig(AppConfig):
    """Makes the Celery application this process's default."""

    name = "leaderboard"

    def ready(self) -> None:
        """Import the Celery application; without it a web process would ring at amqp://localhost."""
        import leaderboard.celery  # noqa: F401
