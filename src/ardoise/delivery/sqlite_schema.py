"""The encrypted database: how it is opened, its tables, its migrations."""

from pathlib import Path
from typing import Any

from sqlcipher3 import dbapi2 as sqlite

from ardoise.delivery.store import SchemaFault

Connection = Any
"""A sqlcipher3 connection: sqlite3's interface, without types."""
DatabaseError = sqlite.DatabaseError
OperationalError = sqlite.OperationalError
IntegrityError = sqlite.IntegrityError

BUSY_MS = 30_000
CACHE_KIB = 64 << 10
_INCREMENTAL = 2


MIGRATIONS: tuple[str, ...] = (
    # 1. Numbered by their place; they only get added.
    """
    CREATE TABLE sequence (last INTEGER NOT NULL);
    INSERT INTO sequence VALUES (0);

    CREATE TABLE campaign (
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      serial INTEGER NOT NULL,
      manifest TEXT NOT NULL,              -- SHA-256
      opens_ms INTEGER NOT NULL,
      closes_ms INTEGER NOT NULL,
      runner BLOB NOT NULL,                -- JSON: path → SHA-256
      purged BLOB                          -- JSON: what the purge destroyed; NULL: not purged
    );
    CREATE TABLE part (
      campaign INTEGER NOT NULL REFERENCES campaign,
      id TEXT NOT NULL,
      place INTEGER NOT NULL,
      writer TEXT NOT NULL,
      minutes INTEGER NOT NULL,
      grace_s INTEGER NOT NULL,
      PRIMARY KEY (campaign, id)
    ) WITHOUT ROWID;

    CREATE TABLE seat (
      id INTEGER PRIMARY KEY,
      campaign INTEGER NOT NULL REFERENCES campaign,
      number TEXT NOT NULL,
      role TEXT NOT NULL,
      login BLOB NOT NULL,                 -- SHA-256 of the login token
      grp TEXT NOT NULL,
      time_percent INTEGER NOT NULL,
      group_key BLOB,
      spare INTEGER NOT NULL,
      epoch INTEGER NOT NULL DEFAULT 0,
      voided INTEGER NOT NULL DEFAULT 0,
      strays INTEGER NOT NULL DEFAULT 0,   -- that this seat saved
      UNIQUE (campaign, number)
    );
    CREATE INDEX seat_of_group ON seat (campaign, grp);
    CREATE TABLE seat_part (
      seat INTEGER NOT NULL REFERENCES seat,
      part TEXT NOT NULL,
      booklet TEXT NOT NULL,
      wrapped BLOB NOT NULL,
      opened_ms INTEGER,
      extra_ms INTEGER NOT NULL DEFAULT 0,
      PRIMARY KEY (seat, part)
    ) WITHOUT ROWID;

    CREATE TABLE sheet (
      id INTEGER PRIMARY KEY,
      campaign INTEGER NOT NULL REFERENCES campaign,
      seat INTEGER NOT NULL REFERENCES seat,
      part TEXT NOT NULL,
      seq INTEGER NOT NULL,
      writer INTEGER NOT NULL REFERENCES seat,
      epoch INTEGER NOT NULL,
      version INTEGER NOT NULL,
      received_ms INTEGER NOT NULL,
      body BLOB NOT NULL,
      UNIQUE (seat, part)
    );
    CREATE UNIQUE INDEX sheet_in_order ON sheet (campaign, seq);
    CREATE TABLE stray (
      seq INTEGER PRIMARY KEY,
      campaign INTEGER NOT NULL REFERENCES campaign,
      seat INTEGER NOT NULL REFERENCES seat,
      part TEXT NOT NULL,
      writer INTEGER NOT NULL REFERENCES seat,
      epoch INTEGER NOT NULL,
      version INTEGER NOT NULL,
      received_ms INTEGER NOT NULL,
      reason TEXT NOT NULL,
      body BLOB NOT NULL
    );
    CREATE INDEX stray_in_order ON stray (campaign, seq);
    CREATE INDEX stray_of_seat ON stray (seat, part);

    CREATE TABLE blob (
      sha256 TEXT PRIMARY KEY,
      received_ms INTEGER NOT NULL,
      body BLOB NOT NULL
    );
    CREATE TABLE campaign_blob (           -- what may be served; chunks never stand here
      campaign INTEGER NOT NULL REFERENCES campaign,
      sha256 TEXT NOT NULL,
      PRIMARY KEY (campaign, sha256)
    ) WITHOUT ROWID;
    CREATE INDEX campaign_of_blob ON campaign_blob (sha256);

    CREATE TABLE order_done (
      id TEXT PRIMARY KEY,
      campaign INTEGER NOT NULL REFERENCES campaign,
      request TEXT NOT NULL,               -- SHA-256
      answer BLOB NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE nonce (
      nonce TEXT PRIMARY KEY,
      moment_ms INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX nonce_by_age ON nonce (moment_ms);
    CREATE TABLE vacuum_due (campaign INTEGER PRIMARY KEY);
    """,
    # 2.
    """
    CREATE INDEX campaign_here ON campaign (name) WHERE purged IS NULL;
    CREATE INDEX stray_of_session ON stray (writer, epoch);
    """,
    # 3. The newest sheets stand in the log (sqlite_savelog); counts are kept.
    """
    ALTER TABLE sequence ADD COLUMN folded INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE sheet ADD COLUMN number TEXT NOT NULL DEFAULT '';
    ALTER TABLE sheet ADD COLUMN hand TEXT NOT NULL DEFAULT '';
    UPDATE sheet SET number = (SELECT number FROM seat WHERE id = sheet.seat),
      hand = (SELECT number FROM seat WHERE id = sheet.writer);
    CREATE TABLE tally (
      campaign INTEGER PRIMARY KEY REFERENCES campaign,
      seats INTEGER NOT NULL,
      logged_in INTEGER NOT NULL,
      sheets INTEGER NOT NULL,
      strays INTEGER NOT NULL,
      last_seq INTEGER NOT NULL
    );
    INSERT INTO tally SELECT c.id,
      (SELECT count(*) FROM seat WHERE campaign = c.id),
      (SELECT count(*) FROM seat WHERE campaign = c.id AND epoch > 0),
      (SELECT count(*) FROM sheet WHERE campaign = c.id),
      (SELECT count(*) FROM stray WHERE campaign = c.id),
      max(coalesce((SELECT max(seq) FROM sheet WHERE campaign = c.id), 0),
          coalesce((SELECT max(seq) FROM stray WHERE campaign = c.id), 0))
    FROM campaign c WHERE c.purged IS NULL;
    CREATE TABLE merge_due (               -- seats that were published and stand apart still
      staged INTEGER PRIMARY KEY REFERENCES campaign,
      campaign INTEGER NOT NULL REFERENCES campaign
    );
    """,
)


