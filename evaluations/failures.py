"""Why a submission was refused or a run failed: each code with who can mend it and what to do."""

from dataclasses import dataclass
from enum import StrEnum


class FailureCode(StrEnum):
    """Stable names of refusals and failures; they stand in pages, the API and the log."""

    MODEL_NOT_FOUND = "model_not_found"
    MODEL_RENAMED = "model_renamed"
    MODEL_GATED = "model_gated"
    MODEL_TOO_LARGE = "model_too_large"
    REVISION_MISSING = "revision_missing"
    REMOTE_CODE_REQUIRED = "remote_code_required"
    UNSAFE_WEIGHTS = "unsafe_weights"
    WEIGHTS_INCOMPLETE = "weights_incomplete"
    WEIGHTS_QUANTISED = "weights_quantised"
    GGUF_ONLY = "gguf_only"
    ADAPTER_ONLY = "adapter_only"
    UNSUPPORTED_ARCHITECTURE = "unsupported_architecture"
    TOKENIZER_ERROR = "tokenizer_error"
    CHAT_TEMPLATE_ERROR = "chat_template_error"
    NAN_LOGITS = "nan_logits"
    DATASET_UNAVAILABLE = "dataset_unavailable"
    DATASET_GATED = "dataset_gated"
    TASK_INVALID = "task_invalid"
    EXTRA_MISSING = "extra_missing"
    UNSAFE_CODE_NOT_ALLOWED = "unsafe_code_not_allowed"
    ARTEFACT_MISSING = "artefact_missing"
    HUB_UNAVAILABLE = "hub_unavailable"
    DOWNLOAD_TIMEOUT = "download_timeout"
    DOWNLOAD_CORRUPT = "download_corrupt"
    STORE_UNAVAILABLE = "store_unavailable"
    LOG_UNAVAILABLE = "log_unavailable"
    DISK_FULL = "disk_full"
    WORKER_LOST = "worker_lost"
    LEASE_LOST = "lease_lost"
    OUT_OF_MEMORY = "out_of_memory"
    TIME_LIMIT = "time_limit"
    STALLED = "stalled"
    PLAN_MISMATCH = "plan_mismatch"
    INCOMPLETE_ANSWERS = "incomplete_answers"
    ENGINE_BUG = "engine_bug"
    CANCELLED = "cancelled"


class Mender(StrEnum):
    """Who can mend a failure."""

    SUBMITTER = "submitter"
    OPERATOR = "operator"
    PLATFORM = "platform"


class Retry(StrEnum):
    """What a worker does about a failure by itself."""

    NEVER = "never"
    #: After a pause that grows, `MAX_ATTEMPTS` in all.
    BACKOFF = "backoff"
    #: Once more, with twice the memory or time.
    ESCALATE = "escalate"


@dataclass(frozen=True, slots=True)
class Failure:
    """What a failure code means to people.

    Attributes:
        mender: who can mend it.
        retry: what a worker does by itself before it gives up.
        cause: one plain sentence.
        hint: what to do next.
    """

    mender: Mender
    retry: Retry
    cause: str
    hint: str

    @property
    def retried(self) -> bool:
        """Whether a worker tries again by itself."""
        return self.retry is not Retry.NEVER


#: Attempts that a run gets when faults of the platform interrupt it.
MAX_ATTEMPTS = 3
#: How often memory or time are doubled after they had not sufficed.
MAX_ESCALATIONS = 1

