"""Sealing: gzip, padding to a whole KiB, AES-256-GCM with a random nonce and bound context.

A sealed thing cannot be moved: its context (what, campaign, number, part, version) is associated
data, so a sheet put in another pupil's place does not open.
"""

import gzip
import hmac
import zlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ardoise.seal.fields import joined
from ardoise.seal.randomness import Source, system

NONCE = 12
TAG = 16
BLOCK = 1024
LENGTH_PREFIX = 4
WRAPPED_KEY = NONCE + 32 + TAG


class SealError(Exception):
    """Sealed bytes that do not open: wrong key, wrong context, damage, or too large inside."""


class TooLarge(SealError):
    """It opens, and unpacks to more than its bound."""


def sheet_context(*, campaign: str, number: str, part: str, version: int) -> bytes:
    """Associated data of a sheet."""
    return joined("sheet", campaign, number, part, str(version))


def booklet_context(*, campaign: str, part: str) -> bytes:
    """Associated data of a booklet."""
    return joined("booklet", campaign, part)


def asset_context(*, campaign: str, part: str, asset: str) -> bytes:
    """Associated data of a picture or sound of a booklet."""
    return joined("asset", campaign, part, asset)


def wrap_context(*, campaign: str, number: str, part: str) -> bytes:
    """Associated data of a content key wrapped for a seat."""
    return joined("wrap", campaign, number, part)


def group_context(*, campaign: str, number: str, group: str) -> bytes:
    """Associated data of a group's key wrapped for a teacher's seat."""
    return joined("group", campaign, number, group)


def padded(payload: bytes) -> bytes:
    """gzip, its length in 4 bytes, zeros up to a whole KiB: the size says little."""
    packed = gzip.compress(payload, compresslevel=6, mtime=0)
    body = len(packed).to_bytes(LENGTH_PREFIX, "big") + packed
    return body + bytes(-len(body) % BLOCK)


def packed_in(body: bytes) -> bytes:
    """The gzip of `padded`'s payload, as it is. Raises SealError if its length does not fit."""
    size = int.from_bytes(body[:LENGTH_PREFIX], "big")
    if len(body) < LENGTH_PREFIX or size > len(body) - LENGTH_PREFIX:
        raise SealError("the length inside does not fit")
    return body[LENGTH_PREFIX : LENGTH_PREFIX + size]


def inflated(packed: bytes, *, limit: int) -> bytes:
    """The payload of a gzip. Raises SealError if it is none, TooLarge above `limit` bytes."""
    inflater = zlib.decompressobj(wbits=31)
    try:
        payload = inflater.decompress(packed, limit + 1)
    except zlib.error as fault:
        raise SealError("the content is not gzip") from fault
    if len(payload) > limit:
        raise TooLarge(f"the content is larger than {limit} bytes")
    if not inflater.eof:
        raise SealError("the content is cut short")
    return payload


def unpadded(body: bytes, *, limit: int) -> bytes:
    """The payload of `padded`. Raises SealError if malformed or above `limit` bytes."""
    return inflated(packed_in(body), limit=limit)


def seal(key: bytes, context: bytes, payload: bytes, *, source: Source = system) -> bytes:
    """nonce (12) | AES-256-GCM(padded payload) | tag (16). Length is 28 more than whole KiB."""
    nonce = source(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, padded(payload), context)


def unseal(key: bytes, context: bytes, sealed: bytes, *, limit: int = 1 << 20) -> bytes:
    """The payload of `seal`. Raises SealError; `limit` bounds it in bytes."""
    return unpadded(unwrap(key, context, sealed), limit=limit)


def wrap(key: bytes, context: bytes, secret: bytes, *, source: Source = system) -> bytes:
    """A short secret (a key, a field of a row) under AES-256-GCM, without padding."""
    nonce = source(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, secret, context)


def wrap_alike(key: bytes, context: bytes, secret: bytes, *, nonce_key: bytes) -> bytes:
    """`wrap` that gives the same bytes each time: its nonce is made from all that goes in.

    Another secret or context has another nonce, so that none serves twice (as in RFC 8452).
    `secret` has 32 bytes: a key.
    """
    nonce = hmac.digest(nonce_key, context + secret, "sha256")[:NONCE]
    return nonce + AESGCM(key).encrypt(nonce, secret, context)


def unwrap(key: bytes, context: bytes, wrapped: bytes) -> bytes:
    """The secret of `wrap`. Raises SealError."""
    try:
        return AESGCM(key).decrypt(wrapped[:NONCE], wrapped[NONCE:], context)
    except (InvalidTag, ValueError) as fault:
        raise SealError("it does not open with this key in this place") from fault
