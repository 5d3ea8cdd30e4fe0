"""A database from before parts had forms: what it holds is form 1, and opens as before."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from ardoise.authority.enrolment.booklets import content_key
from ardoise.authority.enrolment.models import ContentKey
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
