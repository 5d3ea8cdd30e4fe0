"""Checkpoints beside the writer: SQLite's own, inside a commit, stop it for 36–900 ms."""

import threading
import time
from pathlib import Path

from ardoise.delivery.sqlite_schema import Connection, DatabaseError
from ardoise.delivery.store import Refused

EVERY_S = 0.25
"""Little at a time: the sync of a large checkpoint holds up everybody else's."""
PASSIVE_BYTES = 2 << 20
LIMIT_BYTES = 64 << 20
WAITS_MS = 500
EMPTYING_S = 20.0


class Checkpoints:
    """A thread with a connection of its own."""

    def __init__(self, connection: Connection, wal: Path) -> None:
        self._connection = connection
        self._wal = wal
        self._one = threading.Lock()
        self._stopped = threading.Event()
        self.wanted = False
        """Whether the log is to be emptied at the next look."""
        # It stops the writer while it waits for readers: better to come again in a second.
        connection.execute(f"PRAGMA busy_timeout = {WAITS_MS}")
        self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)
        self._thread.start()

    def wal_bytes(self) -> int:
        """Size of the write-ahead log."""
        try:
            return self._wal.stat().st_size
        except FileNotFoundError:
            return 0

    def empty(self) -> None:
        """Nothing of before stays in the write-ahead log. Blocks. Raises Refused `busy`."""
        until = time.monotonic() + EMPTYING_S
        while time.monotonic() < until:
            if not self._checkpoint("TRUNCATE"):
                return
            time.sleep(0.05)
        raise Refused("busy", "a reader holds the log: send the order again", retry_ms=1_000)

    def close(self) -> None:
        """End the thread. Blocks."""
        self._stopped.set()
        self._thread.join()

    def _checkpoint(self, kind: str) -> bool:
        """Whether somebody was in the way."""
        with self._one:
            found = self._connection.execute(f"PRAGMA wal_checkpoint({kind})").fetchone()
            return bool(found[0])

    def _run(self) -> None:
        while not self._stopped.wait(EVERY_S):
            size = self.wal_bytes()
            if size < PASSIVE_BYTES and not self.wanted:
                continue
            try:
                # Passive never stops the writer, but while it writes on the log never shrinks.
                # Truncating right after has little left to copy, so its stop is short.
                self._checkpoint("PASSIVE")
                if size >= LIMIT_BYTES or self.wanted:
                    self.wanted = self._checkpoint("TRUNCATE")
            except DatabaseError:
                continue
