"""The reference engine: lm-eval's own `hf` class at the plan's fixed batch size.

Runs inside the runner process. Every step that a hostile or broken model may fail at is taken by
itself, so that the failure names its reason.
"""

import importlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from lm_eval.api.instance import Instance
from lm_eval.api.model import LM
from lm_eval.api.registry import get_model
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from evaluations.errors import AssayError
from evaluations.failures import FailureCode
from evaluations.inspection import inspect
from workers.answers import Answer
from workers.pack import Document
from workers.runner.limits import is_out_of_memory

#: Where a slot has the model, relative to the working directory.
MODEL = Path("model")
#: Architectures whose code a spare runner has read already.
_COMMON = (
    "bloom", "gemma2", "gemma3", "gpt2", "gpt_neox", "llama", "mistral", "olmo2", "opt", "phi3",
    "qwen2", "qwen3",
)  # fmt: skip
#: With fewer parameters a pass is too short to be shared: on busy cores its threads waited for each
#: other five times as long as one needed alone. No number changes (docs/performance.md).
_ONE_THREAD = 5_000_000
#: Documents that are answered between two records; small enough to show progress, large enough
#: that writing costs nothing beside answering.
BATCH_DOCUMENTS = 8


def warm_up() -> None:
    """Import what most models need; transformers would do so when the first one is loaded."""
    for name in _COMMON:
        importlib.import_module(f"transformers.models.{name}.modeling_{name}")


def load(config: Mapping[str, Any], alive: Callable[[], None]) -> LM:
    """Load the model that a published config names, on CPU.

    Args:
        config: the parsed `run/config.yaml`.
        alive: is called at each pass through the model, which may be slow but isn't stalled.

    Raises:
        AssayError: `unsupported_architecture`, `tokenizer_error`, `weights_incomplete`,
            `nan_logits`, or what refuses a model before the queue: what lies here may not be what
            was looked at there.
    """
    inspect(MODEL)
    # A published config may name a model of the hub; here its files lie in the slot, offline.
    pretrained = str(MODEL)
    model_args = {**config["model_args"], "pretrained": pretrained, "use_safetensors": True}
    # Unless it is told not to, transformers asks on standard input whether code may be run.
    _attempt(
        FailureCode.UNSUPPORTED_ARCHITECTURE,
        lambda: AutoConfig.from_pretrained(pretrained, trust_remote_code=False),
    )
    _attempt(
        FailureCode.TOKENIZER_ERROR,
        lambda: AutoTokenizer.from_pretrained(pretrained, trust_remote_code=False),
    )
    settings = {
        "batch_size": config["batch_size"],
        "max_batch_size": None,
        "device": config["device"],
    }
    with _no_invented_weights():
        lm = _attempt(
            FailureCode.UNSUPPORTED_ARCHITECTURE,
            lambda: get_model(config["model"]).create_from_arg_obj(model_args, settings),
        )
    _refuse_nan(lm)
    if sum(weights.numel() for weights in lm.model.parameters()) < _ONE_THREAD:
        torch.set_num_threads(1)
    lm.model.register_forward_hook(lambda _model, _inputs, output: _passed(output, alive))
    return lm


@contextmanager
def _no_invented_weights() -> Iterator[None]:
    """Refuse files that lack a tensor of their model; transformers would make one up at random.

    lm-eval doesn't hand on what transformers says of it, so the call in between is replaced.
    """
    from_pretrained = AutoModelForCausalLM.from_pretrained

    def checked(*args: Any, **options: Any) -> Any:
        model, found = from_pretrained(*args, **options, output_loading_info=True)
        if missing := sorted(found["missing_keys"]):
            raise AssayError(
                FailureCode.WEIGHTS_INCOMPLETE,
                f"The weights lack {len(missing)} tensors, {missing[0]} among them.",
            )
        return model

    with patch.object(AutoModelForCausalLM, "from_pretrained", checked):
        yield


def _passed(output: Any, alive: Callable[[], None]) -> None:
    """Look at one pass: the greediest token of NaN would be text like any other."""
    alive()
    if torch.isnan(output.logits[:, -1]).any():
        raise AssayError(FailureCode.NAN_LOGITS, "The model gave NaN for the next token.")


def _attempt(code: FailureCode, step: Callable[[], Any]) -> Any:
    # Memory and disk faults are the platform's, whatever step they interrupt.
    try:
        return step()
    except AssayError:
        raise
    except (MemoryError, OSError) as error:
        if isinstance(error, MemoryError) or error.errno is not None:
            raise
        raise AssayError(code, f"{type(error).__name__}: {error}") from error
    except Exception as error:
        if is_out_of_memory(error):
            raise
        raise AssayError(code, f"{type(error).__name__}: {error}") from error


def _refuse_nan(lm: LM) -> None:
    """Refuse weights that are not finite: greedy generation would turn them into plausible text."""
    for name, weights in lm.model.named_parameters():
        bad = int((~torch.isfinite(weights)).sum())
        if bad:
            raise AssayError(
                FailureCode.NAN_LOGITS,
                f"{bad} of {weights.numel()} weights in {name} are NaN or infinite.",
            )


def answer(
    lm: LM, task: str, documents: Sequence[Document], repeats: int
) -> Iterator[list[Answer]]:
    """Yield the answers to these documents, `BATCH_DOCUMENTS` documents at a time.

    Raises:
        AssayError: `nan_logits` if a log-likelihood is not finite.
    """
    for start in range(0, len(documents), BATCH_DOCUMENTS):
        yield _answer_batch(lm, task, documents[start : start + BATCH_DOCUMENTS], repeats)


def _answer_batch(lm: LM, task: str, documents: Sequence[Document], repeats: int) -> list[Answer]:
    asked: dict[str, list[tuple[Answer, Instance]]] = {}
    for document in documents:
        for request in document.requests:
            instance = Instance(
                request_type=request.type,
                doc=document.doc,
                arguments=tuple(request.args),
                idx=request.idx,
                metadata=(task, document.doc_id, repeats),
            )
            for repeat in range(repeats):
                blank = Answer(document.doc_id, request.idx, repeat, request.digest, None)
                asked.setdefault(request.type, []).append((blank, instance))
    answers = []
    for method, pairs in asked.items():
        responses = getattr(lm, method)([instance for _, instance in pairs], disable_tqdm=True)
        for (blank, _), response in zip(pairs, responses, strict=True):
            answers.append(_recorded(task, blank, response))
    return answers


def _recorded(task: str, blank: Answer, response: Any) -> Answer:
    plain: Any = response
    if isinstance(response, tuple):
        plain = [float(response[0]), bool(response[1])]
    numbers = plain[:1] if isinstance(plain, list) else [plain] if isinstance(plain, float) else []
    if any(not math.isfinite(number) for number in numbers):
        raise AssayError(
            FailureCode.NAN_LOGITS,
            f"The answer to request {blank.idx} of document {blank.doc_id} of {task} is "
            f"{numbers[0]}.",
        )
    return Answer(blank.doc_id, blank.idx, blank.repeat, blank.args_sha256, plain)
