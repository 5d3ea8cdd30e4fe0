"""The authority's database file is encrypted, and a deleted row is gone."""

from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction

from ardoise.authority.collection.models import Sheet
from ardoise.authority.database.rows import CACHE_KIB, insert, large_cache
from ardoise.authority.registry.models import School
from tests.authority.enrolment.town import NOW, campaign_of

_SHEET = (
    "campaign_id", "seq", "number", "part", "writer", "epoch", "version", "received_at", "extent",
    "chosen", "content",
)  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_no_plain_text_reaches_the_file_or_its_journal() -> None:
    School.objects.create(uai="0991234X", name="Collège de la Craie-Violette")
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM registry_school WHERE uai = %s", ["0991234X"])
        assert cursor.fetchone() == ("Collège de la Craie-Violette",)
    name = Path(str(connection.settings_dict["NAME"]))
    files = [name, *name.parent.glob(name.name + "-*")]
    assert any(file.stat().st_size for file in files)
    for file in files:
        content = file.read_bytes()
        assert b"Craie-Violette" not in content
        assert b"registry_school" not in content
        assert b"SQLite format 3" not in content


@pytest.mark.django_db
def test_the_pragmas_that_keep_promises_are_on() -> None:
    with connection.cursor() as cursor:
        for pragma, value in (
            ("secure_delete", 1),
            ("synchronous", 2),
            ("foreign_keys", 1),
            ("temp_store", 2),
        ):
            cursor.execute(f"PRAGMA {pragma}")
            assert cursor.fetchone()[0] == value, pragma


@pytest.mark.django_db
def test_rows_written_at_once_read_like_any_other() -> None:
    campaign = campaign_of()
    first = (campaign.pk, 1, "123456789", "maths", "", 1, 2, NOW, "complete", False, b"one")
    other = (campaign.pk, 2, "123456789", "dictee", "", 1, 2, NOW, "partial", False, b"two")
    place = ("campaign_id", "number", "part")
    insert(Sheet, _SHEET, [first, other], replacing=place)
    later = (campaign.pk, 9, "123456789", "maths", "", 2, 5, NOW, "partial", False, b"three")
    insert(Sheet, _SHEET, [later], replacing=place)
    held = {row.part: row for row in Sheet.objects.filter(received_at=NOW)}
    assert {part: (row.seq, bytes(row.content)) for part, row in held.items()} == {
        "maths": (9, b"three"),
        "dictee": (2, b"two"),
    }
    assert held["maths"].received_at == NOW
    with pytest.raises(IntegrityError), transaction.atomic():
        insert(Sheet, _SHEET, [first])


@pytest.mark.django_db
def test_a_large_cache_ends_with_the_work() -> None:
    with connection.cursor() as cursor:
        sizes = []
        cursor.execute("PRAGMA cache_size")
        sizes.append(cursor.fetchone()[0])
        with large_cache():
            cursor.execute("PRAGMA cache_size")
            assert cursor.fetchone()[0] == -CACHE_KIB
        cursor.execute("PRAGMA cache_size")
        assert cursor.fetchone()[0] == sizes[0] != -CACHE_KIB
