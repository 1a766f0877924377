"""`manage.py create_board SLUG SUITE`."""

from django.core.management.base import BaseCommand, CommandError, CommandParser

from evaluations.errors import AssayError
from evaluations.models import Suite
from evaluations.services.suites import open_board


class Command(BaseCommand):
    """Open a board over the newest version of a suite."""

    help = "Open a board over the newest version of a loaded suite."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the board's slug and the suite's name."""
        parser.add_argument("slug")
        parser.add_argument("suite")

    def handle(self, *_args: object, slug: str, suite: str, **_options: object) -> None:
        """Open it; harmless if it is open already."""
        newest = Suite.objects.filter(name=suite).order_by("-version").first()
        if newest is None:
            known = ", ".join(sorted(set(Suite.objects.values_list("name", flat=True))))
            raise CommandError(f"There is no suite {suite!r}; loaded are: {known or 'none'}.")
        try:
            board, created = open_board(slug=slug, suite=newest)
        except AssayError as error:
            raise CommandError(f"{error.code}: {error.detail} {error.hint}".strip()) from error
        self.stdout.write(f"{'opened' if created else 'was open before:'} {board.slug} ({newest})")
