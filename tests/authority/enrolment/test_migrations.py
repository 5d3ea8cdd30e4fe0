"""Databases of earlier releases: what they hold means what it meant, and opens as before."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from ardoise.authority.enrolment.booklets import content_key
from ardoise.authority.enrolment.models import ContentKey, Seat
from ardoise.authority.enrolment.rules import keys_of
from ardoise.authority.enrolment.stretching import stretch
from ardoise.seal.derive import SeatKeys
from tests.authority.enrolment import town

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def earlier() -> Iterator[MigrationExecutor]:
    """The database as the first release made it; afterwards it is of today again."""
    executor = MigrationExecutor(connection)
    executor.migrate([("enrolment", "0001_initial")])
    yield executor
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def test_a_content_key_from_before_forms_is_that_of_form_one(earlier: MigrationExecutor) -> None:
    campaign = town.campaign_of()
    part = town.part_of(campaign, "francais")
    key = settings.KEYRING.campaign_key(campaign.pk)
    old = earlier.loader.project_state([("enrolment", "0001_initial")]).apps
    sealed = key.seal("enrolment_contentkey", "francais", "key", bytes(32))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {old.get_model('enrolment', 'ContentKey')._meta.db_table}"
            " (part_id, key, booklet) VALUES (%s, %s, %s)",
            [part.pk, sealed, "0" * 64],
        )
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())
    row = ContentKey.objects.get(part=part)
    assert (row.form, bytes(row.keymap)) == (1, b"")
    assert content_key(key, row, "francais") == bytes(32)


def test_a_seat_from_before_roots_were_kept_has_none_until_it_is_stretched(
    earlier: MigrationExecutor,
) -> None:
    campaign = town.campaign_of()
    class_group = town.class_of(campaign, [])
    key = settings.KEYRING.campaign_key(campaign.pk)
    seat = {
        "id": "00000000000000aa",
        "campaign_id": campaign.pk,
        "number": "123456789",
        "code": key.seal("enrolment_seat", "123456789", "code", b"0123456789AB"),
        "role": "pupil",
        "time_percent": 100,
        "time_untold": False,
        "spare": False,
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO enrolment_group (campaign_id, class_group_id, ref, key)"
            " VALUES (%s, %s, %s, %s) RETURNING id",
            [campaign.pk, class_group.pk, "00000000000000bb", b""],
        )
        row = {**seat, "group_id": cursor.fetchone()[0]}
        places = ", ".join(["%s"] * len(row))
        cursor.execute(
            f"INSERT INTO enrolment_seat ({', '.join(row)}) VALUES ({places})",
            list(row.values()),
        )
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())
    held = Seat.objects.get()
    assert bytes(held.root) == b""
    keys = SeatKeys.from_code(code="0123456789AB", campaign=campaign.pk, number="123456789")
    assert keys_of(key, held) == keys
    assert stretch(campaign, key) == 1
    held.refresh_from_db()
    assert held.root
    assert keys_of(key, held) == keys
