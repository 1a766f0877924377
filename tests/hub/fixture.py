"""The hub as every test may ask for it."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from tests.hub.server import Hub, running


@pytest.fixture
def hub(settings: Settings) -> Iterator[Hub]:
    """Start an empty hub and let the site look there."""
    with running() as started:
        settings.HUB_ENDPOINT = started.endpoint
        yield started
