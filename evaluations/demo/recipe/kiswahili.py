"""Questions in Kiswahili about numerals and about agreement with noun classes.

Each begins with *Kamilisha*, "complete". *Kwa maneno* is "in words", *kwa tarakimu* "in digits".
"""

from collections.abc import Iterator

from evaluations.demo.recipe.items import Item, shuffled
from evaluations.demo.recipe.noun_classes import ADJECTIVES, COUNTS, NOUNS, Noun, NounClass, Stem
from evaluations.demo.recipe.numerals import NUMBERS, numeral

DISTRACTORS = 3


def _near_misses(number: int) -> list[int]:
    """Returns three wrong numbers: its digits turned round, or one digit a little off."""
    turned = int(str(number)[::-1])
    gaps = (10, -10, 1, -1, 100, -100, 200, -200)
    near = [turned, *(number + gap for gap in gaps)]
    wrong = {str(n) for n in near if n != number and n in NUMBERS}
    return [int(n) for n in shuffled(wrong, seed=str(number))[:DISTRACTORS]]


def numeral_questions() -> Iterator[Item]:
    """Yields each number to be written in words, and to be read from words.

    Both share a key, so that a test document's answer isn't a training document's question.
    """
    for number in NUMBERS:
        words, wrong = numeral(number), _near_misses(number)
        yield Item(
            key=words,
            kind="numeral",
            prompt=f"Kamilisha: {number} kwa maneno =",
            target=words,
            distractors=tuple(numeral(n) for n in wrong),
        )
        yield Item(
            key=words,
            kind="numeral",
            prompt=f"Kamilisha: {words} kwa tarakimu =",
            target=str(number),
            distractors=tuple(str(n) for n in wrong),
        )


def _agreement(noun: Noun, stem: Stem, kind: str, *, plural: bool) -> Item:
    """Builds one question about agreement; the distractors are the other classes' forms.

    A noun that looks the same in both numbers leaves the number open, so the other number's form
    isn't offered as a wrong answer.
    """
    word = noun.plural if plural else noun.singular
    target = stem.form(noun.concord[plural])
    classes = [c for c in NounClass if kind == "adjective" or c % 2 == 0]
    forms = {stem.form(c) for c in classes} - {target}
    if noun.singular == noun.plural:
        forms -= {stem.form(c) for c in noun.concord}
    prompt = f"Kamilisha: {word} + -{stem.root} = {word}"
    return Item(
        key=f"{word} -{stem.root}",
        kind=kind,
        prompt=prompt,
        target=target,
        distractors=tuple(shuffled(forms, seed=prompt)[:DISTRACTORS]),
    )


def agreement_questions() -> Iterator[Item]:
    """Yields each noun with each adjective, and each plural with each number that agrees."""
    for noun in NOUNS:
        for adjective in ADJECTIVES:
            yield _agreement(noun, adjective, "adjective", plural=False)
            if noun.plural != noun.singular:
                yield _agreement(noun, adjective, "adjective", plural=True)
        for count in COUNTS:
            yield _agreement(noun, count, "count", plural=True)


def kiswahili() -> list[Item]:
    """Returns every question of the benchmark."""
    return [*numeral_questions(), *agreement_questions()]
