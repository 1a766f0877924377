"""How progress, waiting and what a run took are written on pages."""

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext

from evaluations.enums import SubmissionState
from evaluations.failures import Mender, failure
from evaluations.models import Submission, WorkerProcess
from evaluations.needs import GPU, NETWORK, Offers
from evaluations.queries.progress import Progress
from evaluations.queries.turns import Wait
from leaderboard.pages.labels import ENERGY_METHODS, ISOLATIONS, STEPS
from leaderboard.templatetags.assay import count, duration

register = template.Library()

_MINUTE = 60
#: From so many seconds on, minutes say enough.
_SECONDS_END, _MINUTES_END = 100, 100 * _MINUTE
_GB = 10**9


@register.filter
def waiting_time(wait: Wait) -> str:
    """Write a range of waiting time: Waits between 2 and 15 min."""
    if wait.most == 0:
        return gettext("Starts as soon as a worker asks for work")
    most, least = round(wait.most / _MINUTE), round(wait.least / _MINUTE)
    if wait.most < _SECONDS_END or least == 0:
        return gettext("Waits at most %(most)s") % {"most": duration(wait.most)}
    if least == most:
        return gettext("Waits about %(most)s") % {"most": duration(wait.most)}
    if wait.most < _MINUTES_END:
        return gettext("Waits between %(least)d and %(most)d min") % {"least": least, "most": most}
    return gettext("Waits between %(least)s and %(most)s") % {
        "least": duration(wait.least),
        "most": duration(wait.most),
    }


@register.filter
def steps(progress: Progress, state: str) -> str:
    """Write how far a stage has come in its own pieces; empty where none are counted."""
    words = STEPS.get(SubmissionState(state))
    if words is None or not progress.step_total:
        return ""
    counted = {"done": min(progress.step_done, progress.step_total), "total": progress.step_total}
    return str(words % counted)


@register.filter
def pace(per_second: float | None) -> str:
    """Write documents a second, or a minute where they are few."""
    if not per_second:
        return ""
    if per_second < 1:
        each = number_format(round(60 * per_second, 1), decimal_pos=1)
        return gettext("%(number)s documents a minute") % {"number": each}
    digits = 1 if per_second < 10 else 0  # noqa: PLR2004
    each = number_format(round(per_second, digits), decimal_pos=digits)
    return gettext("%(number)s documents a second") % {"number": each}


@register.filter
def is_ours(submission: Submission) -> bool:
    """Whether a submission failed by no fault of its model."""
    failed = submission.state == SubmissionState.FAILED
    return failed and failure(submission.failure_code).mender is not Mender.SUBMITTER


@register.filter
def state_class(submission: Submission) -> str:
    """Return the class that colours a state; a fault of the site isn't red."""
    return "st-ours" if is_ours(submission) else f"st-{submission.state}"


@register.filter
def isolated(isolation: str) -> str:
    """Write what confined a run."""
    return str(ISOLATIONS.get(isolation, isolation))


@register.filter
def watt_hours(energy: float) -> str:
    """Write an energy in Wh, or in kWh where they are many."""
    kilo = energy >= 1000  # noqa: PLR2004
    number = energy / 1000 if kilo else energy
    digits = 2 if number < 10 else 0  # noqa: PLR2004
    text = number_format(round(number, digits), decimal_pos=digits)
    return f"{text} kWh" if kilo else f"{text} Wh"


@register.filter
def energy_method(method: str) -> str:
    """Write how an energy was found; what nobody says was measured counts as an estimate."""
    return str(ENERGY_METHODS.get(method, method))


@register.filter
def worker_name(worker: WorkerProcess) -> str:
    """Return the end of a worker's name, which is its own; the rest names a host."""
    return worker.name.rpartition("-")[2][:8]


@register.filter
def offers(worker: WorkerProcess) -> str:
    """Write what a worker has."""
    found = Offers.read(worker.offers)
    sizes = {"memory": count(found.memory // _GB), "disk": count(found.disk // _GB)}
    words = [
        gettext("%(memory)s GB of memory") % sizes,
        gettext("%(disk)s GB of free disk") % sizes,
    ]
    words += [gettext("GPU")] if GPU in found.tags else []
    words += [] if NETWORK in found.tags else [gettext("no access to the model hub")]
    return " · ".join(words)
