"""Words of the pages for what the domain names in code."""

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from evaluations.enums import DisputeState, Scope, SubmissionState
from evaluations.failures import MAX_ATTEMPTS, Mender, Retry
from evaluations.provenance.records import Kind

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
