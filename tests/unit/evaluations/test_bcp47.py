import pytest

from evaluations.bcp47 import all_of, normalised, wider


@pytest.mark.parametrize(
    ("text", "usual"),
    [
        ("sw", "sw"), (" SW ", "sw"), ("swa", "sw"), ("eng", "en"), ("fre", "fr"), ("chu", "cu"),
        ("pt_br", "pt-BR"), ("zh-hans-cn", "zh-Hans-CN"), ("zho-Hant", "zh-Hant"), ("iw", "he"),
        ("zh-yue", "yue"), ("es-419", "es-419"), ("sl-rozaj-biske", "sl-rozaj-biske"),
        ("de-CH-1996", "de-CH-1996"), ("acm", "acm"),
    ],
)  # fmt: skip
def test_tag_is_brought_into_its_usual_form(text: str, usual: str) -> None:
    assert normalised(text) == usual
    assert normalised(usual) == usual


@pytest.mark.parametrize(
    "text",
    ["", "English", "multilingual", "code", "e", "mul", "und", "en-", "-en", "en--US", "x-private",
     "en-a-b", "sw\0", "سو", "en" + "-abcde" * 9, "../etc", "<b>"],
)  # fmt: skip
def test_what_is_no_tag_of_a_language_is_nothing(text: str) -> None:
    assert normalised(text) == ""


def test_tags_among_texts_come_once_and_sorted() -> None:
    assert all_of(["sw", "English", "swa", "EN"]) == ["en", "sw"]


def test_wider_tags_are_those_that_a_tag_narrows() -> None:
    assert wider("zh-Hans-CN") == ["zh-Hans-CN", "zh-Hans", "zh"]
    assert wider("sw") == ["sw"]
