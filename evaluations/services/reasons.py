"""Reasons that people give for acts in public: what of them can be published as it is."""

import unicodedata

from evaluations.errors import AssayError

LEAST, MOST = 20, 2000
#: They turn the direction of all that follows, so that a reader sees other words than were written.
#: The marks that right-to-left languages need (U+200E, U+200F, U+061C) are none of them.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
#: Control characters, halves of a surrogate pair.
_UNSEEN = frozenset({"Cc", "Cs"})


def checked_reason(text: str) -> str:
    """Return a reason as it is published: lines end with line feeds, nothing around it.

    Raises:
        AssayError: `reason_length` unless it has 20 to 2,000 characters; `reason_characters` if it
            holds some that nobody can see.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not LEAST <= len(text) <= MOST:
        raise AssayError(
            "reason_length",
            f"The reason has {len(text)} characters; {LEAST} to {MOST} are needed.",
            "Say what is wrong and how it can be seen; longer evidence is better linked to.",
        )
    if bad := next((one for one in text if _is_unseen(one)), ""):
        raise AssayError(
            "reason_characters",
            f"The reason holds the character U+{ord(bad):04X}, which nobody can see.",
            "Type that place again, or paste the text without its formatting.",
        )
    return text


def _is_unseen(one: str) -> bool:
    return one in _TURNING or (unicodedata.category(one) in _UNSEEN and one not in "\n\t")
