"""One at a time, over all processes of a site, for what a row's lock can't say."""

from typing import Literal

from django.db import connection

#: PostgreSQL's advisory locks have numbers; these are ours.
_NUMBERS = {"log": 0x61737361790001}


def take(name: Literal["log"]) -> None:
    """Wait for a lock that the present transaction then holds to its end.

    SQLite has one writer at a time anyway: its transactions begin as writers here.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_NUMBERS[name]])
