"""A stream of random numbers from a seed: the same everywhere, for ever.

HMAC-SHA256 of a counter under the seed, so that whoever holds seed and item can draw again what a
seat was given. No generator's version and no platform bears on it.
"""

import hmac
from hashlib import sha256

_WORD = 8
_FRACTION_BITS = 53


class Draws:
    """Numbers drawn one after another. `seed` is at least 16 bytes; `label` parts the streams."""

    def __init__(self, seed: bytes, label: str) -> None:
        if len(seed) < 16:
            raise ValueError("a seed needs at least 16 bytes")
        self._key = hmac.digest(seed, b"ardoise/draws/1|" + label.encode(), sha256)
        self._counter = 0
        self._left = b""

    def _word(self) -> int:
        if not self._left:
            self._left = hmac.digest(self._key, self._counter.to_bytes(8, "big"), sha256)
            self._counter += 1
        word, self._left = self._left[:_WORD], self._left[_WORD:]
        return int.from_bytes(word, "big")

    def below(self, bound: int) -> int:
        """A whole number from 0 to `bound` - 1, each as likely (what would bias is drawn anew)."""
        if not 1 <= bound <= 1 << 62:
            raise ValueError("the bound must be between 1 and 2**62")
        limit = (1 << 64) - (1 << 64) % bound
        while (word := self._word()) >= limit:
            pass
        return word % bound

    def fraction(self) -> float:
        """A number from 0 to 1, both included, in steps of 2**-53."""
        return self.below((1 << _FRACTION_BITS) + 1) / (1 << _FRACTION_BITS)
