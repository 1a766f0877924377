"""Thousands of ways to spoil a signed bundle, each with the checks of which one must refuse it.

A mutation is made of a seed alone. Those that change contents make every hash again that a forger
can make: rows' roots, scores and manifest; signatures and the log he can't.
"""

import json
import random
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import zstandard
from tuf.api.metadata import Metadata, Root
from tuf.api.serialization.json import JSONSerializer

from evaluations.provenance.canonical import jcs
from evaluations.provenance.checks.signed import outside
from evaluations.provenance.records import Kind, Record, read_record
from evaluations.provenance.root import first_root, next_root
from evaluations.provenance.signing import sign_envelope
from tests.bundles import CHOICE, Draft, draft
from tests.signed import Site, attach, key, log_result, signed, with_manifest
from tests.unit.provenance.forgeries import FORGERIES, add_bomb

Files = dict[str, bytes]
#: No bundle at all, which ends before any check.
NO_BUNDLE = 0


@dataclass(frozen=True)
class Mutation:
    """One way to spoil the good bundle.

    Attributes:
        checks: of which at least one must fail; `NO_BUNDLE` if there may be none to fail.
    """

    name: str
    files: Callable[[], Files]
    checks: frozenset[int]


@cache
def _site() -> Site:
    """A site's log with two results, and what was logged between and after."""
    site = Site()
    site.fill(5)
    return site


@cache
def _worlds() -> tuple[Files, Files]:
    """Two good bundles of one site, of other samples; the first one is what is spoiled."""
    site = _site()
    good, other = with_manifest(draft().files()), with_manifest(draft(seed=2).files())
    one = log_result(site, good)
    site.fill(3)
    two = log_result(site, other, submission="s-2")
    site.fill(4)
    return attach(site, good, one), attach(site, other, two)


def good() -> Files:
    """The bundle that all of these spoil."""
    return dict(_worlds()[0])


def another() -> Files:
    """An equally good one of the same site."""
    return dict(_worlds()[1])


def _kind(path: str) -> set[int]:
    """The checks that read a file, beside the one of its hash."""
    if not outside(path) or path == "manifest.json":
        return {3, 1} if path == "manifest.json" else {3}
    named = {
        "attestation.dsse.json": {1, 4},
        "proof/result.tlog-proof": {5},
        "proof/intent.tlog-proof": {7},
        "proof/benchmark.tlog-proof": {7},
        "proof/intent.json": {1, 7},
        "proof/benchmark.json": {1, 7},
        "proof/suite.json": {1, 7},
        "proof/consistency.json": {1, 6},
    }
    return named.get(path, {1, 2})


# Bits and bytes.


def _flip(path: str, seed: int) -> Files:
    files, chance = good(), random.Random(f"{path} {seed}")
    data = bytearray(files[path])
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return files | {path: bytes(data)}


def _cut(path: str, seed: int) -> Files:
    files = good()
    return files | {
        path: files[path][: random.Random(f"{path} {seed}").randrange(len(files[path]))]
    }


def _insert(path: str, seed: int) -> Files:
    files, chance = good(), random.Random(f"insert {path} {seed}")
    place = chance.randrange(len(files[path]) + 1)
    added = chance.choice([b" ", b"\n", b"0", b"A", b"=", b"{}", b"\r", b"\0", b"\xef\xbb\xbf"])
    return files | {path: files[path][:place] + added + files[path][place:]}


def _drop(path: str, seed: int) -> Files:
    files = good()
    del files[path]
    return files


def _empty(path: str, seed: int) -> Files:
    return good() | {path: b""}


def _doubled_key(path: str, seed: int) -> Files:
    """Name a key twice, with both values or with another one, at any depth."""
    files, chance = good(), random.Random(f"double {path} {seed}")
    data = files[path]
    places = [at for at in range(len(data)) if data[at : at + 2] == b'{"']
    at = chance.choice(places)
    name = data[at + 1 : data.index(b":", at)]
    value = chance.choice([b"1", b"null", b'"x"', b"[]"])
    return _again(
        files | {path: data[: at + 1] + name + b":" + value + b"," + data[at + 1 :]}, path
    )


