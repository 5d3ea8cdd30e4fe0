"""One real delivery for all tests of a module."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.authority.collection.exam import LiveExam, delivery_in, live_exam
from tests.delivery.running import RunningDelivery


@pytest.fixture(scope="module")
def delivery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDelivery]:
    with delivery_in(tmp_path_factory.mktemp("delivery")) as running:
        yield running


@pytest.fixture
def live(db: None, delivery: RunningDelivery, tmp_path: Path) -> LiveExam:
    return live_exam(delivery, tmp_path)
