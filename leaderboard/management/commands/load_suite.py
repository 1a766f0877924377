"""`manage.py load_suite FILE [--publish]`."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from evaluations.errors import AssayError
from evaluations.services import suites


class Command(BaseCommand):
    """Load a suite from its YAML; a draft until it is published."""

    help = "Load a suite from its YAML file and the folder tasks/ beside it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--publish", action="store_true", help="pin it and open it")

    def handle(self, *_args: object, file: Path, publish: bool, **_options: object) -> None:
        """Load it, or say what is wrong with it."""
        try:
            suite, created = suites.load_suite(path=file)
            if publish:
                suites.publish(suite=suite)
        except AssayError as error:
            raise CommandError(f"{error.code}: {error.detail} {error.hint}".strip()) from error
        state = "draft" if suite.is_draft else "published"
        self.stdout.write(f"{'loaded' if created else 'was loaded before:'} {suite}, {state}")
