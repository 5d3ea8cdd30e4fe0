"""What somebody gets out of a database file who has a key file: everything that opens, opened."""

import itertools
import shutil
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from django.db import connection
from sqlcipher3 import dbapi2

from ardoise.authority.keyring import CampaignKeyDestroyed, KeyRing
from ardoise.seal.derive import expand
from ardoise.seal.envelope import SealError, unwrap
from ardoise.seal.fields import joined


@dataclass(frozen=True)
class Cell:
    """One value of one row; `opened` if it had to be unsealed."""

    table: str
    column: str
    row: int
    value: bytes
    opened: bool = False


def database_files() -> list[Path]:
    """The live database's file, journal and index."""
    name = Path(str(connection.settings_dict["NAME"]))
    return [name, *name.parent.glob(f"{name.name}-*")]


def back_up(folder: Path) -> Path:
    """Copy the live files as they are; the copy of the database."""
    folder.mkdir()
    for path in database_files():
        shutil.copy(path, folder / path.name)
    return folder / database_files()[0].name


def harvest(database: Path, key_file: Path) -> list[Cell]:
    """Every cell of every table, and every cell that any key in the key file unseals."""
    ring = KeyRing(key_file)
    keys = [expand(secret, "field") for secret in _secrets(ring, key_file)]
    held = dbapi2.connect(str(database))
    try:
        held.execute(f"PRAGMA key = \"x'{ring.database_key().hex()}'\"")
        return list(_cells(held, keys))
    finally:
        held.close()


def tables(database: Path, key_file: Path) -> dict[str, list[dict[str, Any]]]:
    """Every table as it stands, row by row in the file's own order, nothing unsealed."""
    held = dbapi2.connect(str(database))
    try:
        held.execute(f"PRAGMA key = \"x'{KeyRing(key_file).database_key().hex()}'\"")
        names = held.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        found: dict[str, list[dict[str, Any]]] = {}
        for (name,) in names:
            cursor = held.execute(f'SELECT * FROM "{name}"')
            columns = [column[0] for column in cursor.description]
            found[name] = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
        return found
    finally:
        held.close()


def _secrets(ring: KeyRing, key_file: Path) -> list[bytes]:
    """All that could be a campaign's key: what the file says, what it wraps, what it derives."""
    said = msgspec.json.decode(key_file.read_bytes())
    found = [ring.database_key(), ring.signing_key(), ring.web_secret().encode()]
    found += [value.encode() for value in (said["root"], said["signing"])]
    for campaign in said["campaigns"]:
        try:
            found.append(ring.campaign_key(campaign).secret)
        except CampaignKeyDestroyed:
            continue
    return found


def _cells(held: Any, keys: list[bytes]) -> Iterator[Cell]:
    tables = held.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    for (table,) in tables:
        cursor = held.execute(f'SELECT * FROM "{table}"')
        columns = [column[0] for column in cursor.description]
        for place, row in enumerate(cursor.fetchall()):
            texts = [str(value) for value in row if isinstance(value, int | str)]
            texts += [value.hex() for value in row if isinstance(value, bytes) and len(value) == 32]
            names = texts + ["/".join(pair) for pair in itertools.permutations(texts, 2)]
            for column, value in zip(columns, row, strict=True):
                if value is None:
                    continue
                raw = value if isinstance(value, bytes) else str(value).encode()
                yield Cell(table, column, place, raw)
                if isinstance(value, bytes) and len(value) > 28:
                    for opened in _opened(keys, table, column, names, value):
                        yield Cell(table, column, place, opened, opened=True)


def _opened(
    keys: list[bytes], table: str, column: str, names: list[str], value: bytes
) -> Iterator[bytes]:
    for key, name in itertools.product(keys, names):
        try:
            plain = unwrap(key, joined(table, name, column), value)
        except (SealError, ValueError):
            continue
        yield plain
        try:
            yield zlib.decompress(plain, wbits=47)  # gzip too
        except zlib.error:
            continue
