"""`manage.py catalogues update|check|missing [LOCALE …]`: the texts in other languages."""

from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from leaderboard.catalogues.checking import problems, shown, untranslated
from leaderboard.catalogues.extracting import extracted
from leaderboard.catalogues.files import locales, path, read, render, updated

#: What lint shows of each language; the rest would hide the others.
_SHOWN = 20


class Command(BaseCommand):
    """Bring catalogues up to date with the sources, check them, or list what they lack."""

    help = "Update or check the catalogues of translations, or list what they lack."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what to do, and for which languages."""
        parser.add_argument("act", choices=["update", "check", "missing"])
        parser.add_argument("locales", nargs="*", metavar="LOCALE", help=", ".join(locales()))

    def handle(self, *args: Any, act: str, **options: Any) -> None:
        """Do it for the named languages, or for all."""
        chosen: list[str] = options["locales"] or locales()
        if unknown := sorted(set(chosen) - set(locales())):
            raise CommandError(f"No such locale: {', '.join(unknown)}. Known: {locales()}.")
        sources = extracted()
        if act == "update":
            for locale in chosen:
                self._update(locale, sources)
        elif act == "missing":
            for locale in chosen:
                self._missing(locale, sources)
        elif broken := [locale for locale in chosen if self._is_broken(locale, sources)]:
            raise CommandError(f"These catalogues are not whole: {', '.join(broken)}.")

    def _update(self, locale: str, sources: Catalog) -> None:
        file = path(locale)
        file.parent.mkdir(parents=True, exist_ok=True)
        new = updated(_read(locale), sources, locale)
        file.write_text(render(locale, new), encoding="utf-8")
        lacking = len(untranslated(new, sources))
        self.stdout.write(f"{locale}: {len(new)} strings, {lacking} to translate")

    def _missing(self, locale: str, sources: Catalog) -> None:
        for number, message in enumerate(untranslated(_read(locale), sources), 1):
            self.stdout.write(f"{number} {shown(message)}")

    def _is_broken(self, locale: str, sources: Catalog) -> bool:
        found = list(problems(_read(locale), sources, locale))
        for problem in found[:_SHOWN]:
            self.stderr.write(f"{locale}: {problem}")
        if len(found) > _SHOWN:
            self.stderr.write(
                f"{locale}: … and {len(found) - _SHOWN} more;"
                f" `make untranslated LOCALE={locale}` lists what is not translated."
            )
        return bool(found)


def _read(locale: str) -> Catalog:
    try:
        return read(locale)
    except PoFileError as error:
        raise CommandError(f"{path(locale)} is no catalogue: {error}") from error
