import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluations.provenance import rows
from evaluations.provenance.documents import FormError
from evaluations.provenance.rows import RowSyntaxError, parse_row
from tests.bundles import doc_hash, draft, line, sample
from tests.unit.provenance.test_canonical import VALUES

ODD = st.text(
    st.sampled_from(['"', "\\", ":", ",", "é", "{", "}", "\n", "\u2028", "a"]), max_size=8
)


def row_of(doc):
    facts = {"resps": [["x"]], "filtered_resps": ["x"], "filter": "none"}
    return sample(0, doc, "t", [["c", "d"]], **facts, metrics={"acc": 1.0})


@given(st.dictionaries(ODD, VALUES | ODD, max_size=4))
def test_parse_row_reads_what_lm_eval_writes(doc):
    row = parse_row(line(row_of(doc)))
    assert (row.doc, row.doc_digest, row.arguments) == (doc, doc_hash(doc), [["c", "d"]])


@given(ODD, ODD, st.booleans())
def test_parse_row_refuses_a_doubled_key_however_it_is_written(key, value, escaped):
    made = line(row_of({key: value, "more": '\\" \\\\'}))
    again = json.dumps(key, ensure_ascii=escaped) + " : " + json.dumps(value, ensure_ascii=escaped)
    with pytest.raises(RowSyntaxError, match="twice"):
        parse_row(made.replace(b'"doc": {', b'"doc": {' + again.encode() + b","))


def test_parse_row_keeps_integers_that_orjson_would_round():
    doc = {"big": 2**70 + 1}
    assert parse_row(line(row_of(doc))).doc == doc


def test_parse_row_reads_nan_as_lm_eval_writes_it():
    row = row_of({"a": 1})
    row["acc"] = float("nan")
    assert parse_row(line(row)).values["acc"] != 0


@pytest.mark.parametrize("text", [b"", b"{", b"[1]", b"\xff", b'{"doc": "\\ud800"}', b"[" * 10**6])
def test_parse_row_refuses_what_is_no_strict_object(text):
    with pytest.raises(RowSyntaxError):
        parse_row(text)


def test_parse_row_refuses_a_deep_document():
    deep = json.loads("[" * 400 + "]" * 400)
    with pytest.raises((RowSyntaxError, FormError)):
        parse_row(line(row_of(None)).replace(b'"doc": null', b'"doc": ' + line(deep) * 1000))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("doc_id", -1), ("doc_id", True), ("target", 3), ("arguments", {}), ("arguments", []),
        ("arguments", {"gen_args_1": {}}), ("arguments", {"gen_args_0": None}), ("metrics", ["f"]),
        ("arguments", {"gen_args_0": {"arg_1": ""}}), ("metrics", ["acc", "acc"]), ("filter", None),
    ],
)  # fmt: skip
def test_parse_row_refuses_another_shape(key, value):
    row = draft().rows["made_up_choice"][0]
    with pytest.raises(FormError):
        parse_row(line(row | {key: value}))


CONTEXT = 'Größe?\n"quoted" \\ {"arg_0": "x", "arg_1": 1}\u2028 '


def long_row(context=CONTEXT * 8, others=0):
    """A row whose four requests repeat a long context, or most of them."""
    requests = [[context, f" {i}"] for i in range(4 - others)]
    requests += [[context + "!", " x"] for _ in range(others)]
    facts = {"resps": [["x"]] * 4, "filtered_resps": ["x"] * 4, "filter": "none"}
    return sample(3, {"a": context}, "t", requests, **facts, metrics={"acc": 1.0})


def slowly(text):
    """What the strict parser makes of a line, or None if it refuses it."""
    try:
        return rows._slow(text)
    except RowSyntaxError:
        return None


@pytest.mark.parametrize("others", range(4))
def test_parse_row_reads_a_repeated_context_once_and_everywhere(others):
    text = line(long_row(others=others))
    row = parse_row(text)
    assert row.values == slowly(text)
    assert json.loads(row.context) == row.arguments[0][0]
    assert row.arguments[-1][0] == CONTEXT * 8 + ("!" if others else "")


