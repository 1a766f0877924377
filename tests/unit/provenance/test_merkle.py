import hashlib

from hypothesis import given
from hypothesis import strategies as st

from evaluations.provenance.merkle import tree_root, tree_root_hex


def rfc6962(leaves):
    """Section 2.1 of the RFC, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    left, right = rfc6962(leaves[:split]), rfc6962(leaves[split:])
    return hashlib.sha256(b"\1" + left + right).digest()


@given(st.lists(st.binary(max_size=40), max_size=70))
def test_tree_root_equals_the_definition(leaves):
    assert tree_root(leaves) == rfc6962(leaves)


def test_tree_root_of_known_leaves():
    # RFC 6962's reference tree, as certificate-transparency-go's tests have it.
    leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657"]
    leaves.append("606162636465666768696a6b6c6d6e6f")
    known = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    assert tree_root_hex(bytes.fromhex(leaf) for leaf in leaves) == known
