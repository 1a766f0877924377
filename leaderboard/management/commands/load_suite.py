"""`manage.py load_suite FILE`."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from evaluations.errors import AssayError
from evaluations.services import suites


class Command(BaseCommand):
    """Load a suite from its YAML; a draft until it is published."""

    help = (
        "Load a suite from its YAML file and the folder tasks/ beside it; publish_suite opens it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file."""
        parser.add_argument("file", type=Path)

    def handle(self, *_args: object, file: Path, **_options: object) -> None:
        """Load it, or say what is wrong with it."""
        try:
            suite, created = suites.load_suite(path=file)
        except AssayError as error:
            raise CommandError(f"{error.code}: {error.detail} {error.hint}".strip()) from error
        state = "draft" if suite.is_draft else "published"
        self.stdout.write(f"{'loaded' if created else 'was loaded before:'} {suite}, {state}")
