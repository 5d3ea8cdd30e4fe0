"""One server for a module's tests; each test brings its own campaign."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ardoise.seal import randomness
from tests.delivery.kits import Campaign, make_kit
from tests.delivery.running import RunningDelivery
from tests.postgres import new_database, postgres_cluster

__all__ = ["new_database", "postgres_cluster"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A module that says STORES = ("file", "postgres") has its tests run on both."""
    stores = getattr(metafunc.module, "STORES", None)
    if stores is not None and "delivery" in metafunc.fixturenames:
        metafunc.parametrize("delivery", stores, indirect=True, scope="module")


@pytest.fixture(scope="module")
def delivery(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningDelivery]:
    """On the encrypted file, or on whatever the module's STORES says."""
    postgres = None
    if getattr(request, "param", "file") == "postgres":
        postgres = request.getfixturevalue("new_database")().node
    with RunningDelivery(tmp_path_factory.mktemp("delivery"), postgres=postgres) as running:
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