def _respelled(path: str, seed: int) -> Files:
    """Write the same JSON in another way."""
    files, chance = good(), random.Random(f"spell {path} {seed}")
    parsed = json.loads(files[path])
    spelled = chance.choice(
        [
            lambda: json.dumps(parsed).encode(),
            lambda: json.dumps(parsed, indent=chance.randint(0, 4)).encode(),
            lambda: json.dumps(dict(reversed(parsed.items())), separators=(",", ":")).encode(),
            lambda: files[path] + chance.choice([b"\n", b" ", b"\t"]),
            lambda: chance.choice([b"\n", b" "]) + files[path],
            lambda: b"{" + b" " * chance.randint(1, 9) + files[path][1:],
        ]
    )
    return files | {path: spelled()}


def _again(files: Files, path: str) -> Files:
    """Make the manifest again if the file is under it, as a forger would."""
    return files if outside(path) else with_manifest(files)


# Contents, with every hash made again.


def _forged(forge: Callable[[Draft, random.Random], object], seed: int) -> Files:
    made = draft()
    forge(made, random.Random(seed))
    beside = {path: data for path, data in good().items() if outside(path)}
    return with_manifest({**beside, **made.files()})


def _forged_by_a_member(forge: Callable[[Draft, random.Random], object], seed: int) -> Files:
    """Sign and log what was forged: only the contents speak against it then."""
    made = draft()
    forge(made, random.Random(seed))
    return signed(made.files())


def _field(path: str, seed: int) -> Files:
    """Change one value in a JSON file under the manifest."""
    files, chance = good(), random.Random(f"field {path} {seed}")
    parsed = json.loads(files[path])
    where, name = chance.choice(list(_leaves(parsed)))
    where[name] = _other(where[name], chance)
    return with_manifest(files | {path: jcs(parsed)})


def _leaves(value: Any) -> Iterator[tuple[Any, Any]]:
    for name in value if isinstance(value, dict) else range(len(value)):
        if isinstance(value[name], dict | list) and value[name]:
            yield from _leaves(value[name])
        else:
            yield value, name


def _other(value: Any, chance: random.Random) -> Any:
    if isinstance(value, bool) or value is None:
        return chance.choice([1, "x", [], not value])
    if isinstance(value, int | float):
        return value + chance.choice([1, -1, 0.5, 1e-9, 1000])
    if isinstance(value, str) and value:
        at = chance.randrange(len(value))
        letter = chance.choice([one for one in "0123456789abcdef" if one != value[at]])
        return value[:at] + letter + value[at + 1 :]
    return "x"


# Statement and signatures.


def _payload(files: Mapping[str, bytes]) -> dict[str, Any]:
    payload: dict[str, Any] = json.loads(
        b64decode(json.loads(files["attestation.dsse.json"])["payload"])
    )
    return payload


def _signed_by(signer: str, payload: bytes) -> Files:
    return good() | {"attestation.dsse.json": sign_envelope(payload, key(signer))}


def _statement_field(seed: int) -> Files:
    """Change one value of the statement; and sign it, with the site's own key."""
    chance = random.Random(f"statement {seed}")
    parsed = _payload(good())
    where, name = chance.choice(list(_leaves(parsed)))
    where[name] = _other(where[name], chance)
    return _signed_by("site statement", jcs(parsed))


def _statement_unsigned(seed: int) -> Files:
    """The same, with the signature of what it was."""
    chance = random.Random(f"unsigned {seed}")
    files = good()
    parsed, envelope = _payload(files), json.loads(files["attestation.dsse.json"])
    where, name = chance.choice(list(_leaves(parsed)))
    where[name] = _other(where[name], chance)
    envelope["payload"] = b64encode(jcs(parsed)).decode()
    return files | {"attestation.dsse.json": jcs(envelope)}


def _wrong_signer(seed: int) -> Files:
    names = ["stranger", "site log", "site root 0", "site root 1"]
    return _signed_by(f"{names[seed % 4]}{seed if seed % 4 == 0 else ''}", jcs(_payload(good())))


