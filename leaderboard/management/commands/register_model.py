"""`manage.py register_model NAME FOLDER`."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from evaluations.errors import AssayError
from evaluations.services.models import register_local


class Command(BaseCommand):
    """Register a folder with a model as `local:NAME`."""

    help = "Register a folder with a model (safetensors, config, tokenizer, card) as local:NAME."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the name and the folder."""
        parser.add_argument("name", help="letters, digits, dots, underscores, hyphens")
        parser.add_argument("folder", type=Path, help="as save_pretrained writes it")

    def handle(self, *_args: object, name: str, folder: Path, **_options: object) -> None:
        """Register it, or say what is wrong with it."""
        try:
            revision, created = register_local(name=name, folder=folder)
        except AssayError as error:
            raise CommandError(f"{error.code}: {error.detail} {error.hint}".strip()) from error
        except OSError as error:
            raise CommandError(f"The files can't be read or stored: {error}.") from error
        licence = revision.licence or "licence not reported"
        done = "registered" if created else "was registered before as"
        self.stdout.write(
            f"{done} {revision.model}@{revision.commit}\n"
            f"{revision.architecture}, {revision.parameters:,} parameters, {revision.size:,} bytes "
            f"in {len(revision.files)} files, {licence}"
        )
