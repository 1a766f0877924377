"""A card is a stranger's text: what is kept of it, and what it can't do."""

import time

import pytest

from evaluations.card import CardMetadata, read_metadata


def front(text: str) -> CardMetadata:
    return read_metadata(f"---\n{text}\n---\n# A model\nlicense: mit\n")


def test_fields_are_kept_as_they_are_written() -> None:
    card = front(
        "language:\n- en\n- 'sw'\nlicense: Apache-2.0\nbase_model: org/base\n"
        "datasets: [a/b, c/d, a/b]\ntags: [toy]\npipeline_tag: text-generation\n"
        "library_name: transformers\nmodel-index: [{name: x}]"
    )
    assert card == CardMetadata(
        license=("Apache-2.0",),
        language=("en", "sw"),
        base_model=("org/base",),
        datasets=("a/b", "c/d"),
        tags=("toy",),
        pipeline_tag=("text-generation",),
        library_name=("transformers",),
    )


def test_what_is_stored_comes_back_and_holds_only_what_is_reported() -> None:
    card = front("license: mit\nlanguage: no")
    assert card.as_json() == {"license": ["mit"], "language": ["no"]}
    assert CardMetadata.stored(card.as_json()) == card
    assert CardMetadata.stored({}) == CardMetadata()


@pytest.mark.parametrize("text", ["no", "1.10", "2024-01-01", "0x1F", "yes", "1_000", "!!int 7"])
def test_scalars_stay_texts(text: str) -> None:
    assert front(f"license: {text}").license == (text.removeprefix("!!int "),)


@pytest.mark.parametrize(
    "card",
    [
        "", "# No front matter", "license: mit", "---\nlicense: mit\n",
        "text\n---\nlicense: mit\n---\n",
        "---\n---\n", "---\nlicense:\n---\n", "---\nlicense: ~\n---\n", "---\nlicense: []\n---\n",
        "---\nlicense: {a: b}\n---\n", "---\nlicense: [[mit]]\n---\n", "---\n license: mit\n---\n",
        "---\nlicense: 'mit\n---\n", "---\nlicense: " + "x" * 201 + "\n---\n",
    ],
)  # fmt: skip
def test_what_says_nothing_readable_is_not_reported(card: str) -> None:
    assert read_metadata(card) == CardMetadata()


def test_what_is_wrong_in_one_field_costs_no_other() -> None:
    card = front("tags: [a, {b\nlicense: mit\nmodel-index: : : [\nlanguage: sw")
    assert (card.license, card.language, card.tags) == (("mit",), ("sw",), ())


@pytest.mark.parametrize(
    "hostile",
    [
        "tags: &a [x]\nlanguage: *a",
        "tags: [&a [x, x], *a]",
        "tags: !!python/object/apply:os.system [echo]",
        "tags: " + "[" * 5_000,
        "tags: " + "{a: " * 1_500,
        "tags:\n" + "- x\n" * 50_000,
        "tags: &a\n  <<: *a",
        "tags: &a [*a]",
        "tags: [&a [x, x], &b [*a, *a], &c [*b, *b], "
        + ", ".join(f"&k{n} [*{'c' if n == 0 else f'k{n - 1}'}, *c]" for n in range(40))
        + "]",
    ],
)
def test_hostile_card_gives_nothing_and_takes_no_time(hostile: str) -> None:
    began = time.monotonic()
    card = front(f"license: mit\n{hostile}")
    assert (card.license, card.language) == (("mit",), ())
    assert set(card.tags) <= {"x", "echo"}
    assert time.monotonic() - began < 2


def test_field_is_bounded_in_number_and_length() -> None:
    card = front("tags: [" + ", ".join(f"t{n}" for n in range(1_000)) + "]")
    assert len(card.tags) == 400


def test_letters_that_turn_the_text_around_them_are_dropped() -> None:
    assert front('license: "m\\u202Eit\\0"').license == ("mit",)
    assert front("base_model: نموذج/صغير").base_model == ("نموذج/صغير",)


def test_windows_line_ends_and_a_byte_order_mark_are_read() -> None:
    text = "\ufeff---\r\nlicense: mit\r\nlanguage:\r\n- ar\r\n---\r\n"
    assert read_metadata(text) == CardMetadata(license=("mit",), language=("ar",))


def test_first_of_two_fields_counts() -> None:
    assert front("license: mit\nlicense: gemma").license == ("mit",)
