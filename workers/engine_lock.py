"""The software that a score depends on; workers of one run must have the same."""

import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from evaluations.provenance.canonical import jcs, sha256_hex

#: What prompts, answers and scores go through.
_PACKAGES = (
    "accelerate", "datasets", "jinja2", "lm_eval", "numpy", "safetensors", "tokenizers", "torch",
    "transformers",
)  # fmt: skip


@cache
def digest() -> str:
    """Return a digest of the installed versions, the interpreter's and the kind of machine."""
    versions = {name: _version(name) for name in _PACKAGES}
    return sha256_hex(
        jcs(
            {
                "packages": versions,
                "python": platform.python_version(),
                "machine": [platform.system(), platform.machine()],
            }
        )
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
