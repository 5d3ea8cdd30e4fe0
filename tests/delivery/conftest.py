"""One server for a module's tests; each test brings its own campaign."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ardoise.seal import randomness
from tests.delivery.kits import Campaign, make_kit
from tests.delivery.running import RunningDelivery


@pytest.fixture(scope="module")
def delivery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDelivery]:
    with RunningDelivery(tmp_path_factory.mktemp("delivery")) as running:
        yield running


@pytest.fixture
def installed(delivery: RunningDelivery) -> Callable[..., Campaign]:
    """Makes a campaign of a fresh name and installs its kit."""

    def install(**wanted: Any) -> Campaign:
        name = f"essai-{randomness.reference()}"
        campaign = make_kit(**{"name": name, "signing_key": delivery.signing_key, **wanted})
        delivery.authority().install(campaign)
        return campaign

    return install


@pytest.fixture
def campaign(installed: Callable[..., Campaign]) -> Campaign:
    return installed()