def _envelope(seed: int) -> Files:
    """Let the envelope say the same in another way, or more than it should."""
    files, chance = good(), random.Random(f"envelope {seed}")
    made = json.loads(files["attestation.dsse.json"])
    [signature] = made["signatures"]
    text = signature["sig"]
    urlsafe = text.replace("+", "-").replace("/", "_")
    changes: list[Callable[[], object]] = [
        lambda: signature.update(sig=text.rstrip("=")),
        lambda: signature.update(sig=text + "="),
        lambda: signature.update(sig=text[:40] + "\n" + text[40:]),
        lambda: signature.update(sig=urlsafe if urlsafe != text else text + "A"),
        lambda: signature.update(sig=text[:-3] + chr(ord(text[-3]) + 1) + "=="),
        lambda: signature.update(sig=b64encode(_high_s(b64decode(text))).decode()),
        lambda: signature.update(keyid=signature["keyid"].upper()),
        lambda: signature.update(keyid=""),
        lambda: signature.update(keyid=chance.randbytes(32).hex()),
        lambda: signature.update(more=1),
        lambda: made.update(more=chance.random()),
        lambda: made["signatures"].append(dict(signature)),
        lambda: made["signatures"].append({"keyid": "0" * 64, "sig": text}),
        made["signatures"].clear,
        lambda: made.update(payloadType="application/json"),
        lambda: made.update(payload=made["payload"] + "\n"),
        lambda: made.update(payload=b64encode(b64decode(made["payload"]) + b" ").decode()),
    ]
    chance.choice(changes[seed % len(changes) :][:1])()
    return files | {"attestation.dsse.json": jcs(made)}


def _high_s(signature: bytes) -> bytes:
    """Add the group's order to S, which a careless verifier takes for the same signature."""
    order = 2**252 + 27742317777372353535851937790883648493
    value = int.from_bytes(signature[32:], "little") + order
    return signature[:32] + value.to_bytes(32, "little")


# Another result's, another log's.

_BESIDE = sorted(path for path in (
    "attestation.dsse.json", "proof/result.tlog-proof", "proof/intent.tlog-proof",
    "proof/benchmark.tlog-proof", "proof/intent.json", "proof/benchmark.json",
    "proof/consistency.json",
))  # fmt: skip


def _transplant(seed: int) -> Files:
    """Take some of the files beside the manifest from another result of the same log."""
    files, other, chance = good(), another(), random.Random(f"transplant {seed}")
    for path in chance.sample(_BESIDE, chance.randint(1, len(_BESIDE))):
        files[path] = other[path]
    return files


def _other_contents(seed: int) -> Files:
    """Keep everything signed, and put another result's files below it."""
    files, other, chance = good(), another(), random.Random(f"contents {seed}")
    inside = [path for path in files if not outside(path) and files[path] != other[path]]
    for path in chance.sample(inside, chance.randint(1, len(inside))):
        files[path] = other[path]
    return with_manifest(files)


def _forked(seed: int) -> Files:
    """The same contents in a log of the same name with other keys, and the real root."""
    site = Site(keys=f"fork {seed}")
    made = signed(draft().files(), site)
    return made | {"trust/1.root.json": good()["trust/1.root.json"]}


def _forked_halfway(seed: int) -> Files:
    """Take some files from a fork with other keys, root and all."""
    chance = random.Random(f"half {seed}")
    made, files = signed(draft().files(), Site(keys=f"fork {seed % 7}")), good()
    beside = [path for path in made if outside(path) and made[path] != files[path]]
    for path in chance.sample(beside, chance.randint(1, len(beside) - 1)):
        files[path] = made[path]
    return files


def _backdated(seed: int) -> Files:
    """An operator with all keys logs things in the wrong order, or dates them so."""
    site, chance = Site(), random.Random(f"dates {seed}")
    times = ["2026-11-24T16:00:00Z", "2026-11-24T17:10:00Z", "2026-11-24T17:30:00Z"]
    one, two = chance.sample(range(3), 2)
    times[one], times[two] = times[two], times[one]
    return signed(draft().files(), site, times=(times[0], times[1], times[2]))


def _announced(seed: int) -> Files:
    """An operator with all keys runs something else than was announced."""
    chance = random.Random(f"announced {seed}")
    name, value = [
        ("model", "local:other"), ("revision", "1" * 64), ("suite", "made-up v2"),
        ("dtype", "bfloat16"), ("chatTemplate", True), ("submission", "s-9"), ("dtype", None),
        ("chatTemplate", 0),
    ][seed % 8]  # fmt: skip
    site = Site()
    site.fill(chance.randint(0, 9))
    return signed(draft().files(), site, announced={name: value}, after=chance.randint(0, 5))


