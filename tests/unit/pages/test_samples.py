"""How texts of samples are written, and which language they are in."""

import pytest

from leaderboard.pages.sample_language import direction_of, language_of
from leaderboard.templatetags.samples import ends, is_long, nats, value_of, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\tb\nc é 中", "a\tb\nc é 中"),
        ("<b>&'", "&lt;b&gt;&amp;&#x27;"),
        ("a\u200cb\u200db", "a\u200cb\u200db"),
        ("a\x00", 'a<bdi class="ctl" dir="ltr" title="U+0000">NUL</bdi>'),
        ("\u202eb", '<bdi class="ctl" dir="ltr" title="U+202E">U+202E</bdi>b'),
        ("\x7f", '<bdi class="ctl" dir="ltr" title="U+007F">U+007F</bdi>'),
        ("\U000e0041", '<bdi class="ctl" dir="ltr" title="U+E0041">U+E0041</bdi>'),
    ],
)
def test_every_character_can_be_seen_and_none_acts(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_long_text_is_folded_to_its_ends() -> None:
    text = "".join(f"line {n}\n" for n in range(30)) + "<end>"
    assert (is_long(text), is_long("x" * 1001), is_long("short")) == (True, True, False)
    assert ends(text).startswith("line 0\nline 1\n")
    assert ends(text).endswith("line 29\n&lt;end&gt;")
    assert "line 15" not in ends(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [(-1.234, "−1.23"), (0.0, "0.00"), (None, "—"), (float("-inf"), "−∞"), (float("nan"), "NaN")],  # noqa: RUF001
)
def test_log_likelihood_is_written_with_two_digits(value: float | None, text: str) -> None:
    assert nats(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(1.0, "1"), (0.25, "0.2500"), (None, "—"), (float("nan"), "nan")]
)
def test_metric_is_written_shortly(value: float | None, text: str) -> None:
    assert value_of({} if value is None else {"m": value}, "m") == text


@pytest.mark.parametrize(
    ("languages", "task", "doc", "language"),
    [
        (["sw"], "anything", "", "sw"),
        (["sw", "ar"], "belebele_swh_Latn", "", "sw-Latn"),
        (["sw", "ar"], "belebele_arb_Arab", "", "ar-Arab"),
        (["en", "ar"], "mmlu_in_arabic", "", "ar"),
        (["en", "fr"], "mmlu", '{"language": "fr"}', "fr"),
        (["en", "fr"], "mmlu", '{"language": ["fr"]}', ""),
        (["en", "fr"], "mmlu", "no JSON", ""),
        (["en", "fr"], "is_it_so", "", ""),
        (["zh-Hant", "en"], "xcopa_zh", "", "zh-Hant"),
        ([], "xcopa_zh", "", ""),
    ],
)
def test_language_is_the_benchmarks_or_what_the_task_is_called(
    languages: list[str], task: str, doc: str, language: str
) -> None:
    assert language_of(languages, task, doc) == language


@pytest.mark.parametrize(
    ("language", "direction"),
    [("ar", "rtl"), ("sw", "ltr"), ("", "auto"), ("ur-Latn", "ltr"), ("ms-Arab", "rtl"),
     ("ar-EG", "rtl")],
)  # fmt: skip
def test_direction_is_the_scripts(language: str, direction: str) -> None:
    assert direction_of(language) == direction
