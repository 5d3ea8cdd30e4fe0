"""SVG cleaned of all that is no drawing: known shapes, own references, neutral ids."""

import re

from lxml import etree

from ardoise.content import drawing_styles
from ardoise.content.documents import line_of, local, namespace, parse
from ardoise.content.faults import ContentFault, Finding, Findings
from ardoise.content.markup import words
from ardoise.content.variables import number

SVG = "http://www.w3.org/2000/svg"
XLINK_HREF = "{http://www.w3.org/1999/xlink}href"
DEPTH_LIMIT = 100
ELEMENTS_LIMIT = 50_000
_SHAPES = words(
    "svg g defs symbol use path rect circle ellipse line polyline polygon text tspan "
    "textPath marker pattern clipPath mask linearGradient radialGradient stop switch "
    "filter feGaussianBlur feOffset feMerge feMergeNode feFlood feComposite feBlend "
    "feColorMatrix"
)
_REFERENCE = re.compile(r"url\(\s*['\"]?\s*#([^'\")\s]+)\s*['\"]?\s*\)")
_FOREIGN = re.compile(
    r"url\s*\(|image\s*\(|image-set|src\s*\(|@import|expression\s*\(|javascript:", re.I
)
_SIDES = ("width", "height")
_DROPPED = frozenset({"script", "foreignObject", "namedview"})
_SILENT = frozenset({"metadata", "title", "desc"})
"""A picture is told by its alt; a title here could tell more."""
COPIES_LIMIT = 200_000
"""Elements drawn, those that `use` repeats counted each time."""


def clean_svg(path: str, payload: bytes, *, findings: Findings) -> bytes:
    """The drawing alone: known shapes, own references, neutral ids. Raises ContentFault."""
    root = parse(payload, file=path)
    if local(root) != "svg" or namespace(root) != SVG:
        message = f'is no SVG drawing: its root must be <svg xmlns="{SVG}">'
        raise ContentFault(Finding(path, message))
    drawing_styles.spread(root)
    names: dict[str, str] = {}
    for count, element in enumerate(root.iter(etree.Element)):
        if count >= ELEMENTS_LIMIT:
            message = f"draws with more than {ELEMENTS_LIMIT} elements: save it as a PNG"
            raise ContentFault(Finding(path, message))
        given = element.get("id")
        if given is not None:
            names.setdefault(given, f"x{len(names) + 1}")
    _clean_children(path, root, names, findings)
    _clean_attributes(path, root, names, findings)
    _check_copies(path, root)
    etree.cleanup_namespaces(root)
    return etree.tostring(root, encoding="utf-8", xml_declaration=False)


def _clean_children(
    path: str,
    element: etree._Element,
    names: dict[str, str],
    findings: Findings,
    depth: int = 0,
) -> None:
    if depth > DEPTH_LIMIT:
        message = f"draws more than {DEPTH_LIMIT} levels deep: save it as a plain SVG"
        raise ContentFault(Finding(path, message, element=local(element), line=line_of(element)))
    for child in list(element):
        if not isinstance(child.tag, str):
            _drop(element, child)
        elif namespace(child) == SVG and local(child) in _SHAPES:
            _clean_attributes(path, child, names, findings)
            _clean_children(path, child, names, findings, depth + 1)
        else:
            name = local(child)
            if namespace(child) == SVG and name not in _SILENT:
                message = "is dropped from the drawing" + (
                    "" if name in _DROPPED else ": draw with shapes, paths and text"
                )
                findings.warn(Finding(path, message, element=name, line=line_of(child)))
            _drop(element, child)


def _check_copies(path: str, root: etree._Element) -> None:
    """Raises ContentFault where `use` of `use` of … would draw without end."""
    held = {element.get("id"): element for element in root.iter(etree.Element)}
    drawn: dict[etree._Element, int] = {}

    def count(element: etree._Element, chain: int) -> int:
        if chain > 4 * DEPTH_LIMIT:
            return COPIES_LIMIT
        if element not in drawn:
            drawn[element] = 0  # of a circle, browsers draw nothing
            total = 1 + sum(count(child, chain + 1) for child in element)
            reference = element.get("href") or element.get(XLINK_HREF) or ""
            target = held.get(reference[1:]) if local(element) == "use" else None
            total += count(target, chain + 1) if target is not None else 0
            drawn[element] = min(total, COPIES_LIMIT)
        return drawn[element]

    if count(root, 0) >= COPIES_LIMIT:
        message = "repeats its parts too often (<use>): save it as a plain drawing"
        raise ContentFault(Finding(path, message))


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


def drawing_size(payload: bytes) -> tuple[int, int] | None:
    """Width and height in pixels of a cleaned drawing: its own, or else its view box's."""
    root = parse(payload, file="")
    said = [number((root.get(name) or "").strip().removesuffix("px")) for name in _SIDES]
    box = [number(piece) for piece in (root.get("viewBox") or "").replace(",", " ").split()]
    if None in said and len(box) == 4:
        said = box[2:]
    width, height = (round(side) if side and 1 <= side <= 20_000 else 0 for side in said)
    return (width, height) if width and height else None
