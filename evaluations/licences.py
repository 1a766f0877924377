"""Whose weights and data this site may hand on."""

#: As cards name them (SPDX in lower case): each lets anyone pass copies on. Licences that tie
#: copies to conditions on use (OpenRAIL, Llama, Gemma …) are left out: we can't hold readers to
#: them.
_REDISTRIBUTABLE = frozenset(
    {
        "apache-2.0", "mit", "isc", "unlicense", "cc0-1.0",
        "cc-by-3.0", "cc-by-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0",
    }
)  # fmt: skip


def may_redistribute(licence: str) -> bool:
    """Return whether what is under this licence may be passed on from here; unknown means no."""
    name = licence.lower()
    return name in _REDISTRIBUTABLE or name == "bsd" or name.startswith("bsd-")
