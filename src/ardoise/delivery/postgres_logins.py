"""Logins in batches: one transaction raises the epochs of all who wait."""

import asyncio
import hmac
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ardoise.contract.sitting import LoggedIn
from ardoise.contract.words import Role
from ardoise.delivery.journal import note_fault
from ardoise.delivery.postgres_campaigns import CampaignBook
from ardoise.delivery.postgres_schema import BUSY_RETRY_MS, Connection, Pool, lent
from ardoise.delivery.postgres_seats import SeatNow, find_campaign, read_seats, say_purged
from ardoise.delivery.sessions import Session
from ardoise.delivery.store import Refused

NO_DIGEST = bytes(32)
"""Stands in for the digest of a seat that does not exist: the comparison is made all the same."""
LINGER_S = 0.004
BATCH = 200
QUEUE = 5_000
YIELD_S = 0.01
YIELDS = 50
_DIGESTS = "SELECT * FROM login_digests($1, $2)"


@dataclass(frozen=True, slots=True)
class Login:
    """One login that waits. `issue(role, epoch)` makes its session token; None: only a check."""

    campaign: str
    number: str
    digest: bytes
    now_ms: int
    issue: Callable[[Role, int], str] | None
    future: "asyncio.Future[Any]"


class Logins:
    """The queue of logins and its connection. While `saves_wait()`, it lets them go first."""

    def __init__(self, pool: Pool, book: CampaignBook, saves_wait: Callable[[], bool]) -> None:
        self._pool = pool
        self._book = book
        self._saves_wait = saves_wait
        self._queue: deque[Login] = deque()
        self._wake = asyncio.Event()
        self._closing = False
        self._task = asyncio.get_running_loop().create_task(self._run())

    @property
    def depth(self) -> int:
        """Logins that wait."""
        return len(self._queue)

    async def log_in(
        self,
        campaign: str,
        number: str,
        digest: bytes,
        now_ms: int,
        issue: Callable[[Role, int], str],
    ) -> LoggedIn:
        """Raises Refused: `unknown-seat`, `purged`; `busy` on a full queue."""
        logged_in: LoggedIn = await self._take(campaign, number, digest, now_ms, issue)
        return logged_in

    async def check(self, campaign: str, number: str, digest: bytes) -> None:
        """Refuses as `log_in` does, in the same batches; raises no epoch."""
        await self._take(campaign, number, digest, 0, None)

    async def _take(
        self,
        campaign: str,
        number: str,
        digest: bytes,
        now_ms: int,
        issue: Callable[[Role, int], str] | None,
    ) -> Any:
        # Not in the batch: a name that does not exist must hold up nobody.
        await find_campaign(self._book, campaign, "unknown-seat")
        if self._closing or len(self._queue) >= QUEUE:
            raise Refused("busy", retry_ms=BUSY_RETRY_MS)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._queue.append(Login(campaign, number, digest, now_ms, issue, future))
        self._wake.set()
        return await future

    async def close(self) -> None:
        """Carry out what was taken."""
        self._closing = True
        self._wake.set()
        await self._task

    async def _run(self) -> None:
        while True:
            if not self._queue:
                if self._closing:
                    return
                self._wake.clear()
                await self._wake.wait()
                await asyncio.sleep(LINGER_S)
            for _ in range(YIELDS):
                if not self._saves_wait():
                    break
                await asyncio.sleep(YIELD_S)
            name, batch = self._next_batch()
            if not batch:
                continue
            try:
                async with lent(self._pool) as connection:
                    await self._batch(connection, name, batch)
            except Exception as fault:
                if not isinstance(fault, Refused):
                    note_fault("store", fault)
                for login in batch.values():
                    if not login.future.done():
                        login.future.set_exception(fault)

    def _next_batch(self) -> tuple[str, dict[str, Login]]:
        """Logins into one campaign, one for each seat; the others stay in their order."""
        batch: dict[str, Login] = {}
        left: list[Login] = []
        name = self._queue[0].campaign if self._queue else ""
        while self._queue and len(batch) < BATCH:
            login = self._queue.popleft()
            if login.future.done():
                continue
            if login.campaign != name or login.number in batch:
                left.append(login)
            else:
                batch[login.number] = login
        self._queue.extendleft(reversed(left))
        return name, batch

    async def _batch(self, connection: Connection, name: str, batch: dict[str, Login]) -> None:
        known = await find_campaign(self._book, name, "unknown-seat")
        right = await self._right(connection, known.id, batch)
        seats: dict[int, SeatNow] = {}
        entering = [login for login in right if login.issue is not None]
        if entering:
            async with connection.transaction():
                raised = await connection.fetch(
                    "SELECT * FROM raise_epochs($1, $2, $3)",
                    known.id,
                    [int(login.number) for login in entering],
                    [login.digest for login in entering],
                )
                # A second statement: it sees every save that came before the epoch was raised.
                seats = await read_seats(connection, known.id, [row[0] for row in raised])
        if not seats and not right:
            await say_purged(connection, known.id)
        known_right = {login.number for login in right}
        for number, login in batch.items():
            if not login.future.done():
                _tell(login, number in known_right, seats.get(int(number)))

    async def _right(
        self, connection: Connection, campaign: int, batch: dict[str, Login]
    ) -> list[Login]:
        """Those whose token is the seat's."""
        rows = await connection.fetch(_DIGESTS, campaign, [int(number) for number in batch])
        digests = {row[0]: row[1] for row in rows}
        return [
            login
            for number, login in sorted(batch.items())
            if hmac.compare_digest(login.digest, digests.get(int(number), NO_DIGEST))
            and int(number) in digests
        ]


def _tell(login: Login, right: bool, seat: SeatNow | None) -> None:
    if right and login.issue is None:
        login.future.set_result(None)
        return
    # No such number, wrong code or voided: they must look alike.
    if not right or seat is None or login.issue is None:
        login.future.set_exception(Refused("unknown-seat"))
        return
    token = login.issue(seat.role, seat.epoch)
    session = Session(login.campaign, login.number, seat.epoch, seat.role)
    login.future.set_result(seat.logged_in(session, token, login.now_ms))
