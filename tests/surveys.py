"""Surveys of suites whose data lie in their own files, made without lm-eval's catalogue."""

import json
from importlib.metadata import version

from evaluations import store
from evaluations.models import Suite
from evaluations.provenance.canonical import document_digest
from evaluations.provenance.merkle import tree_root_hex
from evaluations.services.suites import Survey


def counted(suite: Suite) -> Survey:
    """Count each benchmark's `test.jsonl`, as `manage.py publish_suite` does with lm-eval."""
    files = {file["path"]: file["sha256"] for file in suite.files}
    tasks = list(suite.benchmarks.values_list("task", flat=True))
    documents = {}
    for task in tasks:
        lines = store.get_bytes(files[f"task/{task}/data/test.jsonl"]).splitlines()
        digests = [bytes.fromhex(document_digest(json.loads(line))) for line in lines]
        documents[task] = (len(lines), tree_root_hex(digests))
    return Survey(
        lm_eval=version("lm_eval"),
        tasks=tasks,
        files={},
        leaves={benchmark.name: [benchmark.task] for benchmark in suite.benchmarks.all()},
        documents=documents,
        datasets=[],
    )
