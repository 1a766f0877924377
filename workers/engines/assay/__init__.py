"""The fast engine: no position of a trie of tokens is computed twice (docs/engine.md)."""

#: Raised whenever answers may change by a bit: another order, another split, another kernel.
VERSION = 1
