"""Replications made from made-up bundles, honest ones and others."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from securesystemslib.signer import CryptoSigner

from evaluations.provenance.canonical import jcs
from evaluations.provenance.replication.archive import ENVIRONMENT, PINS, write
from evaluations.provenance.replication.audit import Audit
from evaluations.provenance.signing import new_key
from evaluations.provenance.unpack import Bundle, open_bundle
from tests.bundles import CHOICE, DOCUMENTS, Draft, draft, pack, write_files

Change = Callable[[dict[str, list[Any]]], object]


def original(root: Path, **engine: str) -> tuple[Draft, Bundle]:
    """Write an honest bundle, whose model computed with float32, and open it."""
    made = draft()
    made.plan["engine"] = {"dtype": "float32"} | engine
    made.write(root)
    return made, open_bundle(root)


def rerun(folder: Path, rows: dict[str, list[Any]]) -> Path:
    """Write what a second run leaves: its samples, and where it ran."""
    samples = {f"results/samples/{task}.jsonl.zst": pack(found) for task, found in rows.items()}
    write_files(folder, samples | {ENVIRONMENT: jcs({"python": "3.11"}), PINS: jcs({"pins": []})})
    return folder


def audited(made: Draft, audit: Audit) -> dict[str, list[Any]]:
    """Keep the rows of the documents that an audit chooses."""
    kept = {}
    for task, rows in made.rows.items():
        root = made.plan["tasks"][task]["documents_root"]
        chosen = set(audit.chosen(task, DOCUMENTS, root))
        kept[task] = [row for row in rows if row["doc_id"] in chosen]
    return kept


def replicate(
    folder: Path, bundle: Bundle, rows: dict[str, list[Any]], *,
    audit: Audit | None = None, signer: CryptoSigner | None = None,
) -> Path:  # fmt: skip
    """Write a replication of a bundle, and return its tar."""
    target = folder.with_suffix(".tar")
    write(rerun(folder, rows), bundle, audit, signer or new_key(), target)
    return target


def answer_again(row: dict[str, Any], answers: list[float]) -> None:
    """Give a row of the choice task other log-likelihoods, and the metrics that follow."""
    logged = [[str(answer), "False"] for answer in answers]
    row["resps"], row["filtered_resps"] = [[one] for one in logged], logged
    gold, choices = row["doc"]["gold"], row["doc"]["choices"]
    scaled = [answer / len(choice) for answer, choice in zip(answers, choices, strict=True)]
    row["acc"] = float(answers[gold] == max(answers))
    row["acc_norm"] = float(scaled[gold] == max(scaled))


def likelihoods(row: dict[str, Any]) -> list[float]:
    return [float(answer) for answer, _ in row["filtered_resps"]]


__all__ = ["CHOICE", "answer_again", "audited", "likelihoods", "original", "replicate", "rerun"]
