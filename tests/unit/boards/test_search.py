import time

import pytest

from evaluations.queries.support import Support
from leaderboard.boards.search import MOST_CHARACTERS, understood
from tests.rows import make_row

ROWS = [
    make_row("org/plover-it", licence="mit", parameters=1_710_000_000, chat=True),
    make_row("Org/Osier;2", licence="apache-2.0", parameters=360_000_000),
    make_row("lone", licence="", parameters=3_000_000_000, architecture="MambaForCausalLM",
             settings={"precision": "bfloat16", "engine": "vllm on cuda", "harness": "0.4.9"},
             source="local", support=Support.INDEPENDENT_R0, result="k7q2m4kx0p"),
]  # fmt: skip
PLOVER, OSIER, LONE = (row.name for row in ROWS)


def found(query):
    search = understood(query)
    assert search.problems == ()
    return [row.name for row in ROWS if search.test is None or search.test(row)]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", [PLOVER, OSIER, LONE]),
        (" ; ;; ", [PLOVER, OSIER, LONE]),
        ("PLOV", [PLOVER]),
        ("org/", [PLOVER, OSIER]),
        ("org/plover", [PLOVER]),
        ("local:", [LONE]),
        ("org it", [PLOVER]),
        ("it org", [PLOVER]),
        ("plover lone", []),
        ("plover;lone", [PLOVER, LONE]),
        ("plover it ; lone", [PLOVER, LONE]),
        ("org/plover;lone", [PLOVER, LONE]),
        ("/plover;lone", [PLOVER, LONE]),
        ("nothing", []),
        ("<script>", []),
        ("%", []),
    ],
)
def test_words_are_parts_of_names_and_a_semicolon_means_or(query, names):
    assert found(query) == names


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("/^org/", [PLOVER, OSIER]),
        ("/^ORG.*-it$/", [PLOVER]),
        ("/^(lone|.*it)$/", [PLOVER, LONE]),
        ("/er;2/", [OSIER]),
        ("/er;2/;lone", [OSIER, LONE]),
        ("/org\\/p/", [PLOVER]),
        ("/^org/ @licence:mit", [PLOVER]),
        ("/a b/", []),
        ("//", []),
    ],
)
def test_word_between_slashes_is_a_regular_expression(query, names):
    assert found(query) == names


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("@org:org", [PLOVER, OSIER]),
        ("@org:", [LONE]),
        ("@licence:MIT", [PLOVER]),
        ("@license:apache", [OSIER]),
        ("@licence:", [LONE]),
        ("@arch:mamba", [LONE]),
        ("@precision:bfloat16", [LONE]),
        ("@engine:hf", [PLOVER, OSIER]),
        ("@engine:cuda", [LONE]),
        ("@harness:0.4.9", [LONE]),
        ("@type:chat", [PLOVER]),
        ("@type:base", [OSIER, LONE]),
        ("@evidence:independent", [LONE]),
        (f"@commit:{ROWS[0].commit[:12]}", [PLOVER]),
        ("@result:k7q2m4kx0p", [LONE]),
        ("@Type:Base @arch:llama", [OSIER]),
    ],
)
def test_field_is_looked_into(query, names):
    assert found(query) == names


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("@size:<360M", []),
        ("@size:<=360M", [OSIER]),
        ("@size:>1.71b", [LONE]),
        ("@size:>=1.71B", [PLOVER, LONE]),
        ("@size:1B-3B", [PLOVER, LONE]),
        ("@size:0.001T-2000M", [PLOVER]),
        ("@size:1.7B", [PLOVER]),
        ("@size:=360000k", [OSIER]),
        ("@size:360000000", [OSIER]),
        ("@size:<2B @size:>1B", [PLOVER]),
    ],
)
def test_size_is_compared_as_people_write_it(query, names):
    assert found(query) == names


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("/(/", "/(/ is no regular expression."),
        ("/a{99999}/", "/a{99999}/ is no regular expression."),
        ("/((a{100}){100}){100}/", "/((a{100}){100}){100}/ is no regular expression."),
        ("/(?<=a)b/", "/(?<=a)b/ is no regular expression."),
        ("@size:big", "@size: takes a number such as <2B, >=300M or 1B-3B."),
        ("@size:1-2-3", "@size: takes a number such as <2B, >=300M or 1B-3B."),
        ("@size:", "@size: takes a number such as <2B, >=300M or 1B-3B."),
    ],
)
def test_word_that_makes_no_sense_is_named_and_left_out(query, problem):
    search = understood(f"{query} plover")
    assert search.problems == (problem,)
    assert search.test is not None
    assert [row.name for row in ROWS if search.test(row)] == [PLOVER]


@pytest.mark.parametrize("query", ["@colour:red", "@licence", "@", "@:x"])
def test_unknown_field_is_told_which_fields_there_are(query):
    search = understood(query)
    (problem,) = search.problems
    assert problem == (
        f"There is no field @{query[1:].partition(':')[0]}:; there are @size:, @org:, @licence:, "
        "@language:, @openness:, @arch:, @precision:, @engine:, @harness:, @type:, @evidence:, "
        "@commit:, @result:."
    )
    assert search.test is None


def test_overlong_search_is_cut_and_says_so():
    longest = "plover".ljust(MOST_CHARACTERS, "x")
    assert understood(longest).problems == ()
    search = understood("plover " + "x" * MOST_CHARACTERS)
    assert search.problems == ("A search has at most 300 characters.",)
    cut = understood("plover".ljust(MOST_CHARACTERS) + " x")
    assert cut.test is not None
    assert [row.name for row in ROWS if cut.test(row)] == [PLOVER]


@pytest.mark.parametrize(
    "query", ["/(a*)*b/", "/(a|aa)+$/", "/^(([a-z])+.)+[A-Z]([a-z])+$/", "/" + "a?" * 60 + "c/"]
)
def test_hostile_expression_is_quick(query):
    # Python's own would take longer than the universe over the first of them.
    rows = [make_row("a" * 200)] * 1000
    begun = time.monotonic()
    search = understood(query)
    assert search.test is not None
    assert len({search.test(row) for row in rows}) == 1
    assert time.monotonic() - begun < 5
