"""Booklets and assets at hand: a year group asks for the same few within minutes."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable

HELD_BYTES = 64 << 20


class HeldBlobs:
    """At most `HELD_BYTES`, the least used let go first. What may be served, the store says."""

    def __init__(
        self,
        read: Callable[[str], Awaitable[bytes]],
        may_hold: Callable[[str], bool] = lambda _sha256: True,
    ) -> None:
        self._read = read
        self._may_hold = may_hold
        self._held: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0
        self._fetching: dict[str, asyncio.Future[bytes]] = {}

    def __contains__(self, sha256: str) -> bool:
        return sha256 in self._held

    async def get(self, sha256: str) -> bytes:
        """The bytes. A class asks within a second: all wait for one read and share one copy."""
        held = self._held.get(sha256)
        if held is not None:
            self._held.move_to_end(sha256)
            return held
        fetch = self._fetching.get(sha256)
        if fetch is None:
            fetch = self._fetching[sha256] = asyncio.ensure_future(self._fetch(sha256))
        return await asyncio.shield(fetch)

    def let_go(self, sha256: str) -> None:
        """Hold it no longer."""
        self._size -= len(self._held.pop(sha256, b""))

    def clear(self) -> None:
        """Hold nothing."""
        self._held.clear()
        self._size = 0

    async def _fetch(self, sha256: str) -> bytes:
        try:
            body = await self._read(sha256)
        finally:
            del self._fetching[sha256]
        # A purge may have come between.
        if sha256 not in self._held and self._may_hold(sha256):
            self._held[sha256] = body
            self._size += len(body)
        while self._size > HELD_BYTES:
            self.let_go(next(iter(self._held)))
        return body
