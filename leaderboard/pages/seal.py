"""The seal on a certificate: a rosette drawn from a digest. A picture, not a check."""

from math import cos, pi, sin

_CENTRE = 50.0
#: Rings from the outside in: the radius and how deep it waves.
_RINGS = ((46.0, 5.0), (41.0, 6.0), (35.0, 6.0), (30.0, 5.0), (25.0, 4.0))
_STEPS = 180


def rosette(digest: str) -> list[str]:
    """Return the paths of a seal on a field of 100 by 100, one a ring.

    Args:
        digest: hexadecimal; its first bytes choose how often each ring waves and where it starts.
    """
    seeds = bytes.fromhex(digest)
    return [
        _ring(radius, depth, 9 + seeds[ring] % 12, seeds[ring + 8] / 256 * 2 * pi)
        for ring, (radius, depth) in enumerate(_RINGS)
    ]


def _ring(radius: float, depth: float, waves: int, start: float) -> str:
    points = []
    for step in range(_STEPS):
        angle = 2 * pi * step / _STEPS
        r = radius - depth / 2 + depth / 2 * cos(waves * angle + start)
        points.append(f"{_CENTRE + r * cos(angle):.1f} {_CENTRE + r * sin(angle):.1f}")
    return f"M{'L'.join(points)}Z"