def _record(name: str, seed: int) -> Files:
    """Change a record that the log holds."""
    files, chance = good(), random.Random(f"record {name} {seed}")
    path = f"proof/{name}.json"
    parsed = json.loads(files[path])
    where, field = chance.choice(list(_leaves(parsed)))
    where[field] = _other(where[field], chance)
    return files | {path: jcs(parsed)}


def _consistency(seed: int) -> Files:
    files, chance = good(), random.Random(f"consistency {seed}")
    parsed = json.loads(files["proof/consistency.json"])
    hashes = parsed["proof"]
    changes: list[Callable[[], object]] = [
        lambda: hashes.pop(chance.randrange(len(hashes))),
        lambda: hashes.insert(chance.randint(0, len(hashes)), hashes[0]),
        hashes.reverse,
        lambda: parsed["old"].update(size=parsed["old"]["size"] + chance.choice([-1, 1])),
        lambda: parsed["new"].update(size=parsed["new"]["size"] + chance.choice([-1, 1])),
        lambda: parsed["new"].update(root=hashes[0]),
        lambda: parsed.update(old={"size": 0, "root": b64encode(bytes(32)).decode()}, proof=[]),
        lambda: parsed.update(v=2),
        lambda: parsed.update(more=1),
        lambda: parsed.update(old=parsed["new"], proof=[]),
    ]
    changes[seed % len(changes)]()
    return files | {"proof/consistency.json": jcs(parsed)}


def _proof_lines(path: str, seed: int) -> Files:
    """Take lines of a proof away, double them, or change their order."""
    files, chance = good(), random.Random(f"lines {path} {seed}")
    lines = files[path].split(b"\n")
    one, two = chance.sample(range(len(lines) - 1), 2)
    match seed % 3:
        case 0:
            del lines[one]
        case 1:
            lines.insert(one, lines[two] if lines[two] else b"AAAA")
        case _ if lines[one] != lines[two]:
            lines[one], lines[two] = lines[two], lines[one]
        case _:
            lines.append(b"")
    return files | {path: b"\n".join(lines)}


# Keys.


def _roots(seed: int) -> Files:
    """Misuse of the root's versions; each seed another one."""
    files, site, chance = good(), Site(), random.Random(f"roots {seed}")
    mine = [key(f"mine {number} {seed}") for number in range(3)]
    newer = {"root": mine, "log_size": chance.randint(0, 9), "statement": key("m").public_key}
    first = files["trust/1.root.json"]
    match seed % 7:
        case 0:  # a version that strangers signed
            made = {2: _forge_next(first, **newer)}
        case 1:  # one signature where two are needed
            made = {2: _forge_next(first, **newer | {"root": site.owners[:1]})}
        case 2:  # the same version twice
            made = {2: first}
        case 3:  # a gap
            made = {3: first}
        case 4:  # what nobody signed
            made = {1: _loosened(first, seed)}
        case 5:  # a version made up to lead to a real one that the reader may know
            made = {1: _forge_older(site, seed)}
        case _:  # other keys in a version that stays signed as it was
            parsed = json.loads(first)
            where, name = chance.choice(list(_leaves(parsed["signed"])))
            where[name] = _other(where[name], chance)
            made = {1: json.dumps(parsed, separators=(",", ":"), sort_keys=True).encode()}
    return files | {f"trust/{number}.root.json": data for number, data in made.items()}


def _forge_next(before: bytes, **choices: Any) -> bytes:
    """Make a version as `next_root` does, without its look whether the keys suffice."""
    from evaluations.provenance import root

    kept, root._follow = root._follow, lambda *_: None
    try:
        return next_root(before, **choices)
    finally:
        root._follow = kept


def _loosened(data: bytes, seed: int) -> bytes:
    parsed = json.loads(data)
    if seed % 2:
        parsed["more"] = seed
    else:
        parsed["signatures"][seed % 3]["more"] = seed
    return json.dumps(parsed, separators=(",", ":"), sort_keys=True).encode()


