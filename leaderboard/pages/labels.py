"""Words of the pages for what the domain names in code."""

from django.utils.translation import gettext_lazy as _

from evaluations.enums import Scope, SubmissionState
from evaluations.failures import Mender

STATES = {
    SubmissionState.QUEUED: _("Queued"),
    SubmissionState.FETCHING: _("Fetching"),
    SubmissionState.PLANNING: _("Planning"),
    SubmissionState.RUNNING: _("Running"),
    SubmissionState.SCORING: _("Scoring"),
    SubmissionState.PUBLISHING: _("Publishing"),
    SubmissionState.PUBLISHED: _("Published"),
    SubmissionState.FAILED: _("Failed"),
    SubmissionState.CANCELLED: _("Cancelled"),
    SubmissionState.WITHDRAWN: _("Withdrawn"),
}

STAGE_NOTES = {
    SubmissionState.QUEUED: _("waiting for a worker"),
    SubmissionState.FETCHING: _("every file of the model, hashed"),
    SubmissionState.PLANNING: _("every prompt is built once"),
    SubmissionState.RUNNING: _("the model answers"),
    SubmissionState.SCORING: _("replayed through stock lm-eval"),
    SubmissionState.PUBLISHING: _("bundle and standings"),
    SubmissionState.PUBLISHED: _("the result has its own page"),
}

MENDERS = {
    Mender.SUBMITTER: _("the submitter"),
    Mender.OPERATOR: _("the operator of this site"),
    Mender.PLATFORM: _("the site; the model is not at fault"),
}

SCOPES = {
    Scope.READ: _("read what is yours: your name, your submissions"),
    Scope.SUBMIT: _("submit, cancel, retry and withdraw in your name"),
}
