"""What is published can't be changed or removed, whoever tries it; see `evaluations.append_only`.

A later migration that changes one of these tables begins with `off` and ends with `on`, as
`RunPython` operations; if it changes the rules, it ends with rules of its own.
"""

from django.db import migrations

from evaluations.append_only import Rule, turn_off, turn_on

_PUBLISHED = "OLD.published_at IS NOT NULL"
_IN_PUBLISHED = (
    "EXISTS (SELECT 1 FROM evaluations_suite s "
    "WHERE s.id = OLD.suite_id AND s.published_at IS NOT NULL)"
)
_SUITE = (
    "id", "name", "version", "languages", "aggregation", "requires", "files", "source_sha256",
    "tasks", "pins", "sha256", "published_at",
)
_BENCHMARK = (
    "id", "suite_id", "position", "name", "task", "leaves", "num_fewshot", "metrics", "filter",
    "baseline", "baselines", "aggregation", "normalised", "languages", "licence", "withheld",
    "components", "documents",
)
# The list of files keeps its paths and sizes; a digest is filled in once.
_FILES_SQLITE = """
    json_array_length(OLD.files) <> json_array_length(NEW.files) OR EXISTS (
        SELECT 1 FROM json_each(OLD.files) o JOIN json_each(NEW.files) n ON o.key = n.key
        WHERE json_extract(o.value, '$.path') IS NOT json_extract(n.value, '$.path')
        OR json_extract(o.value, '$.size') IS NOT json_extract(n.value, '$.size')
        OR (json_extract(o.value, '$.sha256') <> ''
            AND json_extract(o.value, '$.sha256') IS NOT json_extract(n.value, '$.sha256')))
"""
_FILES_POSTGRESQL = """
    jsonb_array_length(OLD.files) <> jsonb_array_length(NEW.files) OR EXISTS (
        SELECT 1 FROM jsonb_array_elements(OLD.files) WITH ORDINALITY o(file, number)
        JOIN jsonb_array_elements(NEW.files) WITH ORDINALITY n(file, number) USING (number)
        WHERE o.file - 'sha256' IS DISTINCT FROM n.file - 'sha256'
        OR (o.file ->> 'sha256' <> '' AND o.file ->> 'sha256' IS DISTINCT FROM n.file ->> 'sha256'))
"""


def _fixed(name, table, what):
    """Return rules for rows that are only ever added."""
    return [
        Rule(f"{name}_unchanged", table, "UPDATE", f"{what} can not be changed."),
        Rule(f"{name}_kept", table, "DELETE", f"{what} can not be deleted."),
    ]


RULES = [
    *_fixed("assay_event", "evaluations_submissionevent", "An event of a submission"),
    *_fixed("assay_result", "evaluations_result", "A published result"),
    *_fixed("assay_score", "evaluations_score", "A score of a published result"),
    Rule("assay_suite_unchanged", "evaluations_suite", "UPDATE",
         "What publication pinned in a suite can not be changed. Load a new version.",
         pinned=_SUITE, condition=_PUBLISHED),
    Rule("assay_suite_kept", "evaluations_suite", "DELETE",
         "A published suite can not be deleted.", condition=_PUBLISHED),
    Rule("assay_benchmark_unchanged", "evaluations_benchmark", "UPDATE",
         "What publication pinned in a benchmark can not be changed. Load a new version.",
         pinned=_BENCHMARK, condition=_IN_PUBLISHED),
    Rule("assay_benchmark_kept", "evaluations_benchmark", "DELETE",
         "A benchmark of a published suite can not be deleted.", condition=_IN_PUBLISHED),
    Rule("assay_revision_unchanged", "evaluations_revision", "UPDATE",
         "The commit of a revision can not be changed.", pinned=("id", "model_id", "commit")),
    Rule("assay_revision_files", "evaluations_revision", "UPDATE",
         "The files of a revision can not be changed; a missing digest is filled in once.",
         vendors=(_FILES_SQLITE, _FILES_POSTGRESQL)),
    Rule("assay_revision_kept", "evaluations_revision", "DELETE",
         "A revision can not be deleted."),
]


def on(_apps, schema_editor):
    turn_on(RULES, schema_editor)


def off(_apps, schema_editor):
    turn_off(RULES, schema_editor)


class Migration(migrations.Migration):

    dependencies = [('evaluations', '0002_hub_suites_and_tokens')]

    operations = [migrations.RunPython(on, off)]
