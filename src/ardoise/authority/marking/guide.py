"""What a rater reads beside a text: the question as it was put, and the guide for scorers.

Content is untrusted: its nodes are drawn from a short list of elements without attributes, and
everything else of it is text.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import msgspec
from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ardoise.authority.campaigns.models import Part
from ardoise.authority.enrolment.forms import FIRST, drawn
from ardoise.content.keymap import KeyMap
from ardoise.content.model import Item
from ardoise.content.package import Package, read_package
from ardoise.content.printing import Printing, Values
from ardoise.contract.booklet import Node
from ardoise.scoring import TemplateValues

_DRAWN = frozenset(
    {
        "p", "ul", "ol", "li", "dl", "dt", "dd", "div", "span", "strong", "em", "b", "i", "sub",
        "sup", "blockquote", "q", "table", "thead", "tbody", "tr", "th", "td", "caption",
    }
)  # fmt: skip
_LEFT_OUT = frozenset(
    {
        "rubric", "choice", "inline-choice", "text-entry", "extended-text", "order", "match",
        "associate", "gap-match", "graphic-gap-match", "hotspot", "hottext", "select-point",
        "slider", "media", "end-attempt", "audio", "video",
    }
)  # fmt: skip
_VIEW = "scorer"


@dataclass(frozen=True)
class Guide:
    """One item for raters. HTML, safe to show."""

    title: str
    question: SafeString
    rubric: SafeString
    """Empty: the author wrote none."""


def guides_of(part: Part, form: int = FIRST) -> dict[str, Guide]:
    """The booklet's items of a part, by neutral identifier, with the numbers that the form shows.

    Raises ContentFault, CampaignKeyDestroyed.
    """
    package = _package(part.pk, part.digest)
    key = settings.KEYRING.campaign_key(part.campaign_id)
    values = drawn(package.items, part=part.part, key=key, form=form)
    language = part.campaign.language
    keymap = msgspec.json.decode(bytes(part.keymap), type=KeyMap)
    general = _rubrics_of_test(package)
    return {
        keymap.neutral(item.identifier): _guide(
            item, general, Printing(item, _values(values, item), language=language)
        )
        for item in package.items
    }


def _values(drawn_values: Mapping[str, TemplateValues], item: Item) -> Values | None:
    held = drawn_values.get(item.identifier)
    return None if held is None else held.values


@lru_cache(maxsize=8)
def _package(pk: int, digest: str) -> Package:
    """Read once a process and content: `digest` is the cache's key."""
    part = Part.objects.get(pk=pk)
    return read_package(bytes(part.package), name=part.package_name)


def _rubrics_of_test(package: Package) -> list[Node]:
    return [n for rubric in package.rubrics if _VIEW in rubric.views for n in rubric.nodes]


def _guide(item: Item, general: list[Node], printing: Printing) -> Guide:
    own = [
        child
        for node in item.body
        if isinstance(node, list) and node[0] == "rubric" and _VIEW in node[1]["view"].split()
        for child in node[2:]
    ]
    return Guide(item.title, as_html(item.body, printing), as_html([*own, *general], printing))


def as_html(nodes: Iterable[Node], printing: Printing) -> SafeString:
    """Nodes as HTML. Pictures are named, interactions and rubrics left out."""
    return format_html_join("", "{}", ((_node(node, printing),) for node in nodes))


def _node(node: Node, printing: Printing) -> SafeString | str:
    if isinstance(node, str):
        return node
    name, attributes, *children = node
    match name:
        case "printed":
            return printing.text(attributes)
        case "template-part":
            part = (attributes["template"], attributes["value"], attributes["show"] == "true")
            return as_html(children, printing) if printing.shows(part) else ""
        case "img":
            return format_html("<em>[{} {}]</em>", _("image :"), attributes.get("alt", ""))
    return "" if name in _LEFT_OUT else _element(name, as_html(children, printing))


def _element(name: str, content: SafeString) -> SafeString:
    if name == "br":
        return format_html("<br>")
    if name in _DRAWN:
        return format_html("<{0}>{1}</{0}>", name, content)
    if name[:1] == "h" and name[1:].isdecimal():
        return format_html("<p><strong>{}</strong></p>", content)
    return content
