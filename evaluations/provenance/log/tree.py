"""Inclusion and consistency in a Merkle tree: RFC 6962, section 2.1; checked as in RFC 9162."""

from collections.abc import Callable, Sequence
from functools import reduce

from evaluations.provenance.merkle import EMPTY_ROOT, node_hash

#: The hash of the complete subtree (level, index): leaves index << level to (index+1) << level.
Hashes = Callable[[int, int], bytes]

_DIGEST_BYTES = 32


class ProofError(ValueError):
    """A proof can't be made, or does not prove what it is for."""


def range_root(first: int, last: int, hashes: Hashes) -> bytes:
    """Return the tree hash of leaves first to last-1, where `first` is a subtree's first leaf.

    The range is cut from the left into the largest complete subtrees; they are joined from the
    right, which is RFC 6962's split at the largest power of two.
    """
    if first == last:
        return EMPTY_ROOT
    parts = []
    while first < last:
        level = (last - first).bit_length() - 1
        if first:
            level = min(level, (first & -first).bit_length() - 1)
        parts.append(hashes(level, first >> level))
        first += 1 << level
    return reduce(lambda right, left: node_hash(left, right), reversed(parts))


def inclusion_proof(index: int, size: int, hashes: Hashes) -> list[bytes]:
    """Return the audit path of a leaf, from its sibling to the root's child (section 2.1.1).

    Raises:
        ProofError: if the tree has no such leaf.
    """
    _check_index(index, size)
    first, last = 0, size
    path = []
    while last - first > 1:
        middle = first + _split(last - first)
        if index < middle:
            path.append(range_root(middle, last, hashes))
            last = middle
        else:
            path.append(range_root(first, middle, hashes))
            first = middle
    return path[::-1]


def consistency_proof(old: int, new: int, hashes: Hashes) -> list[bytes]:
    """Return the proof that the tree of `new` leaves begins with that of `old` (section 2.1.2).

    It is empty from size 0, which everything begins with, and from a tree to itself.

    Raises:
        ProofError: if the old tree is larger.
    """
    _check_sizes(old, new)
    if old == 0:
        return []
    first, last = 0, new
    path = []
    while old != last:
        middle = first + _split(last - first)
        if old <= middle:
            path.append(range_root(middle, last, hashes))
            last = middle
        else:
            path.append(range_root(first, middle, hashes))
            first = middle
    if first:
        path.append(range_root(first, last, hashes))
    return path[::-1]


def verify_inclusion(
    leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Check that a leaf stands in a tree (RFC 9162, section 2.1.3.2).

    Raises:
        ProofError: if the proof does not show it.
    """
    _check_index(index, size)
    _check_digests(leaf_hash, root, *proof)
    node, last, digest = index, size - 1, leaf_hash
    for other in proof:
        if last == 0:
            raise ProofError("The inclusion proof is too long.")
        if node & 1 or node == last:
            digest = node_hash(other, digest)
            node, last = _up(node, last)
        else:
            digest = node_hash(digest, other)
        node, last = node >> 1, last >> 1
    if last:
        raise ProofError("The inclusion proof is too short.")
    if digest != root:
        raise ProofError(f"The inclusion proof of leaf {index} does not lead to the root.")


def verify_consistency(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that one tree is the other's beginning (RFC 9162, section 2.1.4.2).

    Raises:
        ProofError: if the proof does not show it.
    """
    _check_sizes(old_size, new_size)
    _check_digests(old_root, new_root, *proof)
    if old_size in (0, new_size):
        _verify_without_proof(old_size, old_root, new_size, new_root, proof)
        return
    if not proof:
        raise ProofError("The consistency proof is empty.")
    whole = old_size & (old_size - 1) == 0
    path = [old_root, *proof] if whole else list(proof)
    node, last = old_size - 1, new_size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old, new = _climb(path, node, last)
    if old != old_root:
        raise ProofError("The consistency proof does not lead to the old root.")
    if new != new_root:
        raise ProofError("The consistency proof does not lead to the new root.")


def _climb(path: Sequence[bytes], node: int, last: int) -> tuple[bytes, bytes]:
    """Return the old and the new root that a consistency proof leads to."""
    old = new = path[0]
    for other in path[1:]:
        if last == 0:
            raise ProofError("The consistency proof is too long.")
        if node & 1 or node == last:
            old, new = node_hash(other, old), node_hash(other, new)
            node, last = _up(node, last)
        else:
            new = node_hash(new, other)
        node, last = node >> 1, last >> 1
    if last:
        raise ProofError("The consistency proof is too short.")
    return old, new


def _verify_without_proof(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    if proof:
        raise ProofError("From an empty tree, or a tree to itself, the proof is empty.")
    if old_size == 0 and old_root != EMPTY_ROOT:
        raise ProofError("The old root is not that of an empty tree.")
    if old_size == new_size and old_root != new_root:
        raise ProofError("Two trees of one size have different roots.")


def _up(node: int, last: int) -> tuple[int, int]:
    """Pass over the levels on which a node at the right edge has no sibling."""
    while node and not node & 1:
        node, last = node >> 1, last >> 1
    return node, last


def _split(size: int) -> int:
    """Return the largest power of two below a size of 2 or more."""
    return 1 << ((size - 1).bit_length() - 1)


def _check_index(index: int, size: int) -> None:
    if not 0 <= index < size:
        raise ProofError(f"There is no leaf {index} in a tree of {size}.")


def _check_sizes(old: int, new: int) -> None:
    if not 0 <= old <= new:
        raise ProofError(f"A tree of {new} leaves does not begin with one of {old}.")


def _check_digests(*digests: bytes) -> None:
    if any(len(digest) != _DIGEST_BYTES for digest in digests):
        raise ProofError(f"A hash has not {_DIGEST_BYTES} bytes.")
