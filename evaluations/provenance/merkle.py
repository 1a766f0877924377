"""The Merkle tree hash of RFC 6962, section 2.1: one digest for an ordered list of leaves."""

import hashlib
from collections.abc import Iterable

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    """Hash one leaf; the prefix 0x00 keeps a leaf from passing for a node."""
    return hashlib.sha256(b"\0" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees into their parent."""
    return hashlib.sha256(b"\1" + left + right).digest()


def tree_root(leaves: Iterable[bytes]) -> bytes:
    """Return the 32-byte tree hash of the leaves, in order, in logarithmic memory.

    Equal neighbours are joined as soon as they exist, as a binary counter carries; what is left
    over is joined from the right, which is RFC 6962's split at the largest power of two.
    """
    stack: list[tuple[int, bytes]] = []
    for leaf in leaves:
        size, digest = 1, leaf_hash(leaf)
        while stack and stack[-1][0] == size:
            _, left = stack.pop()
            size, digest = size * 2, node_hash(left, digest)
        stack.append((size, digest))
    if not stack:
        return EMPTY_ROOT
    _, root = stack.pop()
    while stack:
        _, left = stack.pop()
        root = node_hash(left, root)
    return root


def tree_root_hex(leaves: Iterable[bytes]) -> str:
    """Return `tree_root` as 64 hexadecimal digits."""
    return tree_root(leaves).hex()
