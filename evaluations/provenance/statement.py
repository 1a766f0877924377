"""The signed statement of a result: an in-toto Statement v1 over a manifest and a model's files."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evaluations.provenance.canonical import jcs, parse_strict, sha256_hex
from evaluations.provenance.records import Kind, Record, documents_root, is_time, spec_digest
from evaluations.provenance.signing import base64_text, unbase64

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
SAMPLES_HASH = "rfc6962-sha256"
_MOST = 2**53


class StatementError(ValueError):
    """A payload is no statement as docs/bundle.md describes it."""


@dataclass(frozen=True, slots=True)
class Logged:
    """Where in the log a result's foundations stand, when its statement is made.

    Attributes:
        origin: the log's name.
        benchmark: index of the benchmark's entry.
        intent: index of the intent's entry.
        prior_size, prior_root: the checkpoint that was the last one then; no result can be older.
    """

    origin: str
    benchmark: int
    intent: int
    prior_size: int
    prior_root: bytes


def predicate_type(origin: str) -> str:
    """Return the type of a log's statements about results."""
    return f"https://{origin}/eval-result/v1"


def statement_bytes(
    *,
    logged: Logged,
    submission: str,
    evaluated_at: str,
    manifest_sha256: str,
    files: Mapping[str, bytes],
) -> bytes:
    """Return the canonical payload of a result's statement.

    Args:
        logged: see there.
        submission: the public id of what asked for the run.
        evaluated_at: in UTC, to the second.
        manifest_sha256: of the bundle's manifest.
        files: `run/plan.json`, `run/weights.json`, `run/config.yaml`, `run/requirements.lock` and
            `results/scores.json` as they are in the bundle. All else follows from them, so that a
            reader can hold every field against the files.
    """
    plan = parse_strict(files["run/plan.json"])
    weights = parse_strict(files["run/weights.json"])
    scores = parse_strict(files["results/scores.json"])
    return jcs(
        {
            "_type": STATEMENT_TYPE,
            "subject": [
                _subject("manifest.json", manifest_sha256),
                *(_subject(f"model/{f['path']}", f["sha256"]) for f in weights["files"]),
            ],
            "predicateType": predicate_type(logged.origin),
            "predicate": {
                "evaluator": {"id": logged.origin},
                "evaluatedAt": evaluated_at,
                "submission": submission,
                "model": weights["model"],
                "revision": weights["revision"],
                "suite": {key: plan["suite"][key] for key in ("name", "version", "sha256")},
                **_outcome(scores),
                "benchmarkVersion": {
                    "leafIndex": logged.benchmark,
                    "specSha256": spec_digest(plan),
                    "docsRoot": documents_root(plan["tasks"]),
                },
                "intent": {"leafIndex": logged.intent},
                "priorCheckpoint": {
                    "size": logged.prior_size,
                    "root": base64_text(logged.prior_root),
                },
                "reproducePins": _pins(plan, files),
            },
        }
    )


def _subject(name: str, sha256: str) -> dict[str, Any]:
    return {"name": name, "digest": {"sha256": sha256}}


def _outcome(scores: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as decimal strings: a number's digits must outlive every JSON library."""
    return {
        "results": [
            {
                "benchmark": row["name"],
                "task": row["task"],
                "metric": "+".join(row["metrics"]),
                "filter": row["filter"],
                "n": row["n"],
                **_estimate(row),
            }
            for row in scores["benchmarks"]
        ],
        "score": _estimate(scores["score"]),
        "samplesRoot": [
            {"task": row["task"], "alg": SAMPLES_HASH, "size": row["rows"], "root": row["root"]}
            for row in scores["samples"]
        ],
    }


def _estimate(row: Mapping[str, Any]) -> dict[str, str | None]:
    stderr = row["stderr"]
    return {
        "value": repr(float(row["value"])),
        "stderr": None if stderr is None else repr(float(stderr)),
    }


def _pins(plan: Mapping[str, Any], files: Mapping[str, bytes]) -> dict[str, Any]:
    engine = plan["engine"]
    return {
        "planSha256": sha256_hex(files["run/plan.json"]),
        "packSha256": plan["pack_sha256"],
        "lockSha256": sha256_hex(files["run/requirements.lock"]),
        "configSha256": sha256_hex(files["run/config.yaml"]),
        "engine": engine["name"],
        "lmEval": engine["lm_eval"],
        "transformers": engine["transformers"],
        "torch": engine["torch"],
        "dtype": engine["dtype"],
        "batchSize": engine["batch_size"],
        "device": engine["device"],
        "seeds": plan["seeds"],
        "chatTemplateSha256": plan["chat_template"]["sha256"],
    }


def result_record(payload: bytes, *, manifest_sha256: str, intent: str, benchmark: str) -> Record:
    """Return the log's record of a result, which follows from its statement alone.

    Args:
        payload: the statement.
        manifest_sha256: of the bundle's manifest.
        intent: leaf hash of the intent's entry.
        benchmark: likewise.
    """
    predicate = parse_strict(payload)["predicate"]
    suite = predicate["suite"]
    return Record(
        kind=Kind.RESULT,
        at=predicate["evaluatedAt"],
        about={
            "submission": predicate["submission"],
            "model": predicate["model"],
            "revision": predicate["revision"],
            "suite": f"{suite['name']} v{suite['version']}",
        },
        statement_sha256=sha256_hex(payload),
        manifest_sha256=manifest_sha256,
        refs=(intent, benchmark),
    )


@dataclass(frozen=True, slots=True)
class Claims:
    """What a statement says that its bundle's other files don't.

    Attributes:
        logged: where its foundations stand in the log.
        evaluated_at: in UTC, to the second.
        subjects: names and SHA-256 of what it is about, in its order.
    """

    logged: Logged
    submission: str
    evaluated_at: str
    model: str
    revision: str
    suite: str
    subjects: tuple[tuple[str, str], ...]


def read_claims(payload: bytes) -> Claims:
    """Read a statement's own claims; whether the rest of it is right is another question.

    Raises:
        StatementError: if they are missing or malformed.
    """
    try:
        parsed = parse_strict(payload)
        said = parsed["predicate"]
        prior, suite = said["priorCheckpoint"], said["suite"]
        claims = Claims(
            logged=Logged(
                origin=_text(said["evaluator"]["id"]),
                benchmark=_index(said["benchmarkVersion"]["leafIndex"]),
                intent=_index(said["intent"]["leafIndex"]),
                prior_size=_index(prior["size"]),
                prior_root=unbase64(prior["root"]),
            ),
            submission=_text(said["submission"]),
            evaluated_at=_text(said["evaluatedAt"]),
            model=_text(said["model"]),
            revision=_text(said["revision"]),
            suite=f"{suite['name']} v{suite['version']}",
            subjects=tuple(
                (_text(s["name"]), _text(s["digest"]["sha256"])) for s in _subjects(parsed)
            ),
        )
    except RecursionError:
        raise StatementError("it is nested too deeply") from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise StatementError(f"it lacks what a statement must say: {str(error)[:200]}") from None
    if not is_time(claims.evaluated_at):
        raise StatementError("'evaluatedAt' is no time in UTC")
    return claims


def _subjects(parsed: Any) -> list[Any]:
    if not isinstance(parsed["subject"], list):
        raise TypeError("'subject' is no list")
    return parsed["subject"]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a text is missing")
    return value


def _index(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= _MOST:
        raise TypeError("an index or a size is none")
    return value
