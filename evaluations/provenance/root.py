"""The site's root of trust: TUF root metadata, whose versions rotate and revoke keys.

TUF knows four roles. Here `root` signs the metadata itself, `targets` holds the keys of statements,
`snapshot` the key of the log, and `timestamp` those of its witnesses. A version's field `x-assay`
names the log and how many entries it had when the version came into force: what was logged while a
key was trusted stays good after its revocation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from securesystemslib.signer import CryptoSigner, Key
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Role, Root
from tuf.api.serialization import DeserializationError
from tuf.api.serialization.json import JSONSerializer

from evaluations.provenance.canonical import parse_strict, sha256_hex
from evaluations.provenance.signing import has_more_fields, public_bytes

FIELD = "x-assay"
MAX_SIZE = 64 * 1024
_SERIALIZER = JSONSerializer(compact=True)
#: A version is good for so long; each new one begins anew.
_YEARS = 5


class RootError(ValueError):
    """Root metadata is malformed, or doesn't follow from the version before it."""


@dataclass(frozen=True, slots=True)
class RootVersion:
    """One version of the metadata, of which only the form was judged.

    Attributes:
        origin: the log's name.
        log_size: entries that the log had when this version came into force.
        expires: after which nothing new is signed under it.
        statement_keys, log_keys: of either role.
        data: the file's bytes.
    """

    version: int
    origin: str
    log_size: int
    expires: datetime
    statement_keys: tuple[Key, ...]
    log_keys: tuple[Key, ...]
    data: bytes
    metadata: Metadata[Root]

    @property
    def sha256(self) -> str:
        """The digest of the file, by which people compare roots."""
        return sha256_hex(self.data)


@dataclass(frozen=True, slots=True)
class RootChain:
    """Consecutive versions, each signed by the one before it; the reader trusts the first one."""

    versions: tuple[RootVersion, ...]

    @property
    def origin(self) -> str:
        """The log's name."""
        return self.versions[-1].origin

    def statement_keys(self, index: int) -> tuple[Key, ...]:
        """Return the keys that may have signed the statement of the log's entry `index`."""
        return self.at(index).statement_keys

    def log_keys(self, size: int) -> tuple[Key, ...]:
        """Return the keys that may have signed a checkpoint of this size.

        At the size at which a version came into force, both its keys and the ones before count.
        """
        later = [*self.versions[1:], None]
        return tuple(
            key
            for version, after in zip(self.versions, later, strict=True)
            if version.log_size <= size and (after is None or size <= after.log_size)
            for key in version.log_keys
        )

    def at(self, index: int) -> RootVersion:
        """Return the version in force when entry `index` was logged.

        Raises:
            RootError: if it is older than the first version that is known here.
        """
        for version in reversed(self.versions):
            if version.log_size <= index:
                return version
        raise RootError(f"no known version of the root was in force at entry {index}")


def first_root(
    *,
    origin: str,
    root: Sequence[CryptoSigner],
    threshold: int,
    statement: Key,
    log: Key,
    log_size: int = 0,
) -> bytes:
    """Return version 1, signed by all root keys.

    Args:
        origin: the log's name.
        root: the root's own keys.
        threshold: how many of them a later version needs.
        statement: the key of statements.
        log: the key of the log.
        log_size: entries that the log has already.
    """
    made = Root(
        version=1,
        expires=_expiry(),
        consistent_snapshot=False,
        unrecognized_fields={FIELD: {"origin": origin, "logSize": log_size}},
    )
    for signer in root:
        made.add_key(signer.public_key, "root")
    made.roles["root"] = Role(made.roles["root"].keyids, threshold)
    made.add_key(statement, "targets")
    made.add_key(log, "snapshot")
    return _signed(made, root)


def next_root(
    before: bytes,
    *,
    root: Sequence[CryptoSigner],
    log_size: int,
    statement: Key | None = None,
    log: Key | None = None,
) -> bytes:
    """Return the version after this one, in which new keys take the place of old ones.

    Args:
        before: the newest version.
        root: at least as many of its root keys as its threshold asks for.
        log_size: entries that the log has now.
        statement: the new key of statements, if that one changes.
        log: the new key of the log, likewise.

    Raises:
        RootError: if these root keys don't suffice.
    """
    made = read_root(before).metadata.signed
    made.version += 1
    made.expires = _expiry()
    made.unrecognized_fields[FIELD] = made.unrecognized_fields[FIELD] | {"logSize": log_size}
    for key, role in ((statement, "targets"), (log, "snapshot")):
        if key is not None:
            for old in list(made.roles[role].keyids):
                made.revoke_key(old, role)
            made.add_key(key, role)
    data = _signed(made, root)
    _follow(read_root(before), read_root(data))
    return data


def _expiry() -> datetime:
    now = datetime.now(UTC)
    return now.replace(
        year=now.year + _YEARS, month=1, day=1, hour=0, minute=0, second=0, microsecond=0
    )


def _signed(made: Root, root: Sequence[CryptoSigner]) -> bytes:
    metadata = Metadata(made)
    for signer in root:
        metadata.sign(signer, append=True)
    return metadata.to_bytes(_SERIALIZER)


