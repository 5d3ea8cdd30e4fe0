"""Pictures and sounds: the type told from the bytes, and SVG cleaned of all that is no drawing."""

import re
from pathlib import PurePosixPath
from urllib.parse import unquote

from lxml import etree

from ardoise.content.documents import line_of, local, namespace, parse
from ardoise.content.faults import ContentFault, Finding, Findings
from ardoise.content.markup import words
from ardoise.content.model import Resource

MEDIA_LIMIT = 7 << 20
"""Bytes of one picture or sound: sealed, it must fit into a blob."""
SVG = "http://www.w3.org/2000/svg"
XLINK_HREF = "{http://www.w3.org/1999/xlink}href"

_EXTENSIONS = {
    ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp",
    ".gif": "image/gif", ".svg": "image/svg+xml", ".mp3": "audio/mpeg", ".ogg": "audio/ogg",
    ".oga": "audio/ogg", ".m4a": "audio/mp4", ".wav": "audio/wav",
}  # fmt: skip
_SHAPES = words(
    "svg g defs symbol use title desc path rect circle ellipse line polyline polygon text tspan "
    "textPath marker pattern clipPath mask linearGradient radialGradient stop switch "
    "filter feGaussianBlur feOffset feMerge feMergeNode feFlood feComposite feBlend "
    "feColorMatrix"
)
_STARTS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"), (b"GIF89a", "image/gif"),
    (b"OggS", "audio/ogg"), (b"ID3", "audio/mpeg"),
)  # fmt: skip
_REFERENCE = re.compile(r"url\(\s*['\"]?\s*#([^'\")\s]+)\s*['\"]?\s*\)")
_FOREIGN = re.compile(
    r"url\s*\(|image\s*\(|image-set|src\s*\(|@import|expression\s*\(|javascript:", re.I
)
_DROPPED = frozenset({"script", "foreignObject", "metadata", "style", "namedview"})


def media_type(payload: bytes) -> str | None:
    """The media type that the first bytes say, or None. SVG is told by its root, see `read`."""
    head = payload[:64]
    for start, kind in _STARTS:
        if head.startswith(start):
            return kind
    if head[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(head[8:12])
    if head[4:8] == b"ftyp":
        return "audio/mp4"
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2:
        return "audio/mpeg"
    return "image/svg+xml" if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") else None


def read(path: str, payload: bytes, *, findings: Findings) -> Resource:
    """One picture or sound, cleaned. Raises ContentFault."""
    wanted = _EXTENSIONS.get(PurePosixPath(path).suffix.lower())
    if wanted is None:
        raise ContentFault(
            Finding(path, "is of a kind that is not shown: use PNG, JPEG, WebP, GIF, SVG, MP3, OGG")
        )
    if len(payload) > MEDIA_LIMIT:
        raise ContentFault(
            Finding(path, f"is larger than {MEDIA_LIMIT >> 20} MiB: make it smaller")
        )
    found = media_type(payload)
    if found != wanted:
        message = (
            f"is named as {wanted} but holds {found or 'something else'}: rename or convert it"
        )
        raise ContentFault(Finding(path, message))
    if wanted == "image/svg+xml":
        payload = clean_svg(path, payload, findings=findings)
    return Resource(path, wanted, payload)


def clean_svg(path: str, payload: bytes, *, findings: Findings) -> bytes:
    """The drawing alone: known shapes, own references, neutral ids. Raises ContentFault."""
    root = parse(payload, file=path)
    if local(root) != "svg" or namespace(root) != SVG:
        message = f'is no SVG drawing: its root must be <svg xmlns="{SVG}">'
        raise ContentFault(Finding(path, message))
    names: dict[str, str] = {}
    for element in root.iter(etree.Element):
        given = element.get("id")
        if given is not None:
            names.setdefault(given, f"x{len(names) + 1}")
    _clean_children(path, root, names, findings)
    _clean_attributes(path, root, names, findings)
    etree.cleanup_namespaces(root)
    return etree.tostring(root, encoding="utf-8", xml_declaration=False)


def _clean_children(
    path: str, element: etree._Element, names: dict[str, str], findings: Findings
) -> None:
    for child in list(element):
        if not isinstance(child.tag, str):
            _drop(element, child)
        elif namespace(child) == SVG and local(child) in _SHAPES:
            _clean_attributes(path, child, names, findings)
            _clean_children(path, child, names, findings)
        else:
            name = local(child)
            if namespace(child) == SVG and name != "metadata":
                message = "is dropped from the drawing" + (
                    "" if name in _DROPPED else ": draw with shapes, paths and text"
                )
                findings.warn(Finding(path, message, element=name, line=line_of(child)))
            _drop(element, child)


def _drop(parent: etree._Element, child: etree._Element) -> None:
    """Remove a child but not the text that follows it."""
    tail = child.tail or ""
    before = child.getprevious()
    if before is not None:
        before.tail = (before.tail or "") + tail
    else:
        parent.text = (parent.text or "") + tail
    parent.remove(child)


def _clean_attributes(
    path: str, element: etree._Element, names: dict[str, str], findings: Findings
) -> None:
    for raw, raw_value in list(element.attrib.items()):
        name, value = str(raw), str(raw_value)
        if name == "id":
            element.set(name, names[value])
            continue
        if name in ("href", XLINK_HREF):
            kept = value.startswith("#") and value[1:] in names
            new = f"#{names[value[1:]]}" if kept else ""
        else:
            new = _REFERENCE.sub(lambda m: f"url(#{names.get(m.group(1), 'x0')})", value)
            rest = _REFERENCE.sub("", value)
            kept = _plain(name) and not _FOREIGN.search(rest) and "\\" not in rest
        if kept:
            element.set(raw, new)
        else:
            del element.attrib[raw]
            if not name.startswith(("{", "data-")) and name != "class":
                message = f"the attribute {name[:40]} is dropped from the drawing"
                findings.warn(Finding(path, message, element=local(element), line=line_of(element)))


def _plain(name: str) -> bool:
    if name.startswith("{"):
        return name == "{http://www.w3.org/XML/1998/namespace}space"
    return not name.lower().startswith(("on", "data-")) and name not in ("class", "src")


def resolve(base: str, reference: str) -> str | None:
    """A reference in a file to a path inside the package; None if it points outside."""
    plain = unquote(reference.strip())
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
