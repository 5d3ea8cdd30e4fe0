"""Interactions that join: match, associate, gap match."""

from typing import Any

from lxml import etree

from ardoise.content.documents import children, local
from ardoise.content.interactions.reading import Reading
from ardoise.content.model import Associate, GapMatch, Match, Option
from ardoise.contract.booklet import Node

_BOUNDS = ("shuffle", "max-associations", "min-associations")


def match(at: Reading) -> list[Node]:
    """qti-match-interaction: two sets, pairs between them."""
    at.check_attributes(*_BOUNDS)
    taken: set[str] = set()
    sets: list[Node] = []
    options: list[tuple[Option, ...]] = []
    for child in children(at.element, "qti-simple-match-set"):
        nodes, held = at.options(child, "qti-simple-associable-choice", taken, joined=True)
        sets.append(["set", at.body.marks(child), *nodes])
        options.append(held)
    if len(sets) != 2:
        at.fault("needs two qti-simple-match-set")
        options = [*options, (), ()][:2]
    at.keep(Match(**_bounds(at), first=options[0], second=options[1], shuffle=at.flag("shuffle")))
    return [["match", at.attributes(), *at.prompt(), *sets]]


def associate(at: Reading) -> list[Node]:
    """qti-associate-interaction: pairs within one set."""
    at.check_attributes(*_BOUNDS)
    nodes, options = at.options(at.element, "qti-simple-associable-choice", set(), joined=True)
    at.keep(Associate(**_bounds(at), choices=options, shuffle=at.flag("shuffle")))
    return [["associate", at.attributes(), *at.prompt(), *nodes]]


def gap_match(at: Reading) -> list[Node]:
    """qti-gap-match-interaction: words or pictures into the gaps of a text."""
    at.check_attributes(*_BOUNDS)
    taken: set[str] = set()
    bank, options = bank_of(at, taken)
    gaps: list[Option] = []

    def gap(element: etree._Element, _depth: int) -> list[Node]:
        identifier = at.identifier(element, taken)
        if identifier is None:
            return []
        required = at.flag("required", of=element)
        gaps.append(Option(identifier, "", least=int(required), group=at.group(element)))
        attributes = {**at.body.marks(element), "value": identifier}
        return [["gap", {**attributes, **({"required": "true"} if required else {})}]]

    skip = ("qti-prompt", "qti-gap-text", "qti-gap-img")
    with at.body.within({"qti-gap": gap}):
        flow = at.body.inside(at.element, depth=at.depth, skip=skip, free=True)
    at.check_amount(len(gaps))
    bounds = _bounds(at, most=len(gaps))
    at.keep(GapMatch(**bounds, first=options, second=tuple(gaps), shuffle=at.flag("shuffle")))
    return [["gap-match", at.attributes(), *at.prompt(), ["bank", {}, *bank], *flow]]


def bank_of(at: Reading, taken: set[str]) -> tuple[list[Node], tuple[Option, ...]]:
    """The qti-gap-text and qti-gap-img that are moved."""
    nodes: list[Node] = []
    options: list[Option] = []
    for child in children(at.element, "qti-gap-text", "qti-gap-img"):
        held = at.body.inside(child, depth=at.depth + 1)
        if local(child) == "qti-gap-img":
            held = [node for node in held if not isinstance(node, str)]
            if [node[0] for node in held] != ["img"]:
                at.fault("must hold one picture and nothing else", child)
            _label(held, child.get("object-label"))
        node, option = at.option(child, held, taken, joined=True)
        nodes += node
        options += option
    at.check_amount(len(options))
    return nodes, tuple(options)


def _label(held: list[Any], label: str | None) -> None:
    """object-label stands for a picture without a text of its own."""
    for node in held:
        if label and node[0] == "img" and not node[1].get("alt"):
            node[1]["alt"] = " ".join(label.split())[:300]


def _bounds(at: Reading, *, most: int = 1) -> dict[str, Any]:
    """QTI's default for max-associations is 1; a gap match without one fills every gap."""
    return at.bounds(most, name="associations")