def _forge_older(site: Site, seed: int) -> bytes:
    """Make a first version that names the real root keys beside others, which sign it."""
    mine = [key(f"older {number} {seed}") for number in range(2)]
    parsed = json.loads(site.roots[0])
    forged = first_root(
        origin=site.origin, root=mine, threshold=2,
        statement=key(f"older {seed}").public_key, log=site.log.public_key,
    )  # fmt: skip
    made = Metadata[Root].from_bytes(forged)
    for owner in parsed["signed"]["roles"]["root"]["keyids"]:
        known = {one.public_key.keyid: one.public_key for one in site.owners}
        made.signed.add_key(known[owner], "root")
    made.signatures.clear()
    for signer in mine:
        made.sign(signer, append=True)
    return bytes(made.to_bytes(JSONSerializer(compact=True)))


def _revoked(seed: int) -> Files:
    """Sign or log with a key after it was revoked."""
    site = Site()
    site.fill(3 + seed % 4)
    old = site.statement, site.log
    kind = ("statement", "log")[seed % 2]
    site.rotate(**{kind: f"new {kind} {seed}"})
    site.statement, site.log = (
        (old[0], site.log) if kind == "statement" else (site.statement, old[1])
    )
    return signed(draft().files(), site, after=1 + seed % 5)


def _too_early(seed: int) -> Files:
    """Sign with the next key before it came into force."""
    site = Site()
    site.fill(3)
    site.statement = key(f"next {seed}")
    made = with_manifest(draft().files())
    entries = log_result(site, made)
    site.statement = key("site statement")
    site.fill(1 + seed % 3)
    site.rotate(statement=f"next {seed}")
    site.fill(2)
    return attach(site, made, entries)


def _key_file(seed: int) -> Files:
    """Put something else for the log's key or the witness policy."""
    files, chance = good(), random.Random(f"key {seed}")
    fork = signed(draft().files(), Site(keys=f"fork {seed % 5}"))
    other = Site(origin="other.example/log")
    changes: list[dict[str, bytes]] = [
        {"trust/log.vkey": fork["trust/log.vkey"]},
        {"trust/log.vkey": signed(draft().files(), other)["trust/log.vkey"]},
        {"trust/log.vkey": files["trust/log.vkey"].rstrip()},
        {"trust/log.vkey": files["trust/log.vkey"] * 2},
        {"trust/witness.policy": b"quorum none"},
        {
            "trust/witness.policy": b"witness w "
            + chance.randbytes(8).hex().encode()
            + b"\nquorum w\n"
        },
    ]
    return files | changes[seed % len(changes)]


# Names and packing.

_NAMES = [
    "../evil", "/etc/evil", "a/../../b", "./x", "a//b", "proof/../x", "trust\\x", "C:/x", "a/./b",
    "\x1b[2J", "proof/x\u202etxt", ".", "..", "a" * 2000,
]  # fmt: skip
_STRANGERS = [
    "extra", "proof/extra.json", "proof/result.tlog-proof.bak", "trust/0.root.json",
    "trust/01.root.json", "trust/1.root.json.x", "trust/key.pem", "attestation.dsse.json.x",
    "proof/a/b.json", "trust/x/1.root.json", "proof/failure.json", "trust/log.vkey2",
    "PROOF/intent.json", "Manifest.json", "run/extra.json", "results/samples/extra.jsonl.zst",
]  # fmt: skip


def _bad_name(seed: int) -> Files:
    return good() | {_NAMES[seed % len(_NAMES)]: b"x"}


def _stranger(seed: int) -> Files:
    return good() | {_STRANGERS[seed % len(_STRANGERS)]: b"{}"}


def _large(seed: int) -> Files:
    path = ["proof/intent.json", "trust/log.vkey", "proof/result.tlog-proof"][seed % 3]
    return good() | {path: good()[path] + b" " * (200_000 + seed)}


def _bomb(seed: int) -> Files:
    files, path = good(), f"results/samples/{CHOICE}.jsonl.zst"
    packed = zstandard.ZstdCompressor(level=19).compress(bytes(80 << 20))
    return with_manifest_of(files | {path: packed}, path)


def with_manifest_of(files: Files, path: str) -> Files:
    """Make a manifest that says of one file what it said before, without unpacking it."""
    parsed = json.loads(files["manifest.json"])
    for row in parsed["files"]:
        if row["path"] == path:
            row["size"] = len(files[path])
    return files | {"manifest.json": jcs(parsed)}


