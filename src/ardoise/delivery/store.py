"""What delivery asks of a store: encrypted SQLite for one machine, PostgreSQL for several.

Every method that changes something returns only when the change is on disk.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Protocol

import msgspec

from ardoise.contract.kit import CampaignStatus, KitInstalled, Manifest
from ardoise.contract.orders import Order, OrderDone
from ardoise.contract.problems import Kind, Problem
from ardoise.contract.returns import End, StrayReason
from ardoise.contract.sitting import Campaigns, GroupState, LoggedIn, PartOpened, Saved
from ardoise.contract.words import Role
from ardoise.delivery.sessions import Session


class SchemaFault(Exception):
    """A database that this program cannot use; the message says what to do."""


class Refused(Exception):
    """A request that is answered by a `Problem`."""

    def __init__(
        self,
        kind: Kind,
        detail: str = "",
        *,
        kept: bool = False,
        retry_ms: int | None = None,
        stray: StrayReason | None = None,
        ticket: str | None = None,
    ) -> None:
        super().__init__(kind)
        self.kind = kind
        self.detail = detail
        self.kept = kept
        self.retry_ms = retry_ms
        self.stray = stray
        self.ticket = ticket

    def problem(self, now_ms: int) -> Problem:
        """As it crosses the wire."""
        return Problem(self.kind, self.detail, self.kept, self.retry_ms, now_ms, self.ticket)


class SaveRequest(msgspec.Struct, frozen=True, gc=False):
    """One sheet as it arrived. `number`: whose sheet it is."""

    session: Session
    number: str
    part: str
    version: int
    base: int
    body: bytes
    now_ms: int
    stray: bool = False
    """Left over from an earlier session (`Ardoise-Stray: 1`)."""


@dataclass(frozen=True, slots=True)
class StoredSheet:
    """A sheet as a seat gets it back."""

    version: int
    seq: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Piece:
    """Some whole frames of returns, in order. The last piece ends with the end frame."""

    frames: bytes
    records: int
    end: End | None = None


@dataclass(frozen=True, slots=True)
class Gauges:
    """What metrics ask now and then."""

    queue: int
    wal_bytes: int


class Store(Protocol):
    """All that delivery keeps. Methods raise `Refused`."""

    async def campaigns(self) -> Campaigns:
        """What is installed and not purged, by name."""

    async def log_in(
        self,
        campaign: str,
        number: str,
        digest: bytes,
        now_ms: int,
        issue: Callable[[Role, int], str],
    ) -> LoggedIn:
        """Check the token's digest, raise the epoch by one, say how the seat stands."""

    async def check_login(self, campaign: str, number: str, digest: bytes) -> None:
        """Before a place in the line: as `log_in` refuses, but nothing is changed."""

    async def sitting(self, session: Session, token: str, now_ms: int) -> LoggedIn:
        """How the seat stands, at the session's epoch."""

    async def open_part(self, session: Session, part: str, now_ms: int) -> PartOpened:
        """Start a pupil's clock at the first call."""

    def save(self, request: SaveRequest) -> "asyncio.Future[Saved]":
        """What docs/protocol.md §5 says. No task is needed: this is the path that counts."""

    async def sheet(self, session: Session, number: str, part: str) -> StoredSheet:
        """The stored sheet of the seat, or of a pupil of its group."""

    async def group(self, session: Session, now_ms: int) -> GroupState:
        """The pupils of a teacher's group."""

    async def blob(self, sha256: str) -> bytes:
        """A booklet or asset of a campaign that is installed."""

    async def spend_nonce(self, nonce: str, moment_ms: int, now_ms: int) -> None:
        """Take note of a signed request. Refuses a nonce seen before, across restarts too."""

    async def put_bytes(self, sha256: str, body: bytes, now_ms: int) -> None:
        """Keep a chunk or blob until a manifest names it. The hash was checked."""

    async def install(self, manifest: Manifest, sha256: str) -> KitInstalled:
        """Install a kit whose signature was checked, in one transaction."""

    async def order(self, order: Order, sha256: str, now_ms: int) -> OrderDone:
        """Carry out an order, once. `sha256`: of the order's body."""

    async def returns(self, campaign: str, after: int, limit: int) -> AsyncIterator[Piece]:
        """At most `limit` records with a sequence number above `after`, piece by piece.

        Refuses before the first piece. A record that is committed later has a higher number than
        any that was given out.
        """

    async def status(self, campaign: str, now_ms: int) -> CampaignStatus:
        """State, window and counts."""

    async def served_runner(self) -> dict[str, str]:
        """Path → SHA-256 of the runner as the newest kit lists it; empty if no kit does."""

    def gauges(self) -> Gauges:
        """Cheap numbers for metrics."""

    async def close(self) -> None:
        """Finish what was taken, then let go of the files."""
