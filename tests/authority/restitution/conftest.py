"""The world of the results' tests, and a browser for each role."""

from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.test import Client

from tests.authority.restitution.world import World, build_world, staff_for


@pytest.fixture
def world(db: None) -> Iterator[World]:
    """One campaign, two schools, three classes, six accounts."""
    made = build_world()
    staff_for(made)
    yield made
    settings.KEYRING.destroy_campaign(made.campaign.pk)


@pytest.fixture
def browser(world: World) -> Callable[[str], Client]:
    """A client that is logged in as one of world.staff, or as nobody ('anonymous')."""

    def make(role: str) -> Client:
        client = Client(raise_request_exception=True)
        if role != "anonymous":
            client.force_login(world.staff[role])
        return client

    return make
