"""Interactions that choose from a list: choice, inline choice, order, hottext."""

from lxml import etree

from ardoise.content.documents import children, local
from ardoise.content.interactions.reading import Reading
from ardoise.content.model import Choice, Hottext, InlineChoice, Option, Order
from ardoise.contract.booklet import Node

_BOUNDS = ("shuffle", "max-choices", "min-choices", "orientation")


def choice(at: Reading) -> list[Node]:
    """qti-choice-interaction."""
    at.check_attributes(*_BOUNDS)
    nodes, options = at.options(at.element, "qti-simple-choice", set())
    at.keep(Choice(**at.bounds(1), choices=options, shuffle=at.flag("shuffle")))
    return [["choice", _oriented(at), *at.prompt(), *nodes]]


def order(at: Reading) -> list[Node]:
    """qti-order-interaction: all of the list, or as many as max-choices says."""
    at.check_attributes(*_BOUNDS)
    nodes, options = at.options(at.element, "qti-simple-choice", set())
    bounds = at.bounds(0)
    bounds["max_choices"] = min(bounds["max_choices"] or len(options), len(options))
    if not at.count("max-choices", 0) and not at.count("min-choices", 0):
        bounds["min_choices"] = len(options)
    at.keep(Order(**bounds, choices=options, shuffle=at.flag("shuffle")))
    return [["order", _oriented(at), *at.prompt(), *nodes]]


def _oriented(at: Reading) -> dict[str, str]:
    # Shared vocabulary has a class for it, which is how choices have always said it.
    given = (at.element.get("orientation") or "").strip()
    named = given if given in ("horizontal", "vertical") else None
    return at.attributes(
        orientation=named if local(at.element) == "qti-order-interaction" else None
    )


def inline_choice(at: Reading) -> list[Node]:
    """qti-inline-choice-interaction."""
    at.check_attributes("shuffle", "required", "min-choices", "max-choices", "data-prompt")
    taken: set[str] = set()
    nodes: list[Node] = []
    options: list[Option] = []
    for child in children(at.element):
        if local(child) == "qti-inline-choice":
            held = at.body.inside(child, depth=at.depth + 1)
            if any(not isinstance(part, str) and part[0] != "printed" for part in held):
                at.fault("may hold text alone, a list of choices shows no more", child)
            node, option = at.option(child, held, taken)
            nodes += node
            options += option
        elif local(child) == "qti-label":
            at.body.warn(child, "is left out")
        else:
            at.fault("cannot stand in a list: use qti-inline-choice", child)
    at.check_amount(len(options))
    bounds = at.bounds(1) | {"max_choices": 1}
    bounds["min_choices"] = int(bool(bounds["min_choices"]) or at.flag("required"))
    at.keep(InlineChoice(**bounds, choices=tuple(options), shuffle=at.flag("shuffle")))
    return [["inline-choice", at.attributes(placeholder=at.text("data-prompt")), *nodes]]


def hottext(at: Reading) -> list[Node]:
    """qti-hottext-interaction: words of a text."""
    at.check_attributes(*_BOUNDS)
    taken: set[str] = set()
    options: list[Option] = []

    def hot(element: etree._Element, depth: int) -> list[Node]:
        held = at.body.inside(element, depth=depth + 1)
        node, option = at.option(element, held, taken)
        options.extend(option)
        return [["hot", *one[1:]] for one in node if isinstance(one, list)]

    with at.body.within({"qti-hottext": hot}):
        flow = at.body.inside(at.element, depth=at.depth, skip=("qti-prompt",), free=True)
    at.check_amount(len(options))
    at.keep(Hottext(**at.bounds(1), choices=tuple(options)))
    return [["hottext", at.attributes(), *at.prompt(), *flow]]
