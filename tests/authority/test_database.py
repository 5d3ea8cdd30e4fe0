"""The authority's database file is encrypted, and a deleted row is gone."""

from pathlib import Path

import pytest
from django.db import connection

from ardoise.authority.registry.models import School


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
