"""Signed notes (C2SP signed-note v1.0.0): a text and below it the signatures of named keys.

Only Ed25519 (signature type 0x01). A note that two programs could read as two texts is refused.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_ED25519 = b"\x01"
_KEY_BYTES, _HASH_BYTES = 32, 4
#: Room for more than 16 signatures of 5 kB, which every verifier must accept.
MOST_BYTES, _MOST_SIGNATURES = 128 * 1024, 64
#: No white space (Unicode's neither), control character, plus, or half of a surrogate pair.
_NAME = re.compile(r"[^\s+\x00-\x1f\x7f\ud800-\udfff]{1,255}")
_SIGNATURE = re.compile(r"— (?P<name>\S+) (?P<signature>[A-Za-z0-9+/]+={0,2})")
_VKEY = re.compile(r"(?P<name>[^+]+)\+(?P<hash>[0-9a-f]{8})\+(?P<key>[A-Za-z0-9+/]+={0,2})")


class NoteError(ValueError):
    """A note, or a key for notes, is not well-formed, or no trusted key signed the note."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """A key whose signatures are believed.

    Attributes:
        key_hash: 4 bytes of SHA-256 over name and key; signature lines name the key by it.
        public_key: 32 bytes, as RFC 8032 encodes them.
    """

    name: str
    key_hash: bytes
    public_key: bytes

    def accepts(self, text: str, signature: bytes) -> bool:
        """Tell whether this key made a signature of a text."""
        try:
            key = Ed25519PublicKey.from_public_bytes(self.public_key)
            key.verify(signature, text.encode())
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line; whether the signature is good is not known yet."""

    name: str
    key_hash: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A well-formed note, of which nothing has been checked."""

    text: str
    signatures: tuple[Signature, ...]


def checked_name(name: str) -> str:
    """Return a key's or a log's name.

    Raises:
        NoteError: if it is empty or too long, or has spaces, control characters or a plus.
    """
    if not _NAME.fullmatch(name):
        raise NoteError(
            f"{name[:80]!r} is no name of a key: 1 to 255 characters, no space and no plus."
        )
    return name


def key_hash(name: str, public: bytes) -> bytes:
    """Return the 4 bytes by which a signature line names an Ed25519 key."""
    return sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:_HASH_BYTES]


def verifier_key(name: str, public: bytes) -> str:
    """Return a public key as text, `name+hash+key`, which `parse_vkey` reads.

    Args:
        name: the key's; for a log it is the origin.
        public: 32 bytes.

    Raises:
        NoteError: if the name or the key can't be one.
    """
    checked_name(name)
    if len(public) != _KEY_BYTES:
        raise NoteError(f"An Ed25519 key has {_KEY_BYTES} bytes; this one has {len(public)}.")
    key = b64encode(_ED25519 + public).decode()
    return f"{name}+{key_hash(name, public).hex()}+{key}"


def parse_vkey(text: str) -> Verifier:
    """Read a verifier key, with or without the newline that ends its file.

    Raises:
        NoteError: if it is not exactly what `verifier_key` writes.
    """
    found = _VKEY.fullmatch(text.removesuffix("\n"))
    if found is None:
        raise NoteError("This is no verifier key (name+hash+base64).")
    key = decoded(found["key"])
    if key[:1] != _ED25519:
        raise NoteError("The verifier key is of another kind than Ed25519 (0x01).")
    name, public = found["name"], key[1:]
    if verifier_key(name, public) != text.removesuffix("\n"):
        raise NoteError("The verifier key's hash does not belong to its name and key.")
    return Verifier(name, key_hash(name, public), public)


def verifier(name: str, private: Ed25519PrivateKey) -> Verifier:
    """Return what checks the signatures that `sign` makes with this key."""
    public = private.public_key().public_bytes_raw()
    return parse_vkey(verifier_key(name, public))


def sign(text: str, name: str, private: Ed25519PrivateKey) -> str:
    """Return a text, which ends in a newline, as a note with one signature.

    Raises:
        NoteError: if the text or the name can't stand in a note.
    """
    _check_text(text)
    public = private.public_key().public_bytes_raw()
    made = key_hash(checked_name(name), public) + private.sign(text.encode())
    return f"{text}\n— {name} {b64encode(made).decode()}\n"


def open_note(note: str | bytes, verifiers: Iterable[Verifier]) -> str:
    """Return a note's text, if a known key signed it.

    Signatures of unknown keys are passed over, as the specification asks. A bad or doubled one of
    a known key spoils the note.

    Raises:
        NoteError: if the note is not well-formed, or no known key signed it.
    """
    read = parse_note(note)
    known = {(one.name, one.key_hash): one for one in verifiers}
    signed: set[tuple[str, bytes]] = set()
    for made in read.signatures:
        key = made.name, made.key_hash
        if key not in known:
            continue
        if key in signed:
            raise NoteError(f"The note has two signatures of {made.name}'s key.")
        if not known[key].accepts(read.text, made.signature):
            raise NoteError(f"The note's signature of {made.name} does not verify.")
        signed.add(key)
    if not signed:
        names = ", ".join(sorted({one.name for one in read.signatures}))
        raise NoteError(f"No key that is trusted here signed the note (it names {names}).")
    return read.text


def parse_note(note: str | bytes) -> Note:
    """Split a note; no signature is checked.

    Raises:
        NoteError: if it is not well-formed.
    """
    text, separator, below = _decoded_text(note).rpartition("\n\n")
    if not separator:
        raise NoteError("This is no signed note: there is no empty line before the signatures.")
    text += "\n"
    _check_text(text)
    lines = below.split("\n")
    if lines.pop():
        raise NoteError("The note does not end with a newline.")
    if not 1 <= len(lines) <= _MOST_SIGNATURES:
        raise NoteError(f"The note has {len(lines)} signatures, not 1 to {_MOST_SIGNATURES}.")
    return Note(text, tuple(_signature(line) for line in lines))


def decoded(text: str) -> bytes:
    """Return what base64 holds, if it is written in the one way that the encoding has.

    Raises:
        NoteError: for other characters, wrong padding, or padding bits that are not zero.
    """
    try:
        data = b64decode(text, validate=True)
    except (Base64Error, ValueError):
        data = b""
    if not data or b64encode(data).decode() != text:
        raise NoteError(f"{text[:80]!r} is not canonical base64.")
    return data


def _decoded_text(note: str | bytes) -> str:
    try:
        data = note.encode() if isinstance(note, str) else note
        if len(data) > MOST_BYTES:
            raise NoteError(f"The note has more than {MOST_BYTES} bytes.")
        return data.decode()
    except UnicodeError:
        raise NoteError("The note is not UTF-8.") from None


def _check_text(text: str) -> None:
    if len(text) < 2 or not text.endswith("\n"):  # noqa: PLR2004  one character and its newline
        raise NoteError("A note's text is not empty and ends with a newline.")
    if any(character < " " and character != "\n" for character in text):
        raise NoteError("A note's text has no control characters but newlines.")


def _signature(line: str) -> Signature:
    found = _SIGNATURE.fullmatch(line)
    if found is None:
        raise NoteError(f"{line[:80]!r} is no signature line (— name base64).")
    data = decoded(found["signature"])
    if len(data) <= _HASH_BYTES:
        raise NoteError(f"The signature of {found['name']} is too short.")
    name = checked_name(found["name"])
    return Signature(name, data[:_HASH_BYTES], data[_HASH_BYTES:])
