"""What a node remembers of campaigns: numbers that never change, and a list a second old."""

import asyncio
import time
from dataclasses import dataclass, field

from ardoise.contract.sitting import Campaigns
from ardoise.delivery.postgres_schema import Pool, lent

CAMPAIGNS_LISTED = 200
"""More than any server runs."""
FRESH_S = 1.0

_ALL = """
SELECT c.name, c.id, c.purged IS NOT NULL, p.id AS part_id, p.part
FROM campaign c LEFT JOIN part p ON p.campaign = c.id ORDER BY c.name
"""


@dataclass(slots=True)
class Known:
    """A campaign's number and its parts': they stay for ever, so a node may keep them."""

    id: int
    parts: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class CampaignBook:
    """All campaigns, read at most once a second: names that do not exist cost no question each."""

    pool: Pool
    _known: dict[str, Known] = field(default_factory=dict)
    _purged: frozenset[str] = frozenset()
    _read_at: float = -FRESH_S
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def get(self, name: str, part: str = "") -> Known | None:
        """What is remembered, if it has that part. A purge may have come since."""
        known = self._known.get(name)
        return known if known is not None and (not part or part in known.parts) else None

    def is_purged(self, name: str) -> bool:
        """Whether it was here once."""
        return name in self._purged

    async def find(self, name: str, part: str = "") -> Known | None:
        """Look up what is not remembered; a name that nobody knows waits up to a second for it."""
        now = time.monotonic()
        if name in self._known:
            if part and part not in self._known[name].parts:
                await self._refresh(now - FRESH_S)
        elif name not in self._purged:
            await asyncio.sleep(self._read_at + FRESH_S - now)
            await self._refresh(now)
        return self._known.get(name)

    async def listed(self) -> Campaigns:
        """What is installed and not purged, by name; at most a second old."""
        await self._refresh(time.monotonic() - FRESH_S)
        return Campaigns(tuple(self._known)[:CAMPAIGNS_LISTED])

    def forget(self) -> None:
        """Something was installed or purged, it seems."""
        self._read_at = -FRESH_S

    async def _refresh(self, wanted: float) -> None:
        """Read again unless it was done since that moment."""
        async with self._turn:
            if self._read_at >= wanted:
                return
            read_at = time.monotonic()
            async with lent(self.pool) as connection:
                rows = await connection.fetch(_ALL)
            known: dict[str, Known] = {}
            for name, campaign, purged, part, number in rows:
                if not purged:
                    book = known.setdefault(name, Known(campaign))
                    if part is not None:
                        book.parts[part] = number
            self._known = known
            self._purged = frozenset(row[0] for row in rows if row[2])
            self._read_at = read_at
