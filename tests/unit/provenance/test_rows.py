import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
