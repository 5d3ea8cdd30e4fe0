"""Writes many plain rows of one table: for year groups, where a model instance each is too dear."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.db.models import DateTimeField, Field, Model

CACHE_KIB = 256 << 10
"""Random numbers touch pages all over: with SQLite's 8 MiB each would be decrypted anew."""


def insert(
    model: type[Model],
    fields: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    replacing: Sequence[str] = (),
) -> None:
    """Insert rows of `fields` (named as attributes: `campaign_id`), as the database has them.

    Moments are converted; nothing else is, and the model's defaults are not applied. `replacing`:
    the fields of a unique constraint; a row that meets another there takes its place.
    Raises IntegrityError.
    """
    held = [_field(model, name) for name in fields]
    quote = connection.ops.quote_name
    columns = ", ".join(_column(each) for each in held)
    places = ", ".join(["%s"] * len(held))
    # Every name in here is a model's own.
    query = f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES ({places})"  # noqa: S608
    if replacing:
        met = ", ".join(_column(_field(model, name)) for name in replacing)
        taken = ", ".join(
            f"{_column(each)} = excluded.{_column(each)}"
            for each in held
            if each.attname not in replacing
        )
        query += f" ON CONFLICT ({met}) DO UPDATE SET {taken}"
    with connection.cursor() as cursor:
        cursor.executemany(query, _converted(held, rows))


@contextmanager
def large_cache() -> Iterator[None]:
    """For work on most of a table: SQLite keeps CACHE_KIB of pages while it lasts."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA cache_size")
        (before,) = cursor.fetchone()
        cursor.execute(f"PRAGMA cache_size = {-CACHE_KIB}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA cache_size = {int(before)}")


def _field(model: type[Model], name: str) -> "Field[Any, Any]":
    (found,) = (each for each in model._meta.concrete_fields if each.attname == name)
    return found


def _column(field: "Field[Any, Any]") -> str:
    return connection.ops.quote_name(field.column or field.attname)


def _converted(
    fields: "Sequence[Field[Any, Any]]", rows: Iterable[Sequence[Any]]
) -> list[Sequence[Any]]:
    places = [place for place, held in enumerate(fields) if isinstance(held, DateTimeField)]
    if not places:
        return list(rows)
    found: list[Sequence[Any]] = []
    for row in rows:
        values = list(row)
        for place in places:
            values[place] = fields[place].get_db_prep_save(values[place], connection)
        found.append(values)
    return found
