"""Numbers as the site's own pages write them."""

from evaluations.scoring.aggregate import Estimate

#: Below a tenth of a per cent one decimal would say ±0.0.
_FINE = 0.1
_MINUTE, _HOUR, _MANY = 60, 3600, 100
_THOUSAND, _MILLION, _BILLION = 10**3, 10**6, 10**9


def percent(value: float | None, stderr: float | None) -> str:
    """Write a share of 1 with half of its 95 % interval, both in per cent: 51.2 ±1.0."""
    if value is None:
        return "-"
    half = Estimate(value, stderr).half_width
    if half is None:
        return f"{100 * value:.1f}"
    digits = 2 if 0 < 100 * half < _FINE else 1
    return f"{100 * value:.{digits}f} ±{100 * half:.{digits}f}"


def duration(seconds: float) -> str:
    """Write a length of time in the largest unit that keeps it readable."""
    if seconds < _MANY:
        return f"{max(seconds, 0):.0f} s"
    if seconds < _MANY * _MINUTE:
        return f"{seconds / _MINUTE:.0f} min"
    minutes = round(seconds / _MINUTE)
    return f"{minutes // 60} h {minutes % 60:02d} min"


def parameters(count: int) -> str:
    """Write a number of parameters: 1.7B, 360M, 84K."""
    for size, letter in ((_BILLION, "B"), (_MILLION, "M"), (_THOUSAND, "K")):
        if count >= size:
            return f"{count / size:.{1 if count < 10 * size else 0}f}{letter}"
    return str(count)


def ranks(rank: int | None, first: int | None, last: int | None) -> str:
    """Write the range of ranks that is certain, or the rank while no range is computed."""
    if first is None or last is None:
        return "" if rank is None else str(rank)
    return str(first) if first == last else f"{first}\N{EN DASH}{last}"