def connect(path: Path, key: bytes, *, write: bool) -> Connection:
    """Open the encrypted database (raw 32-byte key). Raises SchemaFault for a wrong key.

    Autocommit; WAL with a full sync at each commit; temporary data in memory only.
    """
    connection = sqlite.connect(str(path), isolation_level=None, check_same_thread=False)
    try:
        # A raw key: SQLCipher derives nothing, a pragma takes no parameters, hex is no injection.
        connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        connection.execute("PRAGMA temp_store = MEMORY")
        # What is deleted is overwritten; a purge gives the room back in slices.
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIB if write else CACHE_KIB // 4}")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if write:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            # The automatic checkpoint would stall the writer: sqlite_writer does it aside.
            connection.execute("PRAGMA wal_autocheckpoint = 0")
        else:
            connection.execute("PRAGMA query_only = ON")
    except sqlite.DatabaseError as fault:
        connection.close()
        raise SchemaFault(f"{path} does not open with the key in its key file") from fault
    return connection


def give_room_back_in_slices(connection: Connection) -> None:
    """Rewrite a database that an earlier program made, once: it could only be rewritten whole."""
    (kind,) = connection.execute("PRAGMA auto_vacuum").fetchone()
    if kind != _INCREMENTAL:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("VACUUM")


def migrate(connection: Connection, migrations: tuple[str, ...] = MIGRATIONS) -> int:
    """Bring the tables to the newest version and return it.

    Raises SchemaFault for a database that a newer program made.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)")
        version = _known_version(connection, len(migrations))
        for number, script in enumerate(migrations[version:], start=version + 1):
            for statement in _statements(script):
                connection.execute(statement)
            connection.execute("INSERT INTO schema_version VALUES (?)", (number,))
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    return len(migrations)


def _known_version(connection: Connection, newest: int) -> int:
    row = connection.execute("SELECT max(version) FROM schema_version").fetchone()
    version = int(row[0] or 0)
    if version > newest:
        raise SchemaFault(
            f"the database has version {version}, this program knows {newest}: "
            "install the newer program"
        )
    return version


def _statements(script: str) -> list[str]:
    lines = (line.split("--", 1)[0] for line in script.splitlines())
    return [text for text in "\n".join(lines).split(";") if text.strip()]