def read_root(data: bytes) -> RootVersion:
    """Parse one version; whether to trust it is another question.

    Raises:
        RootError: if it is anything but the canonical encoding of root metadata.
    """
    if len(data) > MAX_SIZE:
        raise RootError(f"it has more than {MAX_SIZE} bytes")
    try:
        parsed = parse_strict(data)
        metadata: Metadata[Root] = Metadata.from_bytes(data)
        canonical = metadata.to_bytes(_SERIALIZER)
    except (ValueError, RecursionError, DeserializationError, RepositoryError) as error:
        raise RootError(f"it is no root metadata: {str(error)[:200]}") from None
    except Exception as error:  # noqa: BLE001  the library raises whatever it meets
        raise RootError(f"it is no root metadata: {type(error).__name__}") from None
    hexadecimal = [sig.signature for sig in metadata.signatures.values()]
    loose = has_more_fields(parsed) or set(parsed) != {"signatures", "signed"}
    if canonical != data or loose or any(text != text.lower() for text in hexadecimal):
        raise RootError("it is not in canonical form, or has fields that nobody signed")
    if not isinstance(metadata.signed, Root):
        raise RootError("it is metadata of another role")
    try:
        return _version(metadata, data)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RootError(f"it lacks what a root must say: {str(error)[:200]}") from None


def _version(metadata: Metadata[Root], data: bytes) -> RootVersion:
    signed = metadata.signed
    own: dict[str, Any] = signed.unrecognized_fields[FIELD]
    origin, log_size = own["origin"], own["logSize"]
    if set(own) != {"origin", "logSize"} or not isinstance(origin, str) or not origin:
        raise ValueError(f"the field {FIELD} is wrong")
    if type(log_size) is not int or log_size < 0:
        raise ValueError("logSize is no size")
    statement, log = (
        tuple(signed.keys[keyid] for keyid in signed.roles[role].keyids)
        for role in ("targets", "snapshot")
    )
    shared = {public_bytes(key) for key in statement} & {public_bytes(key) for key in log}
    if shared or not statement or not log:
        raise ValueError("statements and log need keys, and never the same one")
    return RootVersion(
        version=signed.version,
        origin=origin,
        log_size=log_size,
        expires=signed.expires,
        statement_keys=statement,
        log_keys=log,
        data=data,
        metadata=metadata,
    )


def chain(files: Mapping[int, bytes], trusted: bytes) -> RootChain:
    """Follow the versions in a bundle, starting from one that is trusted.

    Args:
        files: the versions' bytes by number, 1 to N without a gap.
        trusted: the version that the reader trusts; it may be newer than all of these, or among
            them, and then it must be the same to the byte.

    Returns:
        The trusted version and those after it. Trust goes forward only: whoever wants to forge an
        older version can name the real root keys in it and his own beside them.

    Raises:
        RootError: with the reason.
    """
    pinned = read_root(trusted)
    if sorted(files) != list(range(1, len(files) + 1)):
        raise RootError("the versions of the root are not numbered from 1 without a gap")
    numbered = dict(files)
    if numbered.setdefault(pinned.version, trusted) != trusted:
        raise RootError(
            f"version {pinned.version} of the root is another one than the one that is trusted"
        )
    if sorted(numbered) != list(range(1, len(numbered) + 1)):
        raise RootError(f"versions are missing between this root and the trusted {pinned.version}")
    versions: list[RootVersion] = []
    for number in sorted(numbered):
        version = _named(number, numbered[number])
        if versions:
            _follow(versions[-1], version)
        else:
            _verify(version, by=(version,))
        versions.append(version)
    return RootChain(tuple(versions[pinned.version - 1 :]))


def _named(number: int, data: bytes) -> RootVersion:
    try:
        version = read_root(data)
    except RootError as error:
        raise RootError(f"version {number} of the root: {error}") from None
    if version.version != number:
        raise RootError(f"version {number} of the root says that it is {version.version}")
    return version


def _follow(before: RootVersion, after: RootVersion) -> None:
    """See that a version is the next one, signed by enough root keys of both."""
    if after.version != before.version + 1:
        raise RootError(f"version {after.version} does not follow version {before.version}")
    if after.origin != before.origin:
        raise RootError(f"version {after.version} of the root is another log's")
    if after.log_size < before.log_size:
        raise RootError(f"version {after.version} came into force before its forerunner")
    _verify(after, by=(before, after))


def _verify(version: RootVersion, by: Sequence[RootVersion]) -> None:
    """See that each of these finds enough signatures, and that there are none but good ones.

    A threshold alone would let the bytes of one signature more than it asks for be changed.
    """
    signed, good = version.metadata, set()
    payload = signed.signed_bytes
    for one in by:
        found = one.metadata.signed.get_verification_result("root", payload, signed.signatures)
        if not found:
            raise RootError(
                f"version {version.version} of the root is signed by {len(found.signed)} of the "
                f"{found.threshold} root keys of version {one.version} that it needs"
            )
        good |= set(found.signed)
    if set(signed.signatures) != good:
        raise RootError(f"version {version.version} of the root has signatures that are not good")
