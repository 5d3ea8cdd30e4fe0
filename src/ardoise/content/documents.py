"""XML read without trust: no DTD, no entities, no network, bounded depth; and helpers on it."""

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from ardoise.content.faults import ContentFault, Finding

QTI = re.compile(r"^http://www\.imsglobal\.org/xsd/imsqtiasi_v3p0$")
MATHML = "http://www.w3.org/1998/Math/MathML"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
XML_BASE = "{http://www.w3.org/XML/1998/namespace}base"

DOCUMENT_LIMIT = 4 << 20
ATTRIBUTES_LIMIT = 200
"""Of one element: libxml2 seeks each by walking along them, so their number counts squared."""
_CROWDED = etree.XPath(f"//*[@*[{ATTRIBUTES_LIMIT + 1}]][1]")

_DOCTYPE = re.compile(rb"""<!DOCTYPE(?:[^\[<>"']|"[^"]*"|'[^']*')*>""")
"""A document type that declares nothing of its own: what it names is never fetched."""
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_ENCODINGS = {"utf-8", "us-ascii", "ascii", "iso-8859-1", "iso-8859-15", "windows-1252"}


def parse(payload: bytes, *, file: str) -> etree._Element:
    """The root of an XML document. Raises ContentFault, naming the line where it breaks."""
    if len(payload) > DOCUMENT_LIMIT:
        message = f"is larger than {DOCUMENT_LIMIT >> 20} MiB: split it"
        raise ContentFault(Finding(file, message))
    body = _as_utf8(payload, file)
    declared = _ENCODING.match(body)
    encoding = declared.group(1).decode("ascii").lower() if declared else "utf-8"
    if b"\0" in body or encoding not in _ENCODINGS:
        raise ContentFault(Finding(file, "is not in UTF-8: save it as UTF-8"))
    body = _DOCTYPE.sub(lambda found: b"\n" * found.group().count(b"\n"), body, count=1)
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        line = body[: body.find(b"<!")].count(b"\n") + 1
        message = "has a document type or entities: remove them, write characters directly"
        raise ContentFault(Finding(file, message, line=line))
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False,
        huge_tree=False, remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as fault:
        where = fault.lineno or None
        message = f"is not well-formed XML: {str(fault.msg)[:120]}"
        raise ContentFault(Finding(file, message, line=where)) from fault
    except (ValueError, LookupError) as fault:
        raise ContentFault(Finding(file, "is not XML: replace it")) from fault
    if root is None:
        raise ContentFault(Finding(file, "is empty: replace it"))
    _refuse_crowded(root, file)
    return root


def _refuse_crowded(root: etree._Element, file: str) -> None:
    found: Any = _CROWDED(root)
    if found:
        message = f"has more than {ATTRIBUTES_LIMIT} attributes: remove them"
        raise ContentFault(Finding(file, message, element=local(found[0]), line=line_of(found[0])))


def _as_utf8(payload: bytes, file: str) -> bytes:
    """The document without a byte-order mark; UTF-16 becomes UTF-8."""
    if not payload.startswith((b"\xff\xfe", b"\xfe\xff")):
        return payload.removeprefix(b"\xef\xbb\xbf")
    try:
        text = payload.decode("utf-16")
    except UnicodeDecodeError as fault:
        raise ContentFault(Finding(file, "is damaged UTF-16: save it as UTF-8")) from fault
    return _DECLARATION.sub("", text, count=1).encode("utf-8", "replace")


def local(element: etree._Element) -> str:
    """An element's name without its namespace; empty for what is no element."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def namespace(element: etree._Element) -> str:
    """An element's namespace, or nothing."""
    tag = element.tag
    return tag[1:].partition("}")[0] if isinstance(tag, str) and tag.startswith("{") else ""


def children(element: etree._Element, *names: str) -> Iterator[etree._Element]:
    """The child elements, of these names if any are given, in document order."""
    for child in element:
        if isinstance(child.tag, str) and (not names or local(child) in names):
            yield child


def line_of(element: etree._Element) -> int | None:
    """The source line of an element."""
    line: Any = element.sourceline  # the stubs do not say
    return line if isinstance(line, int) else None


def text_of(element: etree._Element) -> str:
    """All text inside, white space stripped at both ends."""
    return "".join(str(piece) for piece in element.itertext()).strip()
