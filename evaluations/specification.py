"""A suite as its YAML file says it, checked before anything is stored.

A benchmark names a task, a group or a tag of lm-eval, or tasks of the suite's own in the folder
`tasks/` beside the file.
"""

from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from evaluations.bcp47 import normalised
from evaluations.errors import AssayError

Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,49}$")]
Text = Annotated[str, Field(min_length=1, max_length=200)]
#: The score of guessing; a perfect score is 1, so a baseline of 1 would leave nothing to measure.
Baseline = Annotated[float, Field(ge=0, lt=1)]


#: A few lines; a suite's file is no place for a paper.
Note = Annotated[str, Field(max_length=2_000)]
#: What tells a reader about a benchmark and decides no score: it may be filled in later.
NOTES = frozenset({"citation", "canary"})


def _tag(text: str) -> str:
    """Refuse what is no tag; it stays as it is written, for the suite's digest is over it."""
    if not normalised(text):
        raise ValueError(f"{text[:50]!r} is no tag of a language such as sw, pt-BR or zh-Hans")
    return text


Tag = Annotated[str, AfterValidator(_tag)]


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class BenchmarkSpec(_Strict):
    """One column; `evaluations.models.Benchmark` says what each field means."""

    name: Slug
    title: Text
    description: str = ""
    task: Text
    leaves: int = Field(default=1, ge=1, le=10_000)
    num_fewshot: int | None = Field(default=None, ge=0, le=100)
    metric: Annotated[list[Text], BeforeValidator(_as_list), Field(min_length=1)]
    filter: Text = "none"
    baseline: Baseline = 0.0
    baselines: dict[str, Baseline] = {}
    aggregation: Literal["mean", "weighted"] = "mean"
    normalised: bool = False
    languages: list[Tag]
    licence: Text
    withheld: bool = False
    citation: Note = ""
    canary: Note = ""


class SuiteSpec(_Strict):
    """A versioned set of benchmarks; the board's score is the mean over them."""

    name: Slug
    version: int = Field(ge=1)
    title: Text
    description: str = ""
    languages: list[Tag]
    aggregation: Literal["mean"] = "mean"
    requires: list[Text] = []
    benchmarks: list[BenchmarkSpec] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_differ(self) -> "SuiteSpec":
        names = [benchmark.name for benchmark in self.benchmarks]
        if len(set(names)) < len(names):
            raise ValueError("two benchmarks have the same name")
        return self


def read_suite(path: Path) -> SuiteSpec:
    """Read a suite's YAML file.

    Raises:
        AssayError: `suite_invalid`, with the field that is wrong.
    """
    try:
        return SuiteSpec.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise _invalid(f"{path.name}: {where or 'the file'}: {first['msg']}.") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise _invalid(f"{path.name} can't be read: {type(error).__name__}: {error}.") from error


def _invalid(detail: str) -> AssayError:
    return AssayError("suite_invalid", detail, "See docs/suites.md for the shape.")
