from pathlib import Path

import pytest
import yaml
from django.utils.translation import override

from evaluations.bcp47 import normalised
from leaderboard.pages.language_names import Name, is_named, name, near

_ROOT = Path(__file__).resolve().parents[3] / "evaluations"


def test_every_language_of_the_shipped_suites_has_a_name() -> None:
    suites = [yaml.safe_load(path.read_text()) for path in _ROOT.glob("**/suite.yaml")]
    tags = {
        normalised(tag)
        for suite in suites
        for benchmark in suite["benchmarks"]
        for tag in benchmark["languages"]
    }
    assert len(tags) > 200
    assert [tag for tag in sorted(tags) if not is_named(tag)] == []


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("sw", Name("Swahili", "Kiswahili")),
        ("yo", Name("Yoruba", "Yorùbá")),
        ("zh-Hans", Name("Simplified Chinese", "简体中文")),
        ("pt-AO", Name("Portuguese (AO)", "Português")),
        ("qqx", Name("qqx", "", known=False)),
    ],
)
def test_language_has_its_name_here_and_its_own(tag: str, expected: Name) -> None:
    assert name(tag) == expected


def test_name_is_in_the_readers_language() -> None:
    with override("fr"):
        assert name("sw") == Name("Swahili", "Kiswahili")
        assert name("de").here == "Allemand"


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ("swahilli", ["sw"]), ("Kiswahili", ["sw"]), ("sw-KE", ["sw"]), ("english", ["en"]),
        ("zzzzz", []), ("", []), ("x" * 5_000, []),
    ],
)  # fmt: skip
def test_near_tags_are_those_that_may_be_meant(wrong: str, expected: list[str]) -> None:
    assert near(wrong, ["sw", "en", "ar", "yo"]) == expected
