"""Kiswahili numerals from one to ninety-nine, and the round hundreds."""

UNITS = (
    *("moja", "mbili", "tatu", "nne", "tano"),
    *("sita", "saba", "nane", "tisa"),
)
TENS = (
    *("kumi", "ishirini", "thelathini", "arobaini", "hamsini"),
    *("sitini", "sabini", "themanini", "tisini"),
)
HUNDRED = 100

# Between the hundreds, usage differs in where "na" (and) stands, so these are left out.
NUMBERS = (*range(1, HUNDRED), *range(HUNDRED, 10 * HUNDRED, HUNDRED))


def numeral(number: int) -> str:
    """Returns the number in words, as in ``ishirini na tatu`` for 23.

    Raises:
        ValueError: The number is not in ``NUMBERS``.
    """
    if number not in NUMBERS:
        raise ValueError(f"{number} is neither from 1 to 99 nor a round hundred up to 900")
    if number >= HUNDRED:
        return f"mia {numeral(number // HUNDRED)}"
    tens, units = divmod(number, 10)
    words = [TENS[tens - 1]] if tens else []
    if units:
        words.append(UNITS[units - 1])
    return " na ".join(words)
