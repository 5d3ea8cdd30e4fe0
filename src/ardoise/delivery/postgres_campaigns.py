"""What a node may remember of campaigns: numbers that never change, and lists a second old."""

import time
from dataclasses import dataclass, field

from ardoise.contract.sitting import Campaigns
from ardoise.delivery.postgres_schema import Connection, Pool, lent

CAMPAIGNS_LISTED = 200
"""More than any server runs."""
FRESH_S = 1.0

_KNOWN = """
SELECT c.id, p.id AS part_id, p.part FROM campaign c LEFT JOIN part p ON p.campaign = c.id
WHERE c.name = $1 AND c.purged IS NULL
"""


@dataclass(slots=True)
class Known:
    """A campaign's number and its parts': they stay for ever, so a node may keep them."""

    id: int
    parts: dict[str, int]


@dataclass(slots=True)
class CampaignBook:
    """Asked by name. A purge shows in the tables themselves, not here."""

    pool: Pool
    _known: dict[str, Known] = field(default_factory=dict)
    _asked: dict[str, float] = field(default_factory=dict)
    _listed: Campaigns = field(default_factory=lambda: Campaigns(()))
    _listed_at: float = -FRESH_S

    def get(self, name: str, part: str = "") -> Known | None:
        """What is remembered, if it has that part."""
        known = self._known.get(name)
        return known if known is not None and (not part or part in known.parts) else None

    async def find(self, name: str, part: str = "") -> Known | None:
        """Ask the database for what is not remembered, at most once a second for each name."""
        known = self.get(name, part)
        if known is not None:
            return known
        now = time.monotonic()
        if now - self._asked.get(name, -FRESH_S) < FRESH_S:
            return self._known.get(name)
        async with lent(self.pool) as connection:
            return await self.read(connection, name)

    async def read(self, connection: Connection, name: str) -> Known | None:
        """From the database, whatever is remembered."""
        rows = await connection.fetch(_KNOWN, name)
        if len(self._asked) > CAMPAIGNS_LISTED:
            self._asked.clear()
        self._asked[name] = time.monotonic()
        if not rows:
            self._known.pop(name, None)
            return None
        parts = {row[1]: row[2] for row in rows if row[1] is not None}
        known = self._known[name] = Known(rows[0][0], parts)
        return known

    def forget(self, name: str) -> None:
        """It was installed or purged, it seems."""
        self._known.pop(name, None)
        self._asked.pop(name, None)
        self._listed_at = -FRESH_S

    async def listed(self) -> Campaigns:
        """What is installed and not purged, by name; at most a second old."""
        now = time.monotonic()
        if now - self._listed_at >= FRESH_S:
            self._listed_at = now
            async with lent(self.pool) as connection:
                rows = await connection.fetch(
                    "SELECT name FROM campaign WHERE purged IS NULL ORDER BY name LIMIT $1",
                    CAMPAIGNS_LISTED,
                )
            self._listed = Campaigns(tuple(row[0] for row in rows))
        return self._listed
