"""Sums of two numbers of two digits, answered in digits."""

from itertools import product

from evaluations.demo.recipe.items import Item

TWO_DIGITS = range(10, 100)


def sums() -> list[Item]:
    """Returns every sum; a sum and its mirror image share a key, so they are held out together."""
    return [
        Item(
            key=f"{min(a, b)} + {max(a, b)}",
            kind="sum",
            prompt=f"{a} + {b} =",
            target=str(a + b),
        )
        for a, b in product(TWO_DIGITS, repeat=2)
    ]
