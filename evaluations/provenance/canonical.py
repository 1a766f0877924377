"""The bytes that are hashed: canonical JSON, strict parsing, digests of documents and prompts.

Everything here is a pure function of its arguments, so that a stranger gets the same digests.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import rfc8785


class DuplicateKeyError(ValueError):
    """A JSON object names one key twice, so two readers could see two different values."""


def jcs(value: Any) -> bytes:
    """Encode a JSON value as RFC 8785 canonical bytes.

    Raises:
        ValueError: for what JCS cannot hold: NaN, infinities, integers beyond 2**53.
    """
    return rfc8785.dumps(value)


def sha256_hex(data: bytes) -> str:
    """Return the SHA-256 of some bytes as 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def parse_strict(data: bytes) -> Any:
    """Parse UTF-8 JSON and refuse objects that name a key twice, and constants JSON does not have.

    Raises:
        ValueError: if the bytes are not strict JSON (`DuplicateKeyError` for a doubled key).
    """
    return json.loads(data.decode(), object_pairs_hook=_unique, parse_constant=_no_constant)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in pairs:
        if key in made:
            raise DuplicateKeyError(f"the key {key!r} occurs twice in one object")
        made[key] = value
    return made


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def document_digest(doc: Any) -> str:
    """Return lm-eval's own `doc_hash` of a document (lm_eval/evaluator.py, `evaluate`)."""
    return sha256_hex(json.dumps(doc, indent=2, ensure_ascii=False).encode())


def text_digest(text: str) -> str:
    """Return lm-eval's `hash_string`: prompt and target hashes of a sample row are made by it."""
    return sha256_hex(text.encode())


def arguments_digest(arguments: Sequence[Any]) -> str:
    """Return the digest of a request's arguments: a context with a continuation or with settings.

    lm-eval's `prompt_hash` covers a document's first context only; this one covers every
    continuation too. The bytes are compact JSON with sorted keys, unescaped.
    """
    text = json.dumps(list(arguments), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256_hex(text.encode())
