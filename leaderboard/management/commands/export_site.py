"""`manage.py export_site DIR`: the site as static files, which any web server can serve."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import set_script_prefix

from evaluations.errors import AssayError
from leaderboard.mirror.asking import Site
from leaderboard.mirror.contents import contents
from leaderboard.mirror.writing import Mirror, Outcome

_SHOWN = 10


class Command(BaseCommand):
    """Write boards, results, bundles, log and pages, so that the data outlives the service."""

    help = "Write the site as static files for any web server; run again, it adds what is new."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the folder and where it will be served."""
        parser.add_argument("folder", type=Path)
        parser.add_argument(
            "--url", default="http://localhost:8000", help="the address that the mirror will have"
        )
        parser.add_argument(
            "--language",
            default=settings.LANGUAGE_CODE,
            choices=[code for code, _ in settings.LANGUAGES],
            help="of its pages",
        )

    def handle(self, *args: Any, folder: Path, url: str, language: str, **options: Any) -> None:
        """Ask for everything and write it."""
        address = url.rstrip("/")
        parts = urlsplit(address)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query:
            raise CommandError(f"{url!r} is no address such as https://mirror.example/assay.")
        # This process answers nobody else.
        settings.ALLOWED_HOSTS = [parts.hostname]
        settings.FORCE_SCRIPT_NAME = parts.path or None
        settings.STATIC_URL = f"{parts.path}/static/"
        call_command("collectstatic", interactive=False, verbosity=0)
        try:
            mirror = Mirror(folder, Site(address, language), address)
            copied = mirror.copy(settings.STATIC_ROOT, "static")
            # Addresses as the site knows them, and all of them first: each answer sets its own
            # prefix, and closes the connection to the database.
            set_script_prefix("/")
            outcome = mirror.write(list(contents()))
        except AssayError as error:
            raise CommandError(f"{error.detail}\n{error.hint}") from error
        self._tell(outcome, copied)

    def _tell(self, outcome: Outcome, copied: int) -> None:
        self.stdout.write(
            f"{outcome.written + copied} files were written, {outcome.kept} were there already."
        )
        for path in outcome.lacking[:_SHOWN]:
            self.stderr.write(f"The site has nothing at {path}.")
        if outcome.lacking:
            raise CommandError(f"{len(outcome.lacking)} addresses are not in the mirror.")
