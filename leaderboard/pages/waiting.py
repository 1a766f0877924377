"""Why a submission waits, in words."""

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from evaluations.needs import CODE, GPU, NETWORK
from evaluations.queries.lacking import Lack, Short

_GB = 10**9


def missing(lack: Lack | None) -> list[str]:
    """Return a sentence for each thing that no living worker has; empty if nothing is missing."""
    if lack is None:
        return []
    if lack.nobody:
        return [_("No worker is there: none was heard of in the last five minutes.")]
    if lack.together:
        things = ", ".join(_things(lack))
        return [_("No one worker here has all of this: %(things)s.") % {"things": things}]
    sizes = [
        _("No worker here has %(thing)s; the most is %(here)s GB.")
        % {"thing": thing, "here": _gigabytes(short.here)}
        for short, thing in _sizes(lack)
    ]
    return sizes + [_("No worker here has %(thing)s.") % {"thing": _tag(tag)} for tag in lack.tags]


def _things(lack: Lack) -> list[str]:
    return [thing for _short, thing in _sizes(lack)] + [_tag(tag) for tag in lack.tags]


def _sizes(lack: Lack) -> list[tuple[Short, str]]:
    sizes = (
        (lack.memory, _("%(size)s GB of memory")),
        (lack.disk, _("%(size)s GB of free disk")),
    )
    return [(short, text % {"size": _gigabytes(short.needed)}) for short, text in sizes if short]


def _gigabytes(size: int) -> str:
    number = round(size / _GB, 1)
    return number_format(number, decimal_pos=0 if number.is_integer() else 1)


def _tag(tag: str) -> str:
    """Write what a worker may offer; see `Needs.tags`."""
    kind, _colon, name = tag.partition(":")
    if kind == "extra":
        return _("the extra “%(name)s” of lm-eval") % {"name": name}
    if kind == "engine":
        return _("the software that planned this run (%(name)s)") % {"name": name}
    words = {
        NETWORK: _("access to the model hub"),
        GPU: _("a GPU"),
        CODE: _("leave to run code that a model wrote"),
    }
    return words.get(tag, tag)