@pytest.mark.parametrize(
    "context",
    ["Größe?\n" * 60, "no quote, but {arg_0: 1}, \x7f and \\ " * 9, "x" * 300 + "\\", '"' * 300],
)
def test_parse_row_finds_the_end_of_a_repeated_context(context):
    text = line(long_row(context) | {"doc": {}})
    row = parse_row(text)
    assert row.values == slowly(text)
    assert row.arguments[3] == [context, " 3"]
    assert row.context == line(context)


@pytest.mark.parametrize(
    "odd",
    [b"\\u00e9", b"\\/", b"\\u007f", b"\\ud800", b"\\x", b"\x01", b"\t", b"\xc3", b"\\", b'"'],
)
@pytest.mark.parametrize("place", [0, 7, -1])
def test_parse_row_reads_an_odd_repeated_context_as_the_strict_parser_does(odd, place):
    plain = b"abcdefgh" * 40
    spoiled = plain[:place] + odd + plain[place:]
    text = line(long_row(plain.decode()) | {"doc": {}}).replace(plain, spoiled)
    expected = slowly(text)
    if expected is None:
        with pytest.raises(RowSyntaxError):
            parse_row(text)
        return
    row = parse_row(text)
    assert row.values == expected
    # Only what is written as it is hashed may be hashed as it stands.
    assert row.context in (b"", line(row.arguments[0][0]))


@pytest.mark.parametrize("place", ["context", "doc", "continuation"])
def test_parse_row_is_not_misled_by_the_stand_in_for_a_context(place):
    made = long_row()
    if place == "context":
        made["arguments"]["gen_args_2"]["arg_0"] = "\x7f"
    elif place == "doc":
        made["doc"] = {"arguments": {"gen_args_0": {"arg_0": CONTEXT * 8, "arg_1": "x"}}}
    else:
        made["arguments"]["gen_args_1"]["arg_1"] = "\x7f"
    for text in (line(made), line(made).replace(b"\x7f", b"\\u007f")):
        row = parse_row(text)
        assert row.values == slowly(text) == made
        assert row.arguments[2][0] == made["arguments"]["gen_args_2"]["arg_0"]


def test_parse_row_is_not_misled_by_a_document_of_arguments_beside_the_stand_in_itself():
    made = long_row()
    made["doc"] = {"arguments": {"gen_args_0": {"arg_0": CONTEXT * 8, "arg_1": "x"}}}
    made["arguments"]["gen_args_1"]["arg_0"] = "\x7f"
    assert parse_row(line(made)).values == made


@pytest.mark.parametrize("key", [b'"arg_0"', b'"arg_1"', b'"gen_args_1"', b'"doc_id"', b'"a"'])
@pytest.mark.parametrize("value", [b'"\\u007f"', b'"x"', b"1", json.dumps(CONTEXT * 8).encode()])
def test_parse_row_refuses_a_doubled_key_beside_a_repeated_context(key, value):
    text = line(long_row())
    for place in range(text.count(key + b": ")):
        parts = text.split(key + b": ")
        made = (key + b": ").join(parts[: place + 1]) + key + b": " + value + b", "
        made += key + b": " + (key + b": ").join(parts[place + 1 :])
        if slowly(made) is None:  # not where the key's name stands within a text
            with pytest.raises(RowSyntaxError):
                parse_row(made)


@given(
    st.integers(0), st.sampled_from([*(bytes([n]) for n in b'"\\,:{}[] \n01e\x7f'), b"\xc3", b""])
)
def test_parse_row_and_the_strict_parser_agree_on_spoiled_lines(place, other):
    text = line(long_row(others=place % 3))
    place %= len(text)
    made = text[:place] + other + text[place + 1 :]
    expected = slowly(made)
    try:
        assert parse_row(made).values == expected
    except RowSyntaxError:
        assert expected is None
    except FormError:
        assert expected is not None
