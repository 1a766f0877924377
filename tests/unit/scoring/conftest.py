from collections.abc import Iterator

import pytest
from threadpoolctl import threadpool_limits


@pytest.fixture(scope="package", autouse=True)
def _one_thread() -> Iterator[None]:
    """Multiply these small matrices in one thread: waking others takes ten times as long."""
    with threadpool_limits(1):
        yield
