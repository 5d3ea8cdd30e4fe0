"""Pictures, sounds and films in a body, whatever element shows them: img, audio or video nodes."""

from typing import TYPE_CHECKING, Any

from lxml import etree

from ardoise.content import media
from ardoise.content.documents import children, line_of
from ardoise.contract.booklet import Node

if TYPE_CHECKING:
    from ardoise.content.body import BodyReader

TRACKS_LIMIT = 20
_TRACK_KINDS = frozenset({"subtitles", "captions", "descriptions"})
_SVG_LIMIT = 512 << 10


def read(body: "BodyReader", element: etree._Element, name: str) -> list[Node]:
    """The node that shows the same; nothing after a fault."""
    match name:
        case "img":
            return _image(body, element)
        case "picture":
            held = next(children(element, "img"), None)
            return [] if held is None else _image(body, held)
        case "object":
            return _object(body, element)
        case "svg":
            return _drawing(body, element)
        case _:
            return _played(body, element, name)


def _source(body: "BodyReader", element: etree._Element, reference: str | None) -> str | None:
    path = media.resolve(body.file, reference or "")
    if path is None:
        body.fault(element, "shows something outside the package: put the file into it")
        return None
    body.media.setdefault(path, line_of(element))
    return path


def _image(body: "BodyReader", element: etree._Element) -> list[Node]:
    attributes = body.attributes(element)
    path = _source(body, element, element.get("src"))
    if "alt" not in attributes:
        body.warn(element, 'has no alt: say what is seen, or alt="" if it only decorates')
        attributes["alt"] = ""
    return [["img", {**attributes, "src": path}]] if path else []


def _object(body: "BodyReader", element: etree._Element) -> list[Node]:
    """`<object type="image/…">` is QTI 2's way to show a picture: it becomes an img."""
    kind = (element.get("type") or media.kind_of(element.get("data") or "") or "").strip()
    path = _source(body, element, element.get("data"))
    if path is None:
        return []
    family = kind.partition("/")[0]
    if family in ("audio", "video"):
        return [[family, {**body.marks(element), "src": path, **_pixels(element)}]]
    if family != "image":
        body.fault(element, "only pictures, sounds and films can be shown, with their media type")
        return []
    attributes = body.marks(element)
    attributes["alt"] = " ".join("".join(map(str, element.itertext())).split())
    if not attributes["alt"]:
        body.warn(element, "has no text to stand for the picture: write it inside <object>")
    return [["img", {**dict(sorted(attributes.items())), **_pixels(element), "src": path}]]


def _pixels(element: etree._Element) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in ("width", "height"):
        value = (element.get(name) or "").strip().removesuffix("px")
        if value.isascii() and value.isdigit() and len(value) < 6:
            found[name] = value
    return found


def _played(body: "BodyReader", element: etree._Element, name: str) -> list[Node]:
    """A sound or film with its subtitles. The first source that browsers play is taken."""
    offered = [element.get("src"), *(source.get("src") for source in children(element, "source"))]
    references = [reference for reference in offered if reference]
    chosen = next((one for one in references if media.kind_of(one)), None)
    attributes: dict[str, Any] = {**body.marks(element), **_pixels(element)}
    label = (element.get("aria-label") or element.get("title") or "").strip()
    if label:
        attributes["aria-label"] = label[:300]
    if element.get("loop") not in (None, "false"):
        attributes["loop"] = "true"
    path = _source(body, element, chosen or (references[0] if references else None))
    if path is None:
        return []
    if name == "video" and element.get("poster"):
        poster = _source(body, element, element.get("poster"))
        attributes |= {"poster": poster} if poster else {}
    tracks = [
        node
        for track in list(children(element, "track"))[:TRACKS_LIMIT]
        for node in _track(body, track)
    ]
    if not tracks:
        what = "subtitles (<track>)" if name == "video" else "a text that says the same"
        body.warn(element, f"has no {what}: who does not hear it cannot answer")
    return [[name, {**dict(sorted(attributes.items())), "src": path}, *tracks]]


def _track(body: "BodyReader", element: etree._Element) -> list[Node]:
    kind = (element.get("kind") or "subtitles").strip()
    if kind not in _TRACK_KINDS:
        body.warn(element, f"a track of kind {kind[:20]!a} is left out")
        return []
    path = _source(body, element, element.get("src"))
    if path is None:
        return []
    attributes = {"kind": kind, "src": path}
    for name in ("srclang", "label"):
        value = " ".join((element.get(name) or "").split())
        if value:
            attributes[name] = value[:80]
    if element.get("default") not in (None, "false"):
        attributes["default"] = "true"
    return [["track", attributes]]


def _drawing(body: "BodyReader", element: etree._Element) -> list[Node]:
    """SVG in the body itself: cleaned like a file, and shown as a picture."""
    payload = etree.tostring(element, with_tail=False)
    if len(payload) > _SVG_LIMIT:
        body.fault(element, "is too large a drawing: save it as an .svg file")
        return []
    titles = [*children(element, "title")]
    said = element.get("aria-label") or ("".join(map(str, titles[0].itertext())) if titles else "")
    if not said.strip() and element.get("aria-hidden") != "true":
        body.warn(element, "the drawing has no title: say what is seen")
    path = f"{body.file}#svg{len(body.drawings) + 1}"
    body.drawings[path] = payload
    attributes = {**body.marks(element), "alt": " ".join(said.split()), "src": path}
    return [["img", {**attributes, **_pixels(element)}]]
