"""What no outcome of the checks proves, in sentences."""

from collections.abc import Iterable

from evaluations.provenance.checks.outcome import Check, Outcome

_MADE_UP = (
    "Nothing here proves that a model ran: whoever makes up responses can make up a bundle that "
    "passes. Only a replication by somebody else speaks to that."
)
_UNSIGNED = (
    "Nothing in this bundle is signed, so it proves that its parts fit together, and not who made "
    "them or when."
)
_SIGNED = (
    "Signatures and log say who vouches for this result and in which order things were logged. "
    "Dates are the site's own; and the site may still have erred or lied."
)
_FIRST_USE = (
    "The root of trust came with this bundle. Whoever made the bundle may have made the root, "
    "until you compare it with one that you got elsewhere."
)
_FROM_ROWS = (
    "Metrics of a task's own Python are taken from the rows as they stand; check 11 names them."
)
_RESCORED = (
    "The scores were computed again by this machine's lm-eval, with the tasks of the bundle. A "
    "task's own Python could say whatever its author likes: read it."
)
_REST = (
    "Offline, a log that shows different people different histories is found only through "
    "witnesses or somebody else's checkpoint.",
)


def limits(
    checks: Iterable[Check], *, signed: bool, first_use: bool, rescored: bool = False
) -> tuple[str, ...]:
    """Return the limits of a run, with the checks that had nothing to compare."""
    found = [_MADE_UP, _SIGNED if signed else _UNSIGNED]
    if first_use:
        found.append(_FIRST_USE)
    nothing = [
        f"Check {check.number} ({check.name}) does not apply: {check.why}."
        for check in checks
        if check.outcome == Outcome.NOT_APPLICABLE
    ]
    found.append(_RESCORED if rescored else _FROM_ROWS)
    return (*found, *_REST, *nothing)
