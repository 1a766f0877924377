"""The reference engine: lm-eval's own `hf` class at the plan's fixed batch size.

Runs inside the runner process. Every step that a hostile or broken model may fail at is taken by
itself, so that the failure names its reason.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from lm_eval.api.instance import Instance
from lm_eval.api.model import LM
from lm_eval.api.registry import get_model
from transformers import AutoConfig, AutoTokenizer

from evaluations.errors import AssayError
from evaluations.failures import FailureCode
from workers.answers import Answer
from workers.pack import Document

#: Where a slot has the model, relative to the working directory.
MODEL = Path("model")
#: Documents that are answered between two records; small enough to show progress, large enough
#: that writing costs nothing beside answering.
BATCH_DOCUMENTS = 8


def load(config: Mapping[str, Any]) -> LM:
    """Load the model that a published config names, on CPU.

    Raises:
        AssayError: `unsupported_architecture`, `tokenizer_error` or `nan_logits`.
    """
    # A published config may name a model of the hub; here its files lie in the slot, offline.
    model_args = {**config["model_args"], "pretrained": str(MODEL)}
    pretrained = str(MODEL)
    _attempt(FailureCode.UNSUPPORTED_ARCHITECTURE, lambda: AutoConfig.from_pretrained(pretrained))
    _attempt(FailureCode.TOKENIZER_ERROR, lambda: AutoTokenizer.from_pretrained(pretrained))
    lm = _attempt(
        FailureCode.UNSUPPORTED_ARCHITECTURE,
        lambda: get_model(config["model"]).create_from_arg_obj(
            model_args,
            {
                "batch_size": config["batch_size"],
                "max_batch_size": None,
                "device": config["device"],
            },
        ),
    )
    _refuse_nan(lm)
    return lm


def _attempt(code: FailureCode, step: Callable[[], Any]) -> Any:
    # Memory and disk faults are the platform's, whatever step they interrupt.
    try:
        return step()
    except (MemoryError, OSError) as error:
        if isinstance(error, MemoryError) or error.errno is not None:
            raise
        raise AssayError(code, f"{type(error).__name__}: {error}") from error
    except Exception as error:
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
