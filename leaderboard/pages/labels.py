"""Words of the pages for what the domain names in code."""

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from evaluations.enums import DisputeState, Scope, SubmissionState
from evaluations.failures import MAX_ATTEMPTS, Mender, Retry
from evaluations.openness import Component, MofClass, State
from evaluations.provenance.records import Kind
from evaluations.queries.model_history import Evidence

STATES = {
    SubmissionState.QUEUED: _("Queued"),
    SubmissionState.FETCHING: _("Fetching"),
    SubmissionState.PLANNING: _("Planning"),
    SubmissionState.SMOKE: _("Trying out"),
    SubmissionState.RUNNING: _("Running"),
    SubmissionState.SCORING: _("Scoring"),
    SubmissionState.PUBLISHING: _("Publishing"),
    SubmissionState.PUBLISHED: _("Published"),
    SubmissionState.FAILED: _("Failed"),
    SubmissionState.CANCELLED: _("Cancelled"),
    SubmissionState.WITHDRAWN: _("Withdrawn"),
    SubmissionState.SUPERSEDED: _("Superseded"),
    SubmissionState.UNCHANGED: _("Unchanged"),
    SubmissionState.REMOVED: _("Removed"),
}

STAGE_NOTES = {
    SubmissionState.QUEUED: _("waiting for a worker"),
    SubmissionState.FETCHING: _("every file of the model, hashed"),
    SubmissionState.PLANNING: _("every prompt is built once"),
    SubmissionState.SMOKE: _("ten items through the whole path"),
    SubmissionState.RUNNING: _("the model answers"),
    SubmissionState.SCORING: _("replayed through stock lm-eval"),
    SubmissionState.PUBLISHING: _("bundle and standings"),
    SubmissionState.PUBLISHED: _("the result has its own page"),
}

#: How far a stage has come in its own pieces, where they are counted.
STEPS = {
    SubmissionState.FETCHING: ngettext_lazy(
        "%(done)s of %(total)s file", "%(done)s of %(total)s files", "total"
    ),
    SubmissionState.PLANNING: ngettext_lazy(
        "%(done)s of %(total)s task", "%(done)s of %(total)s tasks", "total"
    ),
    SubmissionState.SMOKE: ngettext_lazy(
        "%(done)s of %(total)s item", "%(done)s of %(total)s items", "total"
    ),
}

MENDERS = {
    Mender.SUBMITTER: _("the submitter"),
    Mender.OPERATOR: _("the operator of this site; the model is not at fault"),
    Mender.PLATFORM: _("the site; the model is not at fault"),
}

RETRIES = {
    Retry.NEVER: _("not by itself: it would fail again"),
    Retry.BACKOFF: format_lazy(
        _("up to {attempts} attempts, with a pause that grows"), attempts=MAX_ATTEMPTS
    ),
    Retry.ESCALATE: _("once more, with twice the memory or time"),
}

ISOLATIONS = {
    "bubblewrap": _("Ran in a sandbox: no network, no secrets, one folder to write in"),
    "none": _("Ran without a sandbox: no wall between it and the host"),
}

ENERGY_METHODS = {"measured": _("measured"), "estimated": _("estimated"), "": _("estimated")}

SCOPES = {
    Scope.READ: _("read what is yours: your name, your submissions"),
    Scope.SUBMIT: _("submit, cancel, retry and withdraw in your name"),
}

KINDS = {
    Kind.SUITE: _("suite"),
    Kind.BENCHMARK: _("benchmark"),
    Kind.INTENT: _("intent"),
    Kind.RESULT: _("result"),
    Kind.FAILURE: _("failure"),
    Kind.SUPERSEDE: _("superseded"),
    Kind.RETRACT: _("taken back"),
    Kind.MODERATION: _("moderation"),
    Kind.REPLICATION: _("replication"),
    Kind.KEY: _("key"),
}

DISPUTE_STATES = {
    DisputeState.OPEN: _("Open: it waits for an answer"),
    DisputeState.UPHELD: _("Upheld: the objection is right"),
    DisputeState.CORRECTED: _("Corrected: the objection was right, and what was wrong is mended"),
    DisputeState.DISMISSED: _("Dismissed: nothing changes"),
}

#: What speaks for a result: a heading, and what it means.
EVIDENCE = {
    Evidence.REPLICATED: (
        _("Replicated by others"),
        _("Somebody else ran it again, and the verdict was R0, R1 or R2."),
    ),
    Evidence.TWICE: (
        _("Run here twice"),
        _("This site ran the same revision with the same settings more than once."),
    ),
    Evidence.ONCE: (
        _("Run here once"),
        _("This site ran it; nobody else has sent in a run that agrees."),
    ),
    Evidence.WITHDRAWN: (
        _("Withdrawn"),
        _("They have left their boards; what was measured stays to be checked."),
    ),
    Evidence.REMOVED: (
        _("Removed"),
        _("An operator took them off their boards; each page says why, and how that is appealed."),
    ),
    Evidence.SUPERSEDED: (
        _("Superseded"),
        _("Their answers were scored again, and the later score stands."),
    ),
}

COMPONENTS = {
    Component.ARCHITECTURE: _("Model architecture"),
    Component.PARAMETERS: _("Model parameters, final"),
    Component.REPORT: _("Technical report"),
    Component.RESULTS: _("Evaluation results"),
    Component.MODEL_CARD: _("Model card"),
    Component.DATA_CARD: _("Data card"),
    Component.TRAINING_CODE: _("Training code"),
    Component.INFERENCE_CODE: _("Inference code"),
    Component.EVALUATION_CODE: _("Evaluation code"),
    Component.EVALUATION_DATA: _("Evaluation data"),
    Component.LIBRARIES: _("Supporting libraries and tools"),
    Component.PAPER: _("Research paper"),
    Component.DATASETS: _("Datasets"),
    Component.PREPROCESSING: _("Data preprocessing code"),
    Component.INTERMEDIATE: _("Model parameters, intermediate"),
    Component.OUTPUTS: _("Sample model outputs"),
    Component.METADATA: _("Model metadata (optional)"),
}

OPENNESS = {
    State.OPEN: _("open"),
    State.NOT_OPEN: _("not open"),
    State.NOT_REPORTED: _("not reported"),
}

MOF_CLASSES = {
    MofClass.OPEN_MODEL: _("Class III, Open Model"),
    MofClass.OPEN_TOOLING: _("Class II, Open Tooling"),
    MofClass.OPEN_SCIENCE: _("Class I, Open Science"),
}
