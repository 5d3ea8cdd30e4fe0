"""Pictures, sounds, films and subtitles: the type told from the bytes, and all of it cleaned."""

import re
from pathlib import PurePosixPath
from urllib.parse import unquote

from ardoise.content import drawings, pictures, subtitles
from ardoise.content.faults import ContentFault, Finding, Findings
from ardoise.content.model import Resource

MEDIA_LIMIT = 7 << 20
"""Bytes of one file: sealed, it must fit into a blob."""
DRAWING = "image/svg+xml"

_EXTENSIONS = {
    ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp",
    ".gif": "image/gif", ".svg": DRAWING, ".avif": "image/avif",
    ".mp3": "audio/mpeg", ".ogg": "audio/ogg", ".oga": "audio/ogg", ".opus": "audio/ogg",
    ".m4a": "audio/mp4", ".wav": "audio/wav", ".flac": "audio/flac",
    ".mp4": "video/mp4", ".m4v": "video/mp4", ".webm": "video/webm", ".ogv": "video/ogg",
    ".vtt": "text/vtt",
}  # fmt: skip
_STARTS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"), (b"GIF89a", "image/gif"), (b"fLaC", "audio/flac"),
    (b"OggS", "audio/ogg"), (b"ID3", "audio/mpeg"), (b"\x1aE\xdf\xa3", "video/webm"),
    (b"WEBVTT", "text/vtt"), (b"\xef\xbb\xbfWEBVTT", "text/vtt"),
)  # fmt: skip
_UNPLAYED = {
    ".swf": "Flash", ".flv": "Flash video", ".wmv": "Windows Media", ".wma": "Windows Media",
    ".avi": "AVI", ".mov": "QuickTime", ".mpg": "MPEG-1", ".mpeg": "MPEG-1", ".aiff": "AIFF",
    ".aif": "AIFF", ".mid": "MIDI", ".bmp": "BMP", ".tif": "TIFF", ".tiff": "TIFF", ".wmf": "WMF",
    ".emf": "EMF", ".eps": "EPS", ".heic": "HEIC", ".svgz": "compressed SVG", ".pdf": "PDF",
    ".ram": "RealAudio", ".rm": "RealMedia", ".3gp": "3GP", ".mkv": "Matroska", ".srt": "SubRip",
}  # fmt: skip
_BRANDS = {b"avif": "image/avif", b"avis": "image/avif", b"M4A ": "audio/mp4"}
_SAME = {
    frozenset({"audio/ogg", "video/ogg"}), frozenset({"audio/mp4", "video/mp4"}),
    frozenset({"audio/webm", "video/webm"}),
}  # fmt: skip
"""One container for both: the name says which."""


def kind_of(reference: str) -> str | None:
    """The media type that a name promises; None for what browsers do not play."""
    return _EXTENSIONS.get(PurePosixPath(unquote(reference.strip())).suffix.lower())


def media_type(payload: bytes) -> str | None:
    """The media type that the first bytes say, or None. SVG is told by its root, see `read`."""
    head = payload[:64]
    for start, kind in _STARTS:
        if head.startswith(start):
            return kind
    if head[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "video/mp4")
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2:
        return "audio/mpeg"
    return DRAWING if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") else None


def read(path: str, payload: bytes, *, findings: Findings) -> Resource:
    """One file to show or play, cleaned. Raises ContentFault."""
    suffix = PurePosixPath(path).suffix.lower()
    wanted = _EXTENSIONS.get(suffix)
    if wanted is None:
        named = f" ({_UNPLAYED[suffix]})" if suffix in _UNPLAYED else ""
        message = f"is of a kind that browsers do not play{named}: use PNG, JPEG, SVG, MP3 or MP4"
        raise ContentFault(Finding(path, message))
    if len(payload) > MEDIA_LIMIT:
        message = f"is larger than {MEDIA_LIMIT >> 20} MiB: make it smaller"
        raise ContentFault(Finding(path, message))
    found = media_type(payload)
    if found != wanted and frozenset({found, wanted}) not in _SAME:
        message = (
            f"is named as {wanted} but holds {found or 'something else'}: rename or convert it"
        )
        raise ContentFault(Finding(path, message))
    return cleaned(path, wanted, payload, findings=findings)


def cleaned(path: str, kind: str, payload: bytes, *, findings: Findings) -> Resource:
    """A file of a known media type without what nobody is to see. Raises ContentFault."""
    if kind == DRAWING:
        drawn = drawings.clean_svg(path, payload, findings=findings)
        return Resource(path, kind, drawn, drawings.drawing_size(drawn))
    if kind == "text/vtt":
        return Resource(path, kind, subtitles.clean(path, payload))
    try:
        plain = pictures.stripped(kind, payload)
    except pictures.Damaged as fault:
        raise ContentFault(Finding(path, "is damaged: save it again")) from fault
    return Resource(path, kind, plain, pictures.size(kind, plain))


_FRAGMENT = re.compile(r"#(?:t|xywh|track|id)=[^#]*\Z")


def resolve(base: str, reference: str) -> str | None:
    """A reference in a file to a path inside the package; None if it points outside.

    A part of a film (`a.mp4#t=10,20`, W3C Media Fragments) is in the film's file. Other hash signs
    are taken for a part of the name: packages hold files called so.
    """
    plain = unquote(_FRAGMENT.sub("", reference.strip()))
    if not plain or plain.startswith(("/", "#", "\\")) or re.match(r"^[A-Za-z][\w+.-]*:", plain):
        return None
    parts = list(PurePosixPath(base).parts[:-1])
    for step in plain.split("/"):
        if step == "..":
            if not parts:
                return None
            parts.pop()
        elif step not in ("", "."):
            parts.append(step)
    return "/".join(parts) or None