FAILURES: dict[FailureCode, Failure] = {
    FailureCode.MODEL_NOT_FOUND: Failure(
        Mender.SUBMITTER,
        Retry.NEVER,
        "There is no such model here.",
        "Check the spelling; `local:` models are registered by this site's operator, all others "
        "are looked up at the hub as `org/name`.",
    ),
    FailureCode.MODEL_RENAMED: Failure(
        Mender.SUBMITTER,
        Retry.NEVER,
        "The model has another name now.",
        "Submit it under its new name, so that its results stand where people look for them.",
    ),
    FailureCode.MODEL_GATED: Failure(
        Mender.SUBMITTER,
        Retry.NEVER,
        "The model is gated or private, and this site has no access to it.",
        "Open the model to everybody, or ask this site's operator to request access.",
    ),
    FailureCode.MODEL_TOO_LARGE: Failure(
        Mender.SUBMITTER,
        Retry.NEVER,
        "The model is larger than this site evaluates.",
        "Submit a smaller model, or ask this site's operator to raise the limit.",
    ),
    FailureCode.REVISION_MISSING: Failure(
        Mender.SUBMITTER,
        Retry.NEVER,
        "The model has no such revision.",
        "Leave the revision out to take the newest, or name one that its page lists.",
    ),
    FailureCode.REMOTE_CODE_REQUIRED: Failure(
        Mender.SUBMITTER,
        Retry.NEVER,
        "The model asks to run Python from its own folder.",
        "Workers never run a model's code. Remove auto_map and the Python files and use an "
        "architecture that transformers has built in.",
    ),
    FailureCode.UNSAFE_WEIGHTS: Failure(
        Mender.SUBMITTER,
        Retry.NEVER,
        "The weights are not in safetensors files.",
        "Convert them with save_pretrained(safe_serialization=True); pickle files can run code "
        "when they are read.",
    ),
    FailureCode.WEIGHTS_INCOMPLETE: Failure(
        Mender.SUBMITTER,
        Retry.NEVER,
        "Files of the weights are missing, or were cut off.",
        "Upload all files of the model again in one commit, and submit that commit.",
    ),
    FailureCode.WEIGHTS_QUANTISED: Failure(
        Mender.SUBMITTER,
        Retry.NEVER,
        "Quantised weights can't be evaluated here.",
        "Submit the model that they were made from.",
    ),
    FailureCode.GGUF_ONLY: Failure(
        Mender.SUBMITTER,
        Retry.NEVER,
        "GGUF weights can't be evaluated here.",
        "Submit the repository with the safetensors files that they were made from.",
    ),
    FailureCode.ADAPTER_ONLY: Failure(
        Mender.SUBMITTER,
        Retry.NEVER,
        "An adapter without its base can't be evaluated here.",
        "Merge it into its base with merge_and_unload(), save the whole model with its "
        "tokenizer, and submit that.",
    ),
    FailureCode.UNSUPPORTED_ARCHITECTURE: Failure(
        Mender.SUBMITTER,
        Retry.NEVER,
        "This kind of model can't be evaluated here.",
        "Submit a whole causal language model of an architecture that transformers has built in.",
    ),
    FailureCode.TOKENIZER_ERROR: Failure(
        Mender.SUBMITTER,
        Retry.NEVER,
        "The tokenizer is missing or can't be loaded.",
        "Save it beside the weights with tokenizer.save_pretrained(); AutoTokenizer must load "
        "it without remote code.",
    ),
    FailureCode.CHAT_TEMPLATE_ERROR: Failure(
        Mender.SUBMITTER,
        Retry.NEVER,
        "The chat template is missing or fails.",
        "Submit without the chat template, or add one to the tokenizer that renders a list of "
        "messages.",
    ),
    FailureCode.NAN_LOGITS: Failure(
        Mender.SUBMITTER,
        Retry.NEVER,
        "The model answers with NaN or infinity, so nothing can be scored.",
        "Look for NaN or infinite weights; they often come from saving float32 values as "
        "float16. Save in bfloat16 or float32.",
    ),
    FailureCode.DATASET_UNAVAILABLE: Failure(
        Mender.OPERATOR,
        Retry.NEVER,
        "A dataset of the suite can't be had at its pinned revision.",
        "The site's operator must find out what became of it; then submit again.",
    ),
    FailureCode.DATASET_GATED: Failure(
        Mender.OPERATOR,
        Retry.NEVER,
        "A dataset of the suite is gated, and this site has no access to it.",
        "The site's operator must request access at the hub and set a token; then submit again.",
    ),
    FailureCode.EXTRA_MISSING: Failure(
        Mender.OPERATOR,
        Retry.NEVER,
        "A task of the suite needs a package that the worker doesn't have.",
        "The site's operator must install lm-eval with the extra that is named.",
    ),
    FailureCode.UNSAFE_CODE_NOT_ALLOWED: Failure(
        Mender.OPERATOR,
        Retry.NEVER,
        "A task of the suite runs code that the model wrote, which this site doesn't allow.",
        "The site's operator must take the task out of the suite; then submit again.",
    ),
    FailureCode.TASK_INVALID: Failure(
        Mender.OPERATOR,
        Retry.NEVER,
        "A task of the suite can't be loaded or can't be run fairly.",
        "The site's operator must mend the suite; then submit again.",
    ),
    FailureCode.ARTEFACT_MISSING: Failure(
        Mender.OPERATOR,
        Retry.NEVER,
        "A file that this run needs is missing from the site's store, or corrupt.",
        "The site's operator must restore it from a backup; then submit again.",
    ),
    FailureCode.HUB_UNAVAILABLE: Failure(
        Mender.PLATFORM,
        Retry.BACKOFF,
        "The model hub could not be reached, or answered with an error of its own.",
        "Nothing is wrong with the model. The site tries again by itself; if it gives up, submit "
        "again later.",
    ),
    FailureCode.DOWNLOAD_TIMEOUT: Failure(
        Mender.PLATFORM,
        Retry.BACKOFF,
        "The download stopped, or was too slow.",
        "The site tries again by itself and goes on from where it was; if it gives up, submit "
        "again later.",
    ),
    FailureCode.DOWNLOAD_CORRUPT: Failure(
        Mender.PLATFORM,
        Retry.BACKOFF,
        "The bytes that came are not those that the hub lists.",
        "The site fetches them anew by itself; if it gives up, the files may be damaged at the "
        "hub: upload them again and submit the new commit.",
    ),
    FailureCode.STORE_UNAVAILABLE: Failure(
        Mender.PLATFORM,
        Retry.BACKOFF,
        "The site's own storage could not be reached.",
        "Nothing is lost. The site tries again by itself; if it gives up, submit again later.",
    ),
    FailureCode.LOG_UNAVAILABLE: Failure(
        Mender.PLATFORM,
        Retry.BACKOFF,
        "The site's log could not be written.",
        "Nothing is lost. The site tries again by itself; if it gives up, submit again later. The "
        "operator finds what is wrong with manage.py log and manage.py keys.",
    ),
    FailureCode.DISK_FULL: Failure(
        Mender.PLATFORM,
        Retry.BACKOFF,
        "The site's disk was full.",
        "Nothing is lost. The site tries again by itself; if it gives up, submit again after "
        "the operator has made room.",
    ),
    FailureCode.WORKER_LOST: Failure(
        Mender.PLATFORM,
        Retry.BACKOFF,
        "The process that ran the model ended unexpectedly.",
        "The site tries again by itself. If it gives up, submit again; this site's operator can "
        "tell whether the worker ran short of memory.",
    ),
    FailureCode.LEASE_LOST: Failure(
        Mender.PLATFORM,
        Retry.BACKOFF,
        "Workers that held this run vanished, one after the other.",
        "The site tries again by itself. If it gives up, submit again; this site's operator can "
        "tell whether the workers ran short of memory.",
    ),
    FailureCode.OUT_OF_MEMORY: Failure(
        Mender.SUBMITTER,
        Retry.ESCALATE,
        "The model needs more memory than a worker may use.",
        "The site tries once more with twice the memory, if it has a worker with so much. Submit "
        "a smaller model, or ask this site's operator for a larger worker.",
    ),
    FailureCode.TIME_LIMIT: Failure(
        Mender.SUBMITTER,
        Retry.ESCALATE,
        "The run took longer than this site allows.",
        "The site tries once more with twice the time and goes on from what is answered. Submit a "
        "smaller model, or ask this site's operator to raise the limit.",
    ),
    FailureCode.STALLED: Failure(
        Mender.SUBMITTER,
        Retry.ESCALATE,
        "The model stopped answering.",
        "The site tries once more and waits twice as long. A tokenizer or chat template that "
        "never ends, or a very slow model, may be why.",
    ),
    FailureCode.PLAN_MISMATCH: Failure(
        Mender.PLATFORM,
        Retry.NEVER,
        "Planning again gave other prompts than the first time, so the answers can't be scored.",
        "This is a fault of the site or of the suite, not of the model. Please report it.",
    ),
    FailureCode.INCOMPLETE_ANSWERS: Failure(
        Mender.PLATFORM,
        Retry.NEVER,
        "Not every question has exactly one recorded answer.",
        "This is a fault of the site, not of the model. Please report it.",
    ),
    FailureCode.ENGINE_BUG: Failure(
        Mender.PLATFORM,
        Retry.NEVER,
        "The evaluation stopped at an error that the site doesn't know.",
        "The last lines of the log say where. Please report it.",
    ),
    FailureCode.CANCELLED: Failure(
        Mender.SUBMITTER,
        Retry.NEVER,
        "The submission was cancelled.",
        "Submit again whenever you like.",
    ),
}


def failure(code: str) -> Failure:
    """Return the meaning of a code; one that this version doesn't know counts as an engine bug."""
    try:
        return FAILURES[FailureCode(code)]
    except ValueError:
        return FAILURES[FailureCode.ENGINE_BUG]