def _packed_twice(seed: int) -> Files:
    """Add to a compressed file what a lenient reader passes over."""
    files, path = good(), f"results/samples/{CHOICE}.jsonl.zst"
    rest = [b"x", zstandard.compress(b"{}\n"), b"\0" * 9, b"\x50\x2a\x4d\x18\4\0\0\0more"]
    return with_manifest_of(files | {path: files[path] + rest[seed % len(rest)]}, path)


def mutations() -> list[Mutation]:
    """Return all of them; more than two thousand."""
    found = [*_of_bytes(), *_of_contents(), *_of_signatures(), *_of_names()]
    assert len({one.name for one in found}) == len(found)
    return found


def _many(
    times: int, change: Callable[..., Files], *arguments: Any, checks: set[int], name: str = ""
) -> Iterator[Mutation]:
    label = name or change.__name__.strip("_")
    for seed in range(times):
        shown = f"{label}-{seed}"
        yield Mutation(
            shown, lambda seed=seed: change(*arguments, seed), frozenset(checks)  # type: ignore[misc]
        )  # fmt: skip


def _of_bytes() -> Iterator[Mutation]:
    for path in good():
        checks = _kind(path)
        beside = outside(path)
        yield from _many(60 if beside else 20, _flip, path, checks=checks, name=f"flip {path}")
        yield from _many(10 if beside else 4, _cut, path, checks=checks, name=f"cut {path}")
        yield from _many(14 if beside else 4, _insert, path, checks=checks, name=f"insert {path}")
        gone = {NO_BUNDLE} if path == "manifest.json" else checks
        yield from _many(1, _drop, path, checks=gone, name=f"drop {path}")
        yield from _many(1, _empty, path, checks=checks, name=f"empty {path}")
        if path.endswith(".json"):
            yield from _many(8, _doubled_key, path, checks={1}, name=f"double {path}")
            spelled = checks if beside else {3}
            yield from _many(8, _respelled, path, checks=spelled, name=f"respell {path}")


def _of_contents() -> Iterator[Mutation]:
    for forge, times, check in FORGERIES:
        if forge is not add_bomb:
            name = forge.__name__
            yield from _many(times, _forged, forge, checks={check}, name=name)
            yield from _many(times, _forged, forge, checks={4, 5}, name=f"{name} transplanted")
            few = min(times, 3)
            yield from _many(few, _forged_by_a_member, forge, checks={check}, name=f"signed {name}")
    for path in ("run/plan.json", "run/weights.json", "results/scores.json"):
        yield from _many(40, _field, path, checks={4, 5}, name=f"field {path}")
    yield from _many(30, _field, "results/results.json", checks={5}, name="field results")
    yield from _many(60, _other_contents, checks={4, 5})


def _of_signatures() -> Iterator[Mutation]:
    yield from _many(80, _statement_field, checks={4, 5})
    yield from _many(60, _statement_unsigned, checks={4})
    yield from _many(20, _wrong_signer, checks={4})
    yield from _many(34, _envelope, checks={4})
    yield from _many(60, _transplant, checks={4, 5, 6, 7})
    yield from _many(10, _forked, checks={2, 4, 5})
    yield from _many(40, _forked_halfway, checks={1, 2, 4, 5, 6, 7})
    yield from _many(6, _backdated, checks={7})
    yield from _many(16, _announced, checks={7})
    for name in ("intent", "benchmark", "suite"):
        yield from _many(20, _record, name, checks={7}, name=f"record {name}")
        if name != "suite":
            path = f"proof/{name}.tlog-proof"
            yield from _many(15, _proof_lines, path, checks={7}, name=f"lines {name}")
    yield from _many(15, _proof_lines, "proof/result.tlog-proof", checks={5}, name="lines result")
    yield from _many(30, _consistency, checks={6})
    yield from _many(42, _roots, checks={2, 4})
    yield from _many(12, _revoked, checks={4, 5})
    yield from _many(6, _too_early, checks={4})
    yield from _many(18, _key_file, checks={2})


def _of_names() -> Iterator[Mutation]:
    yield from _many(len(_NAMES), _bad_name, checks={1})
    yield from _many(len(_STRANGERS), _stranger, checks={3})
    yield from _many(6, _large, checks={3})
    yield from _many(2, _bomb, checks={1})
    yield from _many(4, _packed_twice, checks={1})


__all__ = ["Kind", "Mutation", "Record", "another", "good", "mutations", "read_record"]
