"""Check 3: exactly the files of the manifest, with their sizes and hashes."""

import hashlib
from dataclasses import asdict

from evaluations.provenance.bundle import MANIFEST, Entry
from evaluations.provenance.canonical import jcs
from evaluations.provenance.checks.evidence import REQUIRED, Evidence
from evaluations.provenance.checks.outcome import CheckFailedError
from evaluations.provenance.checks.signed import foreign, outside
from evaluations.provenance.unpack import Bundle


def check_files(evidence: Evidence) -> str:
    """Compare the bundle with its manifest, both ways round, and hash everything."""
    entries, bundle = evidence.manifest, evidence.bundle
    _check_form(entries, bundle)
    listed = {entry.path for entry in entries}
    held = {path for path in bundle.members if not outside(path)}
    _refuse("the manifest lists files that are not there", listed - held)
    _refuse("there are files that the manifest does not list", held - listed)
    beside = set(bundle.members) - held - {MANIFEST}
    odd = {path for path in beside if foreign(path, bundle.members[path].size)}
    _refuse("beside the manifest stand files that no bundle has, or that are far too large", odd)
    _refuse("the manifest lists files that stand beside it", set(filter(outside, listed)))
    _refuse("files that every bundle has are missing", set(REQUIRED) - set(bundle.members))
    for entry in entries:
        _check_entry(entry, bundle)
    size = sum(entry.size for entry in entries)
    return f"{len(entries)} files, {size} bytes, are exactly those of the manifest"


def _check_form(entries: tuple[Entry, ...], bundle: Bundle) -> None:
    """Refuse a second way to write the same manifest: its own hash is what gets signed."""
    canonical = jcs({"v": 1, "files": [asdict(entry) for entry in entries]})
    if bundle.read(MANIFEST) != canonical:
        raise CheckFailedError("manifest.json is not in canonical form (RFC 8785)")
    paths = [entry.path for entry in entries]
    if paths != sorted(set(paths)):
        raise CheckFailedError("manifest.json is not sorted by path, or lists a path twice")


def _refuse(what: str, paths: set[str]) -> None:
    if paths:
        first, more = min(paths), len(paths) - 1
        raise CheckFailedError(f"{what}: {first}" + (f" and {more} more" if more else ""))


def _check_entry(entry: Entry, bundle: Bundle) -> None:
    if bundle.members[entry.path].size != entry.size:
        raise CheckFailedError(f"{entry.path} has not the size that the manifest says")
    stored = hashlib.sha256()
    for chunk in bundle.chunks(entry.path):
        stored.update(chunk)
    if stored.hexdigest() != entry.sha256:
        raise CheckFailedError(f"{entry.path} has not the SHA-256 that the manifest says")
    packed = entry.path.endswith(".zst")
    plain = bundle.plain_digest(entry.path) if packed else stored.hexdigest()
    if plain != entry.sha256_uncompressed:
        raise CheckFailedError(f"the contents of {entry.path} have not the manifest's SHA-256")
