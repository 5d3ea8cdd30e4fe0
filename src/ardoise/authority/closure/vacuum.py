"""Compacts the database file, so that nothing deleted lingers in it, and checks it from outside."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet


def vacuum(database: BaseDatabaseWrapper) -> None:
    """Rewrite the file from what is left in it, then fold the journal in and cut it to nothing.

    PostgreSQL rewrites the tables; its journal is its operator's (docs/operating). Raises
    DatabaseError inside a transaction.
    """
    with database.cursor() as cursor:
        if database.vendor == "sqlite":
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            cursor.fetchall()
        else:
            cursor.execute("VACUUM FULL")


def check_reopened(
    database: BaseDatabaseWrapper, empty: Iterable["QuerySet[Any, Any]"]
) -> tuple[str, ...]:
    """What is wrong with the file, seen by a fresh connection; `empty` must find no row."""
    fresh = database.copy()
    found = []
    try:
        with fresh.cursor() as cursor:
            for query in empty:
                sql, parameters = query.query.sql_with_params()
                cursor.execute(f"SELECT count(*) FROM ({sql})", parameters)  # noqa: S608
                if count := cursor.fetchone()[0]:
                    found.append(f"{count} rows are left in {query.model._meta.db_table}")
            if database.vendor == "sqlite":
                found.extend(_file_faults(cursor))
    finally:
        fresh.close()
    if database.vendor == "sqlite":
        journal = Path(f"{database.settings_dict['NAME']}-wal")
        if journal.exists() and journal.stat().st_size:
            found.append(
                "the journal is not empty: another program holds the database open; stop it"
            )
    return tuple(found)


def _file_faults(cursor: Any) -> list[str]:
    found = []
    cursor.execute("PRAGMA cipher_integrity_check")
    if cursor.fetchall():
        found.append("a page of the file does not authenticate")
    cursor.execute("PRAGMA quick_check")
    if cursor.fetchall() != [("ok",)]:
        found.append("the file's structure is damaged")
    cursor.execute("PRAGMA freelist_count")
    if free := cursor.fetchone()[0]:
        found.append(f"{free} free pages are left")
    return found
