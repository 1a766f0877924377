"""`manage.py derive_samples [RESULT…] [--again]`."""

from django.core.management.base import BaseCommand, CommandError, CommandParser

from evaluations.errors import AssayError
from evaluations.models import Result
from evaluations.queries import results as queries
from evaluations.services import sample_tables


class Command(BaseCommand):
    """Make the tables of samples that results lack, from their bundles in the store."""

    help = (
        "Copy samples from bundles into tables, which pages and downloads are read from. Results "
        "that are published now have them; this is for older ones. Harmless when repeated."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take some results, and whether to make what is there anew."""
        parser.add_argument("results", nargs="*", metavar="RESULT", help="an id; by default all")
        parser.add_argument("--again", action="store_true", help="make those that are there anew")

    def handle(self, *_args: object, results: list[str], again: bool, **_options: object) -> None:
        """Make them one result after another; one that can't be read stops no other."""
        names = results or Result.objects.order_by("pk").values_list("public_id", flat=True)
        failed = [name for name in names if not self._derive(name, again)]
        if failed:
            raise CommandError(f"No tables were made for {', '.join(failed)}.")

    def _derive(self, name: str, again: bool) -> bool:
        result = queries.by_id(name)
        if result is None:
            self.stderr.write(f"{name}: there is no such result.")
            return False
        try:
            made = sample_tables.derive(result=result, again=again)
        except AssayError as error:
            self.stderr.write(f"{name}: {error.detail} {error.hint}".strip())
            return False
        rows = sum(table.rows for table in made)
        self.stdout.write(f"{name}: {len(made)} tables, {rows} rows")
        return True
