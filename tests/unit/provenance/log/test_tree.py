import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluations.provenance.log.tree import (
    ProofError,
    consistency_proof,
    inclusion_proof,
    verify_consistency,
    verify_inclusion,
)
from evaluations.provenance.merkle import leaf_hash, node_hash, tree_root
from tests.logs import small

MOST = 70
LEAVES = small(MOST)
ROOTS = [tree_root(LEAVES[:size]) for size in range(MOST + 1)]


def subtree(level, index):
    return tree_root(LEAVES[index << level : (index + 1) << level])


def split(size):
    middle = 1
    while middle * 2 < size:
        middle *= 2
    return middle


def path(index, leaves):
    """RFC 6962, section 2.1.1, word for word."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if index < k:
        return [*path(index, leaves[:k]), tree_root(leaves[k:])]
    return [*path(index - k, leaves[k:]), tree_root(leaves[:k])]


def subproof(old, leaves, whole):
    """RFC 6962, section 2.1.2, word for word."""
    if old == len(leaves):
        return [] if whole else [tree_root(leaves)]
    k = split(len(leaves))
    if old <= k:
        return [*subproof(old, leaves[:k], whole), tree_root(leaves[k:])]
    return [*subproof(old - k, leaves[k:], False), tree_root(leaves[:k])]


def root_of(digest, index, size, proof):
    """Return the root that a path leads to, from the top; None if it has another length."""
    if size == 1:
        return None if proof else digest
    if not proof:
        return None
    k = split(size)
    if index < k:
        left = root_of(digest, index, k, proof[:-1])
        return left and node_hash(left, proof[-1])
    right = root_of(digest, index - k, size - k, proof[:-1])
    return right and node_hash(proof[-1], right)


def accepts(check, *arguments):
    try:
        check(*arguments)
    except ProofError:
        return False
    return True


@pytest.mark.parametrize("size", range(1, MOST + 1))
def test_inclusion_proofs_are_the_definitions_and_verify(size):
    for index in range(size):
        proof = inclusion_proof(index, size, subtree)
        assert proof == path(index, LEAVES[:size])
        verify_inclusion(leaf_hash(LEAVES[index]), index, size, proof, ROOTS[size])


@pytest.mark.parametrize("new", range(1, MOST + 1))
def test_consistency_proofs_are_the_definitions_and_verify(new):
    for old in range(new + 1):
        proof = consistency_proof(old, new, subtree)
        assert proof == (subproof(old, LEAVES[:new], True) if old else [])
        verify_consistency(old, ROOTS[old], new, ROOTS[new], proof)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 21, 33])
def test_inclusion_is_refused_for_another_leaf_index_or_root(size):
    for index in range(size):
        proof, digest = path(index, LEAVES[:size]), leaf_hash(LEAVES[index])
        for other in set(range(size)) - {index}:
            assert not accepts(verify_inclusion, digest, other, size, proof, ROOTS[size])
            other_digest = leaf_hash(LEAVES[other])
            assert not accepts(verify_inclusion, other_digest, index, size, proof, ROOTS[size])
        assert not accepts(verify_inclusion, digest, index, size, proof, ROOTS[size - 1])
        assert not accepts(verify_inclusion, digest, index, size, [*proof, digest], ROOTS[size])
        if proof:
            assert not accepts(verify_inclusion, digest, index, size, proof[1:], ROOTS[size])
            assert not accepts(verify_inclusion, digest, index, size, proof[:-1], ROOTS[size])


def test_inclusion_under_another_size_is_what_the_definition_says():
    # A path may fit two sizes; the size is believed because the log signs it with the root.
    for size in range(1, 20):
        for index in range(size):
            proof, digest = path(index, LEAVES[:size]), leaf_hash(LEAVES[index])
            for claimed in range(index + 1, 40):
                expected = root_of(digest, index, claimed, proof) == ROOTS[size]
                found = accepts(verify_inclusion, digest, index, claimed, proof, ROOTS[size])
                assert found == expected


@pytest.mark.parametrize("new", [2, 3, 7, 8, 9, 20])
def test_consistency_is_refused_for_another_size_or_root(new):
    for old in range(1, new):
        proof = consistency_proof(old, new, subtree)
        given = old, ROOTS[old], new, ROOTS[new]
        assert not accepts(verify_consistency, *given, [*proof, ROOTS[1]])
        assert not accepts(verify_consistency, *given, proof[:-1])
        assert not accepts(verify_consistency, *given, [])
        assert not accepts(verify_consistency, old, ROOTS[old - 1], new, ROOTS[new], proof)
        assert not accepts(verify_consistency, old, ROOTS[old], new, ROOTS[new - 1], proof)
        for other in set(range(new + 1)) - {old}:
            assert not accepts(verify_consistency, other, ROOTS[old], new, ROOTS[new], proof)


@given(st.data())
def test_a_flipped_bit_is_refused(data):
    new = data.draw(st.integers(2, MOST))
    index = data.draw(st.integers(0, new - 1))
    old = data.draw(st.integers(1, new - 1))
    inclusion = [leaf_hash(LEAVES[index]), *path(index, LEAVES[:new]), ROOTS[new]]
    consistency = [ROOTS[old], ROOTS[new], *consistency_proof(old, new, subtree)]
    for hashes in (inclusion, consistency):
        place = data.draw(st.integers(0, len(hashes) - 1))
        flipped = bytearray(hashes[place])
        flipped[data.draw(st.integers(0, 31))] ^= 1 << data.draw(st.integers(0, 7))
        hashes[place] = bytes(flipped)
    leaf, *proof, root = inclusion
    assert not accepts(verify_inclusion, leaf, index, new, proof, root)
    old_root, new_root, *proof = consistency
    assert not accepts(verify_consistency, old, old_root, new, new_root, proof)


def test_the_empty_tree_is_the_beginning_of_every_tree():
    verify_consistency(0, ROOTS[0], 5, ROOTS[5], [])
    assert not accepts(verify_consistency, 0, ROOTS[1], 5, ROOTS[5], [])
    assert not accepts(verify_consistency, 0, ROOTS[0], 5, ROOTS[5], [ROOTS[1]])
    assert not accepts(verify_consistency, 5, ROOTS[5], 5, ROOTS[4], [])


@pytest.mark.parametrize(("index", "size"), [(-1, 5), (5, 5), (0, 0)])
def test_a_leaf_that_is_not_there_has_no_proof(index, size):
    with pytest.raises(ProofError, match="There is no leaf"):
        inclusion_proof(index, size, subtree)
    assert not accepts(verify_inclusion, ROOTS[1], index, size, [], ROOTS[1])


@pytest.mark.parametrize(("old", "new"), [(-1, 5), (6, 5)])
def test_a_larger_tree_is_no_beginning(old, new):
    with pytest.raises(ProofError, match="does not begin"):
        consistency_proof(old, new, subtree)
    assert not accepts(verify_consistency, old, ROOTS[5], new, ROOTS[5], [])


def test_hashes_of_another_length_are_refused():
    assert not accepts(verify_inclusion, ROOTS[1][:31], 0, 1, [], ROOTS[1][:31])


def test_known_answers():
    # The reference tree of certificate-transparency-go's tests.
    written = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657"]
    written.append("606162636465666768696a6b6c6d6e6f")
    leaves = [bytes.fromhex(leaf) for leaf in written]

    def hashes(level, index):
        return tree_root(leaves[index << level : (index + 1) << level])

    assert [digest.hex() for digest in inclusion_proof(0, 8, hashes)] == [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]
    assert [digest.hex() for digest in consistency_proof(6, 8, hashes)] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
