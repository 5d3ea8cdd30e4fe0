"""Transactions, and what they count: a campaign's seats, logins, sheets and strays."""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ardoise.delivery.sqlite_savelog import Key, Row, SaveLog
from ardoise.delivery.sqlite_schema import Connection
from ardoise.delivery.sqlite_standings import Standings

T = TypeVar("T")


@dataclass(slots=True)
class Tally:
    """Of one campaign."""

    seats: int = 0
    logged_in: int = 0
    sheets: int = 0
    strays: int = 0
    last_seq: int = 0

    def add(self, other: "Tally") -> None:
        """Count what another one counted."""
        self.seats += other.seats
        self.logged_in += other.logged_in
        self.sheets += other.sheets
        self.strays += other.strays
        self.last_seq = max(self.last_seq, other.last_seq)


@dataclass(slots=True)
class Write:
    """A transaction in which changes are made."""

    connection: Connection
    standings: Standings
    """A change of a seat or a campaign is told here."""
    sequence: int
    rows: list[Row] = field(default_factory=list)
    """For the log, once the transaction is on disk."""
    pending: dict[Key, Row] = field(default_factory=dict)
    """The newest of them."""
    counted: dict[int, Tally] = field(default_factory=dict)
    """By campaign, in the tables."""
    first: dict[int, int] = field(default_factory=dict)
    """Seats and parts of a campaign that got their first sheet, in the log."""

    def next_seq(self) -> int:
        """The next sequence number of this database."""
        self.sequence += 1
        return self.sequence

    def count(self, campaign: int) -> Tally:
        """Where to count what is done to a campaign."""
        return self.counted.setdefault(campaign, Tally())

    def put(self, row: Row, *, first: bool) -> None:
        """A sheet for the log."""
        self.rows.append(row)
        self.pending[row.seat, row.part] = row
        if first:
            self.first[row.campaign] = self.first.get(row.campaign, 0) + 1


Change = Callable[[Write], T]
Slices = Callable[[Write], Generator[bool, None, T]]
"""A long change: at each `yield` what was done so far may be committed. True: it waits for what
the next round does."""
AnyChange = Callable[[Write], Any]

_KEEP = """
INSERT INTO tally VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (campaign) DO UPDATE SET
  seats = seats + excluded.seats, logged_in = logged_in + excluded.logged_in,
  sheets = sheets + excluded.sheets, strays = strays + excluded.strays,
  last_seq = max(last_seq, excluded.last_seq)
"""


class Tallies:
    """What stands in the table `tally`, and beside it what the log holds."""

    def __init__(self, connection: Connection, log: SaveLog, in_log: dict[int, int]) -> None:
        self._of: dict[int, Tally] = {}
        for campaign, *counts in connection.execute("SELECT * FROM tally").fetchall():
            self._of[campaign] = Tally(*counts)
        for head in log.heads.values():
            self.of(head.campaign).sheets += head.fresh
        for campaign, last in in_log.items():
            self.of(campaign).add(Tally(last_seq=last))

    def of(self, campaign: int) -> Tally:
        """A campaign's tally as it is on disk."""
        return self._of.setdefault(campaign, Tally())

    def keep(self, write: Write) -> None:
        """Into the table, in the transaction."""
        write.connection.executemany(
            _KEEP,
            [
                (campaign, one.seats, one.logged_in, one.sheets, one.strays, one.last_seq)
                for campaign, one in write.counted.items()
            ],
        )

    def kept(self, write: Write) -> None:
        """The transaction is on disk."""
        for campaign, one in write.counted.items():
            self.of(campaign).add(one)

    def logged(self, write: Write) -> None:
        """Its rows are in the log."""
        for campaign, count in write.first.items():
            self.of(campaign).sheets += count
        for campaign in {row.campaign for row in write.rows}:
            self.of(campaign).last_seq = write.rows[-1].seq

    def folded(self, write: Write, rows: list[Row]) -> None:
        """Into the table, in the transaction that moves rows there: counted they are already."""
        for row in rows:
            one = write.count(row.campaign)
            one.sheets += row.fresh
            one.last_seq = max(one.last_seq, row.seq)
        self.keep(write)
        write.counted.clear()

    def forget(self, campaign: int) -> None:
        """It was purged."""
        self._of.pop(campaign, None)
