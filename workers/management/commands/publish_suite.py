"""`manage.py publish_suite NAME [--version N]`."""

from django.core.management.base import BaseCommand, CommandError, CommandParser

from evaluations.errors import AssayError
from evaluations.models import Suite
from evaluations.services.suites import publish
from workers.runner.process import RunnerLostError


class Command(BaseCommand):
    """Pin a draft: resolve its tasks and datasets, count its documents, open it."""

    help = "Publish a loaded suite: pin its tasks and datasets, count documents, open it for good."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the suite's name; the newest version unless another is named."""
        parser.add_argument("name")
        parser.add_argument("--suite-version", type=int, default=None)

    def handle(
        self, *_args: object, name: str, suite_version: int | None, **_options: object
    ) -> None:
        """Publish it, or say what is wrong; harmless if it is published already."""
        suite = _suite(name, suite_version)
        if suite.is_draft:
            self._publish(suite)
            suite.refresh_from_db()
        documents = suite.pins.get("documents", {})
        self.stdout.write(
            f"{suite}, published {suite.published_at:%Y-%m-%d}: "
            f"{len(documents)} tasks, {sum(d['count'] for d in documents.values()):,} documents, "
            f"{len(suite.pins.get('datasets', []))} datasets of the hub, sha256 {suite.sha256}"
        )

    def _publish(self, suite: Suite) -> None:
        # lm-eval takes seconds to import, and a suite that is published needs none of it.
        from workers.publication import survey

        try:
            publish(suite=suite, survey=survey(suite))
        except AssayError as error:
            raise CommandError(f"{error.code}: {error.detail} {error.hint}".strip()) from error
        except RunnerLostError as error:
            raise CommandError(f"The process that loads the tasks ended: {error}.") from error


def _suite(name: str, version: int | None) -> Suite:
    suites = Suite.objects.filter(name=name).order_by("-version")
    found = (suites if version is None else suites.filter(version=version)).first()
    if found is None:
        known = ", ".join(str(suite) for suite in Suite.objects.order_by("name", "version"))
        raise CommandError(f"There is no such suite; loaded are: {known or 'none'}.")
    return found
