"""`manage.py create_user NAME [--staff] [--token]`."""

import secrets
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from evaluations.enums import Scope
from evaluations.services.access import make_token


class Command(BaseCommand):
    """Make an account; its password, or its first token, is printed once."""

    help = "Make an account and print its password, or with --token a token, once."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the name and what the account may do."""
        parser.add_argument("name", help="letters, digits and @ . + - _")
        parser.add_argument("--staff", action="store_true", help="may moderate and use /admin/")
        parser.add_argument(
            "--token",
            action="store_true",
            help="for a program: no password, but a token with every scope",
        )

    def handle(self, *_args: object, name: str, staff: bool, token: bool, **_: object) -> None:
        """Make it, or say why not."""
        user = User(username=name, is_staff=staff, is_superuser=staff)
        password = None if token else secrets.token_urlsafe(15)
        user.set_password(password)
        try:
            user.full_clean()
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from error
        self._save(user, password)

    @transaction.atomic
    def _save(self, user: User, password: str | None) -> None:
        user.save()
        what: tuple[str, Any] = ("password", password)
        if password is None:
            what = ("token", make_token(by=user, name="first", scopes=list(Scope))[1])
        self.stdout.write(f"account {user.username}\n{what[0]} {what[1]} (printed this once)")
