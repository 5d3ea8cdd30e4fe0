"""One real delivery for all tests of a module."""

from collections.abc import Iterator

import pytest

from tests.authority.collection.exam import delivery_in
from tests.delivery.running import RunningDelivery


@pytest.fixture(scope="module")
def delivery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDelivery]:
    with delivery_in(tmp_path_factory.mktemp("delivery")) as running:
        yield running
