"""A sample's metrics again, from its responses, as lm-eval 0.4.13 defines them.

Source: lm_eval/api/task.py, `ConfigurableTask.process_results`, and lm_eval/api/metrics.py,
`exact_match_hf_evaluate`. Only what those two compute from text and numbers alone is here; every
other metric of a task (its own Python, F1, BLEU …) is taken from the row as it stands.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evaluations.provenance.rescore.exact import exact_match
from evaluations.provenance.rescore.filters import NotRecomputableError, UnreadableError
from evaluations.provenance.rescore.likelihoods import (
    NO_CHOICE,
    answer_of,
    argmax,
    divide,
    index_of,
    likelihoods_of,
    number_of,
    truth_of,
)
from evaluations.provenance.rescore.targets import choices_of, fixed_choices, gold_of
from evaluations.provenance.rows import Row

Config = Mapping[str, Any]
#: Per-sample metrics by name; a number, or the list that rows hold for corpus metrics.
Metrics = dict[str, Any]
#: lm_eval/api/registry.py, `DEFAULT_METRIC_REGISTRY`: what a task without a `metric_list` gets.
DEFAULT_METRICS = {
    "loglikelihood": ["perplexity", "acc"],
    "loglikelihood_rolling": ["word_perplexity", "byte_perplexity", "bits_per_byte"],
    "multiple_choice": ["acc", "acc_norm"],
    "generate_until": ["exact_match"],
}
_RECOMPUTED = {
    "loglikelihood": {"perplexity", "acc"},
    "loglikelihood_rolling": {"word_perplexity", "byte_perplexity", "bits_per_byte"},
    "multiple_choice": {"acc", "acc_norm", "acc_bytes", "exact_match"},
    "generate_until": {"exact_match"},
}


@dataclass(frozen=True, slots=True)
class Scorer:
    """How one task's samples are scored again.

    Attributes:
        config: the task's configuration, from `results.json`.
        names: the metrics that are recomputed from responses.
        settings: of each metric, its keyword arguments.
        chat_template: whether prompts were rendered with one.
        several_targets: lm-eval decides by the first document whether targets are lists.
    """

    config: Config
    names: frozenset[str]
    settings: Mapping[str, Config]
    chat_template: bool
    several_targets: bool

    def score(self, row: Row, filtered: Sequence[Any]) -> Metrics:
        """Return the metrics named in `names` for a row, given each request's filtered response.

        Raises:
            NotRecomputableError: if this document's target needs the task's own Python.
            UnreadableError: if the responses do not fit the task.
        """
        score = _BY_OUTPUT_TYPE[self.config["output_type"]]
        try:
            return score(self, row, filtered)
        except UnreadableError:
            raise
        except (TypeError, ValueError, IndexError, ArithmeticError) as error:
            raise UnreadableError(f"its responses cannot be scored: {error}") from None


def scorer_for(config: Config, first: Row, *, chat_template: bool) -> Scorer:
    """Return the scorer of a task, given its first document's row.

    Raises:
        NotRecomputableError: with the reason why nothing can be had from responses alone.
    """
    output_type = config.get("output_type")
    if "process_results" in config:
        raise NotRecomputableError("they are made by the task's own Python")
    if "use_prompt" in config or not isinstance(output_type, str) or output_type not in _RECOMPUTED:
        raise NotRecomputableError("its prompts or its output type are not known here")
    settings = _settings(config, output_type)
    if output_type == "multiple_choice":
        _refuse_other_requests(first, settings)
    gold = gold_of(config, first)
    several = isinstance(gold, list) and len(gold) > 0
    names = frozenset(settings) & _RECOMPUTED[output_type]
    return Scorer(config, names, settings, chat_template, several)


def _settings(config: Config, output_type: str) -> dict[str, Config]:
    listed = config.get("metric_list")
    if listed is None:
        return {name: {} for name in DEFAULT_METRICS[output_type]}
    known: dict[str, Config] = {}
    for entry in listed if isinstance(listed, list) else []:
        if isinstance(entry, dict) and isinstance(entry.get("metric"), str):
            apart = {"metric", "aggregation", "higher_is_better", "hf_evaluate"}
            if entry.get("hf_evaluate") is not True:
                known[entry["metric"]] = {k: v for k, v in entry.items() if k not in apart}
    return known


def _refuse_other_requests(first: Row, settings: Mapping[str, Config]) -> None:
    contexts = [arguments[0] if arguments else None for arguments in first.arguments]
    if "acc_mutual_info" in settings or any(context != contexts[0] for context in contexts):
        raise NotRecomputableError("its requests are more than one context with its choices")


def _loglikelihood(scorer: Scorer, row: Row, filtered: Sequence[Any]) -> Metrics:
    likelihood, greedy = answer_of(filtered[0])
    return _named(scorer, perplexity=lambda: likelihood, acc=lambda: int(truth_of(greedy)))


def _rolling(scorer: Scorer, row: Row, filtered: Sequence[Any]) -> Metrics:
    likelihood = number_of(filtered[0])
    words = len(re.split(r"\s+", row.target))
    size = len(row.target.encode())
    return _named(
        scorer,
        word_perplexity=lambda: [likelihood, words],
        byte_perplexity=lambda: [likelihood, size],
        bits_per_byte=lambda: [likelihood, size],
    )


def _multiple_choice(scorer: Scorer, row: Row, filtered: Sequence[Any]) -> Metrics:
    likelihoods = likelihoods_of(filtered)
    choices = choices_of(scorer.config, row, chat_template=scorer.chat_template)
    gold, several = index_of(gold_of(scorer.config, row), choices), scorer.several_targets
    made: Metrics = {}
    for name, length_of in _LENGTHS.items():
        if name in scorer.names:
            scores = likelihoods if length_of is None else _scaled(likelihoods, choices, length_of)
            best = argmax(scores)
            made[name] = 1.0 if (best in gold if several else best == gold) else 0.0
    if "exact_match" in scorer.names:
        made["exact_match"] = _greedy(filtered, gold if several else [gold])
    return made


def _scaled(
    likelihoods: list[float], choices: list[str], length_of: Callable[[str], int]
) -> list[float]:
    made = []
    for one, choice in zip(likelihoods, choices, strict=True):
        length = length_of(choice)
        made.append(one / length if length else divide(one, length))
    return made


def _greedy(filtered: Sequence[Any], gold: Sequence[int]) -> int:
    return int(any(truth_of(filtered[i][1]) if i != NO_CHOICE else False for i in gold))


#: What divides a choice's log-likelihood.
_LENGTHS: dict[str, Callable[[str], int] | None] = {
    "acc": None,
    "acc_norm": len,
    "acc_bytes": lambda choice: len(choice.encode()),
}


def _generation(scorer: Scorer, row: Row, filtered: Sequence[Any]) -> Metrics:
    answer, gold = filtered[0], gold_of(scorer.config, row)
    if not isinstance(answer, str):
        raise NotRecomputableError("its filter gives no text")
    if "doc_to_choice" in scorer.config:
        choices = fixed_choices(scorer.config, row)
        if choices is None:
            raise NotRecomputableError("its choices are made by a template")
        gold = choices[gold]
    settings = scorer.settings.get("exact_match", {})
    if not scorer.several_targets:
        return _named(scorer, exact_match=lambda: exact_match([str(gold)], [answer], settings))
    golds = gold if isinstance(gold, list) else [gold]
    if not all(isinstance(one, str) for one in golds):
        raise NotRecomputableError("its targets are no texts")
    score = exact_match(golds, [answer] * len(golds), settings)
    return _named(scorer, exact_match=lambda: 1.0 if score > 0.0 else 0.0)


def _named(scorer: Scorer, **computed: Callable[[], Any]) -> Metrics:
    return {name: compute() for name, compute in computed.items() if name in scorer.names}


_BY_OUTPUT_TYPE: dict[str, Callable[[Scorer, Row, Sequence[Any]], Metrics]] = {
    "loglikelihood": _loglikelihood,
    "loglikelihood_rolling": _rolling,
    "multiple_choice": _multiple_choice,
    "generate_until": _generation,
}
