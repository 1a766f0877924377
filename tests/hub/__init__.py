"""A small model hub of the tests' own, on this machine, that speaks the Hub's HTTP API."""

from tests.hub.server import Hub

__all__ = ["Hub"]
