"""The only source of randomness. Rules take a `Source`; tests may pass a fixed one."""

import secrets
from collections.abc import Callable

Source = Callable[[int], bytes]
"""Gives that many random bytes."""


def system(size: int) -> bytes:
    """`size` bytes from the operating system."""
    return secrets.token_bytes(size)


def below(limit: int, source: Source = system) -> int:
    """A uniform integer in 0 ≤ n < limit, by rejection (no modulo bias)."""
    if limit < 1:
        raise ValueError("limit must be at least 1")
    bits = (limit - 1).bit_length()
    size = (bits + 7) // 8
    while True:
        drawn = int.from_bytes(source(size), "big") >> (size * 8 - bits) if bits else 0
        if drawn < limit:
            return drawn


def reference(source: Source = system) -> str:
    """A random reference: 16 lower-case hexadecimal digits (64 bits)."""
    return source(8).hex()
