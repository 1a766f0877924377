import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluations.provenance.canonical import (
    DuplicateKeyError,
    arguments_digest,
    jcs,
    parse_strict,
    text_digest,
)
from evaluations.provenance.checks.prompts import request_digests
from tests.bundles import request_hash, sha256

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_parse_strict_reads_what_json_writes(value):
    assert parse_strict(json.dumps(value).encode()) == value


@given(st.dictionaries(TEXT, VALUES, min_size=1, max_size=4), st.data())
def test_parse_strict_refuses_a_doubled_key(value, data):
    key = data.draw(st.sampled_from(sorted(value)))
    inner = json.dumps(value)[1:]
    doubled = f"{{{json.dumps(key)}: 1, {inner}".encode()
    with pytest.raises(DuplicateKeyError):
        parse_strict(b'{"deep": [' + doubled + b"]}")


@pytest.mark.parametrize("text", [b"NaN", b"[Infinity]", b"-Infinity", b"{'a': 1}", b"\xff", b""])
def test_parse_strict_refuses_what_is_not_json(text):
    with pytest.raises(ValueError, match=r"Expecting|not JSON|decode"):
        parse_strict(text)


def test_parse_strict_refuses_utf16():
    with pytest.raises(UnicodeDecodeError):
        parse_strict('{"a": 1}'.encode("utf-16"))


@given(st.dictionaries(TEXT, VALUES, max_size=4))
def test_jcs_does_not_depend_on_the_order_of_keys(value):
    assert jcs(value) == jcs(dict(reversed(value.items())))


def test_text_digest_is_a_plain_sha256():
    assert text_digest("Größe") == sha256("Größe")


@given(st.lists(st.lists(TEXT | st.dictionaries(TEXT, VALUES, max_size=3), min_size=1, max_size=3)))
def test_request_digests_equal_the_digest_of_each_request(requests):
    expected = b"".join(request_hash(arguments) for arguments in requests)
    assert request_digests(requests) == expected
    assert b"".join(bytes.fromhex(arguments_digest(one)) for one in requests) == expected


@given(TEXT, st.lists(TEXT, min_size=1, max_size=5))
def test_request_digests_share_a_context(context, choices):
    requests = [[context, choice] for choice in choices]
    assert request_digests(requests) == b"".join(map(request_hash, requests))
