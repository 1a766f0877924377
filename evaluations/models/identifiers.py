"""Public identifiers: short, sayable, and telling nothing of how many there are."""

import secrets

#: Crockford's base 32 in lower case: no i, l, o, u, so that nothing is misread.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_public_id() -> str:
    """Return ten random characters, 50 bits; the database's constraint catches the rest."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(10))


def choices(states: type) -> list[tuple[str, str]]:
    """Return an enum's values as Django's choices."""
    return [(str(state.value), str(state.value)) for state in states]  # type: ignore[attr-defined]
