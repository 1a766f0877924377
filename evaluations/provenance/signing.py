"""Ed25519 keys in files, and the DSSE envelopes that they sign."""

import base64
import binascii
import json
import os
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import UnverifiedSignatureError, VerificationError
from securesystemslib.signer import CryptoSigner, Key, SSlibKey

from evaluations.errors import AssayError
from evaluations.provenance.canonical import jcs, parse_strict

PAYLOAD_TYPE = "application/vnd.in-toto+json"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class EnvelopeError(ValueError):
    """An envelope is not well-formed, not canonical, or not signed as it must be."""


class KeyFileError(AssayError):
    """A private key's file can't be used; the text says what is wrong with it."""

    def __init__(self, detail: str, hint: str = "") -> None:
        super().__init__("key_unusable", detail, hint)


def new_key() -> CryptoSigner:
    """Make a key."""
    return CryptoSigner.generate_ed25519()


def save_key(path: Path, signer: CryptoSigner) -> None:
    """Write a private key to a new file that only its owner can read (mode 600).

    Raises:
        FileExistsError: if there is a file; a key is never overwritten.
    """
    # Through a file of another name, so that no reader finds half of a key.
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(
                private_key(signer).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            )
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    finally:
        draft.unlink()


def load_key(path: Path) -> CryptoSigner:
    """Read a private key.

    Raises:
        KeyFileError: if it can't be read, is no Ed25519 key, or can be read by others.
    """
    try:
        with path.open("rb") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & _OTHERS:
                raise KeyFileError(
                    f"The key {path.name} can be read by others.", f"chmod 600 {path}"
                )
            key = load_pem_private_key(file.read(), password=None)
    except OSError as error:
        raise KeyFileError(f"The key {path} can't be read: {error.strerror}.") from None
    except (ValueError, TypeError):
        raise KeyFileError(f"The file {path} holds no private key.") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(f"The key {path.name} is not an Ed25519 key.")
    return CryptoSigner(key)


def private_key(signer: CryptoSigner) -> Ed25519PrivateKey:
    """Return a signer's key as `cryptography` has it."""
    key = load_pem_private_key(signer.private_bytes, password=None)
    assert isinstance(key, Ed25519PrivateKey)  # noqa: S101  told to the type checker
    return key


def public_bytes(key: Key) -> bytes:
    """Return the 32 bytes of an Ed25519 public key.

    Raises:
        ValueError: if it is of another kind.
    """
    if key.keytype != "ed25519" or key.scheme != "ed25519":
        raise ValueError(f"the key {key.keyid[:12]} is not an Ed25519 key")
    raw = bytes.fromhex(key.keyval["public"])
    if len(raw) != 32:  # noqa: PLR2004
        raise ValueError(f"the key {key.keyid[:12]} has not 32 bytes")
    return raw


def public_key(raw: bytes) -> SSlibKey:
    """Return a public key of 32 bytes with the id that securesystemslib gives it."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    return SSlibKey.from_crypto(Ed25519PublicKey.from_public_bytes(raw))


def sign_envelope(payload: bytes, signer: CryptoSigner) -> bytes:
    """Return a DSSE envelope around a statement, in canonical form."""
    envelope = Envelope(payload, PAYLOAD_TYPE, {})
    envelope.sign(signer)
    return jcs(envelope.to_dict())


def open_envelope(data: bytes, keys: Sequence[Key]) -> bytes:
    """Return the payload of an envelope that is signed by these keys and by nobody else.

    Args:
        data: the envelope; anything but its own canonical encoding is refused, so that no byte
            of it can change unnoticed.
        keys: of which one or more must have signed.

    Raises:
        EnvelopeError: with the reason.
    """
    envelope = read_envelope(data)
    known = {key.keyid: key for key in keys}
    if strangers := sorted(set(envelope.signatures) - set(known)):
        raise EnvelopeError(f"it is signed by the key {strangers[0][:12]}, which is not trusted")
    for keyid, signature in envelope.signatures.items():
        try:
            known[keyid].verify_signature(signature, envelope.pae())
        except (UnverifiedSignatureError, VerificationError):
            raise EnvelopeError(f"the signature by the key {keyid[:12]} is wrong") from None
    return bytes(envelope.payload)


def read_envelope(data: bytes) -> Envelope:
    """Parse an envelope without judging its signatures.

    Raises:
        EnvelopeError: if it is malformed, unsigned or not in canonical form.
    """
    try:
        parsed = parse_strict(data)
        envelope = Envelope.from_dict(json.loads(data))
        canonical = jcs(envelope.to_dict())
    except RecursionError:
        raise EnvelopeError("it is nested too deeply") from None
    except Exception as error:  # noqa: BLE001  the library raises whatever it meets
        raise EnvelopeError(f"it is no DSSE envelope: {_told(error)}") from None
    if not isinstance(parsed, dict) or canonical != data or has_more_fields(parsed):
        raise EnvelopeError("it is not in canonical form, or has other fields than an envelope")
    if envelope.payload_type != PAYLOAD_TYPE:
        raise EnvelopeError("its payload is not of the type in-toto")
    if not envelope.signatures:
        raise EnvelopeError("it is not signed")
    return envelope


def has_more_fields(signed: Mapping[str, Any]) -> bool:
    """Tell whether signatures have fields that nobody signed; the library keeps them."""
    return any(set(one) != {"keyid", "sig"} for one in signed["signatures"])


def _told(error: Exception) -> str:
    return str(error).split("\n")[0][:200] or type(error).__name__


def unbase64(text: str) -> bytes:
    """Decode standard base64 of which there is only one way to write it.

    Raises:
        ValueError: for anything else.
    """
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError, TypeError):
        raise ValueError("it is not base64") from None
    if base64.b64encode(raw).decode() != text:
        raise ValueError("it is not canonical base64")
    return raw


def base64_text(raw: bytes) -> str:
    """Encode bytes as standard base64."""
    return base64.b64encode(raw).decode()
