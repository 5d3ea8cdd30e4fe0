"""Pictures without what is written behind them: sizes read, text and camera data cut out.

A title such as "correct answer" in a picture's metadata would travel with it. Nothing is encoded
again: chunks and segments are left out, the picture's own bytes stay as they are.
"""

import struct
from collections.abc import Callable, Iterator
from functools import partial

_PNG_START = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = frozenset({
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"bKGD",
    b"pHYs", b"hIST", b"sPLT", b"iCCP", b"cICP", b"acTL", b"fcTL", b"fdAT",
})  # fmt: skip
_WEBP_KEPT = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ANIM", b"ANMF", b"ALPH", b"ICCP"})
_WAVE_KEPT = frozenset({b"fmt ", b"data", b"fact"})
_SOFS = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})


class Damaged(Exception):
    """A file that ends before it should, or has lengths that cannot be."""


def stripped(media_type: str, payload: bytes) -> bytes:
    """The same picture or sound without text, camera data or comments. Raises Damaged."""
    strip = _STRIPPING.get(media_type)
    return payload if strip is None else strip(payload)


def size(media_type: str, payload: bytes) -> tuple[int, int] | None:
    """Width and height in pixels, where the file says so."""
    try:
        match media_type:
            case "image/png":
                found = struct.unpack_from(">II", payload, 16)
            case "image/gif":
                found = struct.unpack_from("<HH", payload, 6)
            case "image/jpeg":
                found = next(
                    struct.unpack_from(">HH", segment, 5)[::-1]
                    for marker, segment in _segments(payload)
                    if marker in _SOFS
                )
            case "image/webp":
                found = _webp_size(payload)
            case _:
                return None
    except (struct.error, StopIteration, Damaged, IndexError):
        return None
    width, height = found
    return (int(width), int(height)) if width and height else None


def _png(payload: bytes) -> bytes:
    out = [_PNG_START]
    at = len(_PNG_START)
    while at + 12 <= len(payload):
        length = int.from_bytes(payload[at : at + 4], "big")
        kind, end = payload[at + 4 : at + 8], at + 12 + length
        if end > len(payload):
            raise Damaged
        if kind in _PNG_KEPT:
            out.append(payload[at:end])
        at = end
        if kind == b"IEND":
            return b"".join(out)
    raise Damaged


def _segments(payload: bytes) -> Iterator[tuple[int, bytes]]:
    """JPEG's segments up to the scan; the rest comes as marker 0."""
    at = 2
    while at + 4 <= len(payload):
        if payload[at] != 0xFF:
            raise Damaged
        marker = payload[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        if marker == 0xDA:
            yield 0, payload[at:]
            return
        length = int.from_bytes(payload[at + 2 : at + 4], "big")
        if length < 2 or at + 2 + length > len(payload):
            raise Damaged
        yield marker, payload[at : at + 2 + length]
        at += 2 + length
    raise Damaged


def _jpeg(payload: bytes) -> bytes:
    """Kept: APP0 (JFIF), APP14 (Adobe's colours), a colour profile, all that decodes."""
    out = [payload[:2]]
    for marker, segment in _segments(payload):
        application = 0xE0 <= marker <= 0xEF
        profile = marker == 0xE2 and segment[4:16] == b"ICC_PROFILE\0"
        if marker == 0xFE or (application and marker not in (0xE0, 0xEE) and not profile):
            orientation = _orientation(segment) if marker == 0xE1 else None
            out += [orientation] if orientation else []
            continue
        end = segment.rfind(b"\xff\xd9")
        # Behind the end of the picture, programs keep thumbnails and notes.
        out.append(segment if marker or end < 0 else segment[: end + 2])
    return b"".join(out)


def _orientation(segment: bytes) -> bytes | None:
    """EXIF that says nothing but how the picture is turned; None where it is upright."""
    if segment[4:10] != b"Exif\0\0":
        return None
    tiff = segment[10:]
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return None
    try:
        (start,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, start)
        for entry in range(min(count, 200)):
            tag, _, _, value = struct.unpack_from(f"{order}HHIH", tiff, start + 2 + 12 * entry)
            if tag == 0x0112 and 2 <= value <= 8:
                held = b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, value, 0, 0)
                body = b"Exif\0\0" + held
                return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body
    except struct.error:
        return None
    return None


def _riff(payload: bytes, kept: frozenset[bytes]) -> bytes:
    out: list[bytes] = []
    at = 12
    while at + 8 <= len(payload):
        kind = payload[at : at + 4]
        length = int.from_bytes(payload[at + 4 : at + 8], "little")
        end = at + 8 + length
        if end > len(payload):
            raise Damaged
        if kind in kept:
            chunk = bytearray(payload[at:end])
            if kind == b"VP8X" and length >= 1:
                chunk[8] &= ~0x0C  # neither EXIF nor XMP follows any more
            out.append(bytes(chunk) + (b"\0" if length % 2 else b""))
        at = end + length % 2
    body = payload[8:12] + b"".join(out)
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def _webp_size(payload: bytes) -> tuple[int, int]:
    kind = payload[12:16]
    if kind == b"VP8X":
        width = int.from_bytes(payload[24:27], "little") + 1
        return width, int.from_bytes(payload[27:30], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(payload[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack_from("<HH", payload, 26)
    return width & 0x3FFF, height & 0x3FFF


def _gif(payload: bytes) -> bytes:
    """Without comment, plain text and foreign application blocks (looping stays)."""
    if len(payload) < 13:
        raise Damaged
    at = 13 + (3 << (payload[10] & 7) + 1 if payload[10] & 0x80 else 0)
    out = [payload[:at]]
    while at < len(payload):
        start, kind = at, payload[at]
        if kind == 0x3B:
            return b"".join([*out, b";"])
        if kind == 0x21:
            label, at = payload[at + 1 : at + 2], _blocks_end(payload, at + 2)
            loops = label == b"\xff" and payload[start + 3 : start + 14] == b"NETSCAPE2.0"
            if label == b"\xf9" or loops:
                out.append(payload[start:at])
        elif kind == 0x2C and at + 10 <= len(payload):
            flags = payload[at + 9]
            at += 10 + (3 << (flags & 7) + 1 if flags & 0x80 else 0) + 1
            at = _blocks_end(payload, at)
            out.append(payload[start:at])
        else:
            raise Damaged
    raise Damaged


def _blocks_end(payload: bytes, at: int) -> int:
    while at < len(payload):
        length = payload[at]
        at += 1 + length
        if length == 0:
            return at
    raise Damaged


def _mp3(payload: bytes) -> bytes:
    """Without the titles before (ID3v2) and behind (ID3v1)."""
    while payload[:3] == b"ID3" and len(payload) > 10:
        length = 0
        for byte in payload[6:10]:
            length = length << 7 | byte & 0x7F
        payload = payload[10 + length :]
    if payload[-128:-125] == b"TAG":
        payload = payload[:-128]
    if not payload:
        raise Damaged
    return payload


_STRIPPING: dict[str, Callable[[bytes], bytes]] = {
    "image/png": _png,
    "image/jpeg": _jpeg,
    "image/gif": _gif,
    "image/webp": partial(_riff, kept=_WEBP_KEPT),
    "audio/wav": partial(_riff, kept=_WAVE_KEPT),
    "audio/mpeg": _mp3,
}
