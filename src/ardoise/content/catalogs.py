"""qti-catalog-info: supports for pupils who need them, by the catalog that a node names.

QTI 3 ASI information model, "CatalogInfo". What is for scorers or for paper is left out; the keys
of a card never say what is right, but what they hold is read by the body's whitelist all the same.
"""

from typing import get_args

from lxml import etree

from ardoise.content import media
from ardoise.content.body import BodyReader
from ardoise.content.documents import XML_LANG, children, line_of, local
from ardoise.content.model import Card
from ardoise.contract.booklet import Node, Support

CATALOGS_LIMIT = 500
CARDS_LIMIT = 2_000
SUPPORTS: frozenset[str] = frozenset(get_args(Support))
_SPELLINGS = {
    "text-to-speech": "spoken",
    "computer-read-aloud": "spoken",
    "glossary": "glossary-on-screen",
}


def read(element: etree._Element, body: BodyReader) -> dict[str, tuple[Card, ...]]:
    """The catalogs of one qti-catalog-info by identifier. What is left out is a warning."""
    found: dict[str, tuple[Card, ...]] = {}
    total = 0
    for catalog in children(element, "qti-catalog"):
        identifier = (catalog.get("id") or "").strip()
        if not identifier or len(found) >= CATALOGS_LIMIT:
            body.warn(catalog, "is left out: it needs an id, and there may be 500 of them")
            continue
        cards = [one for card in children(catalog, "qti-card") for one in _cards(card, body)]
        total += len(cards)
        if cards and total <= CARDS_LIMIT:
            found[identifier] = tuple(cards)
    return found


def _cards(card: etree._Element, body: BodyReader) -> list[Card]:
    given = (card.get("support") or "").strip()
    support = _SPELLINGS.get(given, given)
    if support not in SUPPORTS:
        body.warn(card, f"the support {given[:30]!a} is left out: the runner gives no such help")
        return []
    entries = list(children(card, "qti-card-entry")) or [card]
    made: list[Card] = []
    for entry in entries:
        nodes = _content(entry, body)
        language = (entry.get(XML_LANG) or card.get(XML_LANG) or "").strip()[:40]
        if nodes:
            made.append(Card(support, language, tuple(nodes)))  # type: ignore[arg-type]
    return made


def _content(entry: etree._Element, body: BodyReader) -> list[Node]:
    nodes: list[Node] = []
    for child in children(entry):
        name = local(child)
        if name == "qti-html-content":
            nodes += body.inside(child, free=True)
        elif name == "qti-file-href":
            nodes += _file(child, body)
        elif name != "qti-card-entry":
            body.warn(child, "is left out of the card")
    return nodes


def _file(element: etree._Element, body: BodyReader) -> list[Node]:
    """A recorded reading, or a film in sign language."""
    reference = "".join(map(str, element.itertext())).strip()
    path = media.resolve(body.file, reference)
    kind = media.kind_of(reference) or (element.get("mime-type") or "")
    family = kind.partition("/")[0]
    if path is None or family not in ("audio", "video", "image"):
        body.warn(element, "is left out: only a sound, film or picture of the package is shown")
        return []
    body.media.setdefault(path, line_of(element))
    if family == "image":
        return [["img", {"alt": "", "src": path}]]
    return [[family, {"src": path}]]
