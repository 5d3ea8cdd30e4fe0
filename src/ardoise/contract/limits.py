"""Bounds of everything that crosses, in bytes unless said. Both sides check them."""

SEALED_OVERHEAD = 28
"""Nonce and tag of AES-256-GCM around whole KiB."""
SEALED_BLOCK = 1024
SHEET = 64 * SEALED_BLOCK + SEALED_OVERHEAD
"""A sealed sheet at most."""
BLOB = 8 * 1024 * SEALED_BLOCK + SEALED_OVERHEAD
"""A sealed booklet or asset at most (8 MiB)."""
MANIFEST = 4 << 20
SEAT_CHUNK = 8 << 20
SEATS_IN_CHUNK = 2_000
ORDER = 64 << 10
LOGIN = 1 << 10
RETURNS_PAGE = 5_000
"""Records in one answer of returns at most."""
GROUP_PAGE = 400
"""Pupils in one group at most."""


def is_sealed_length(size: int, limit: int) -> bool:
    """Whether `size` bytes can be something sealed, and no larger than `limit`."""
    return SEALED_OVERHEAD < size <= limit and (size - SEALED_OVERHEAD) % SEALED_BLOCK == 0
