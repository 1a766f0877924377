"""The Merkle tree hash of RFC 6962, section 2.1: one digest for an ordered list of leaves."""

import hashlib
from collections.abc import Iterable

EMPTY_ROOT = hashlib.sha256(b"").digest()
#: A leaf may be long, and needs no copy of its bytes behind the prefix.
_LEAF = hashlib.sha256(b"\0")


def leaf_hash(leaf: bytes) -> bytes:
    """Hash one leaf; the prefix 0x00 keeps a leaf from passing for a node."""
    digest = _LEAF.copy()
    digest.update(leaf)
    return digest.digest()


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


def digests_root(joined: bytes) -> bytes:
    """Return the tree hash of leaves of 32 bytes each that stand one after another, faster.

    Level by level: neighbours are joined, and one that is left over goes up as it is.
    """
    if not joined:
        return EMPTY_ROOT
    sha256 = hashlib.sha256
    level = [sha256(b"\0" + joined[i : i + 32]).digest() for i in range(0, len(joined), 32)]
    while len(level) > 1:
        left = level[-1:] if len(level) % 2 else []
        pairs = zip(level[::2], level[1::2], strict=False)
        level = [sha256(b"\1" + one + other).digest() for one, other in pairs] + left
    return level[0]
