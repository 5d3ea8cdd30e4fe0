"""A marked campaign that is large enough to release from, and its officers."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from ardoise.authority.accounts.models import Staff
from ardoise.authority.release.models import Release
from ardoise.authority.release.rules import confirm, propose
from tests.authority.restitution.world import PASSWORD, World, build_world, staff_for

PLAN = (Path(__file__).parents[3] / "examples" / "release" / "plan.toml").read_text("utf-8")
SMALL = """
format = "ardoise-release/1"
name = "bruit"
title = "Effectifs"
recipient = "Presse"
purpose = "Information"
[[private]]
name = "effectifs"
by = ["sector"]
domain = { sector = ["unknown", "public"] }
epsilon = "0.6"
"""
TABLES = """
format = "ardoise-release/1"
name = "tableaux"
title = "Tableaux"
recipient = "Presse"
purpose = "Information"
[[tables]]
name = "groupes"
by = ["sector", "calcul_group"]
"""


def _two(world: World) -> list[Staff]:
    return [world.staff["officer"], world.staff["second"]]


def agreed(world: World, row: Release) -> Release:
    """With both officers' word."""
    for account in _two(world):
        row = confirm(row.pk, account, row.digest)
    return row


def proposed(world: World, text: str = TABLES) -> Release:
    """Judged and kept."""
    return propose(world.campaign, text, name="plan.toml", by="command-line")


@pytest.fixture
def world(transactional_db: None) -> Iterator[World]:
    """120 pupils in three classes, two officers."""
    made = build_world(pupils=40)
    staff_for(made)
    made.staff["second"] = Staff.objects.create_account("officer-2", PASSWORD, role="officer")
    yield made
    settings.KEYRING.destroy_campaign(made.campaign.pk)


@pytest.fixture
def browser(world: World) -> Callable[[str], Client]:
    """A client that is logged in as one of world.staff."""

    def make(role: str) -> Client:
        client = Client(raise_request_exception=True)
        client.force_login(world.staff[role])
        return client

    return make
