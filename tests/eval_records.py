"""What evaleval/every_eval_ever asks of a record, version 0.2.1, as a JSON schema of our own.

Written from the format's documentation of its fields. It is stricter: fields that we don't write
are unknown here, so that a misspelt optional one is noticed too.
"""

from collections.abc import Sequence
from typing import Any

from jsonschema import Draft202012Validator

_TEXT: dict[str, Any] = {"type": "string", "minLength": 1}
#: Seconds since 1970, as text.
_TIME = {"type": "string", "pattern": "^[0-9]+$"}
_TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}


def _object(fields: dict[str, Any], *, optional: Sequence[str] = ()) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": fields,
        "required": [name for name in fields if name not in optional],
        "additionalProperties": False,
    }


_SOURCE = {
    "oneOf": [
        _object({"dataset_name": _TEXT, "source_type": {"const": "hf_dataset"}, "hf_repo": _TEXT}),
        _object({"dataset_name": _TEXT, "source_type": {"const": "other"}}),
    ]
}
#: A continuous score has to say its range; without a type it would be taken for levels.
_METRIC = _object(
    {
        "evaluation_description": _TEXT,
        "lower_is_better": {"type": "boolean"},
        "score_type": {"const": "continuous"},
        "min_score": {"type": "number"},
        "max_score": {"type": "number"},
    }
)
_SCORE = _object(
    {
        "score": {"type": "number"},
        "uncertainty": _object(
            {
                "standard_error": _object({"value": {"type": "number"}, "method": _TEXT}),
                "num_samples": {"type": "integer", "minimum": 1},
            },
            optional=("standard_error",),
        ),
    }
)
_RECORD = _object(
    {
        "schema_version": {"const": "0.2.1"},
        "evaluation_id": {"type": "string", "pattern": "^[^/]+/.+/[0-9]+$"},
        "evaluation_timestamp": _TIME,
        "retrieved_timestamp": _TIME,
        "source_metadata": _object(
            {
                "source_name": _TEXT,
                "source_type": {"enum": ["documentation", "evaluation_run"]},
                "source_organization_name": _TEXT,
                "evaluator_relationship": {
                    "enum": ["first_party", "third_party", "collaborative", "other"]
                },
            }
        ),
        "eval_library": _object({"name": _TEXT, "version": _TEXT}),
        "model_info": _object({"name": _TEXT, "id": _TEXT, "additional_details": _TEXTS}),
        "evaluation_results": {
            "type": "array",
            "minItems": 1,
            "items": _object(
                {
                    "evaluation_name": _TEXT,
                    "source_data": _SOURCE,
                    "metric_config": _METRIC,
                    "score_details": _SCORE,
                }
            ),
        },
    }
)


def faults(record: Any) -> list[str]:
    """Return what is wrong with a record, each with its place."""
    found = [
        f"{e.json_path}: {e.message}" for e in Draft202012Validator(_RECORD).iter_errors(record)
    ]
    for result in [] if found else record["evaluation_results"]:
        # No schema can compare two of its fields.
        metric, score = result["metric_config"], result["score_details"]["score"]
        if not metric["min_score"] <= score <= metric["max_score"]:
            found.append(f"{result['evaluation_name']}: {score} is out of its range")
    return found
