"""Interactions on a picture. Coordinates are in its pixels, from the top left.

QTI 3 ASI, "Shape": rect left,top,right,bottom; circle x,y,radius; ellipse x,y,h-radius,v-radius;
poly x1,y1,x2,y2,…; default: the whole picture.
"""

from typing import Any

from lxml import etree

from ardoise.content.documents import children, local
from ardoise.content.interactions.pairs import bank_of
from ardoise.content.interactions.reading import PIXELS_LIMIT, Reading, picture_attributes
from ardoise.content.model import (
    GraphicAssociate,
    GraphicGapMatch,
    GraphicOrder,
    Hotspot,
    Picture,
    PositionObject,
    SelectPoint,
    Spot,
)
from ardoise.content.variables import number
from ardoise.contract.booklet import Node

CORNERS_LIMIT = 200
_COORDINATES = {"rect": 4, "circle": 3, "ellipse": 4, "default": 0}
_NOWHERE = Picture("", None, None)


def hotspot(at: Reading) -> list[Node]:
    """qti-hotspot-interaction: areas to choose."""
    at.check_attributes("max-choices", "min-choices")
    picture, nodes, spots = _spotted(at, "qti-hotspot-choice")
    at.keep(Hotspot(**at.bounds(1), picture=picture, areas=spots))
    return _shown(at, "hotspot", picture, nodes)


def graphic_gap_match(at: Reading) -> list[Node]:
    """qti-graphic-gap-match-interaction: words or pictures onto areas."""
    at.check_attributes("max-associations", "min-associations")
    taken: set[str] = set()
    bank, options = bank_of(at, taken)
    picture, nodes, spots = _spotted(at, "qti-associable-hotspot", joined=True, taken=taken)
    bounds = at.bounds(0, name="associations")
    at.keep(GraphicGapMatch(**bounds, picture=picture, areas=spots, first=options))
    return _shown(at, "graphic-gap-match", picture, [["bank", {}, *bank], *nodes])


def select_point(at: Reading) -> list[Node]:
    """qti-select-point-interaction."""
    at.check_attributes("max-choices", "min-choices")
    picture = at.picture() or _NOWHERE
    at.keep(SelectPoint(**at.bounds(1), picture=picture))
    return _shown(at, "select-point", picture, [])


def graphic_order(at: Reading) -> list[Node]:
    """qti-graphic-order-interaction. Read, not delivered."""
    picture, _, spots = _spotted(at, "qti-hotspot-choice")
    at.keep(GraphicOrder(**at.bounds(0), picture=picture, areas=spots))
    return []


def graphic_associate(at: Reading) -> list[Node]:
    """qti-graphic-associate-interaction. Read, not delivered."""
    picture, _, spots = _spotted(at, "qti-associable-hotspot", joined=True)
    bounds = at.bounds(1, name="associations")
    at.keep(GraphicAssociate(**bounds, picture=picture, areas=spots))
    return []


def position_object(at: Reading) -> list[Node]:
    """qti-position-object-interaction, whose stage stands around it. Read, not delivered."""
    stage = at.element.getparent()
    staged = stage is not None and local(stage) == "qti-position-object-stage"
    picture = (at.picture(stage) if staged else None) or _NOWHERE
    at.keep(PositionObject(**at.bounds(1), picture=picture, placed=at.picture()))
    return []


def _shown(at: Reading, name: str, picture: Picture, nodes: list[Node]) -> list[Node]:
    return [[name, at.attributes(**picture_attributes(picture)), *at.prompt(), *nodes]]


def _spotted(
    at: Reading, name: str, *, joined: bool = False, taken: set[str] | None = None
) -> tuple[Picture, list[Node], tuple[Spot, ...]]:
    picture = at.picture() or _NOWHERE
    names = set() if taken is None else taken
    nodes: list[Node] = []
    spots: list[Spot] = []
    known = {name, "qti-prompt", "img", "object", "picture", "qti-gap-img", "qti-gap-text"}
    for child in children(at.element):
        if local(child) == name:
            spot = _spot(at, child, names, joined=joined)
            if spot is not None:
                spots.append(spot)
                nodes.append(["spot", _spot_attributes(at, child, spot, joined=joined)])
        elif local(child) not in known:
            at.fault(f"cannot stand here: use {name}", child)
    at.check_amount(len(spots))
    return picture, nodes, tuple(spots)


def _spot(at: Reading, child: etree._Element, taken: set[str], *, joined: bool) -> Spot | None:
    identifier = at.identifier(child, taken)
    shape: Any = (child.get("shape") or "default").strip()
    coords = coordinates(shape, child.get("coords") or "")
    if coords is None:
        at.fault(f"shape {shape[:20]!a} with coords {(child.get('coords') or '')[:40]!a}: "
                 "write numbers of pixels with commas", child)  # fmt: skip
    if identifier is None or coords is None:
        return None
    if not (child.get("hotspot-label") or child.get("aria-label") or "").strip():
        at.body.warn(child, "has no hotspot-label: who does not see the picture cannot choose it")
    return Spot(
        identifier, shape, coords,
        label=" ".join((child.get("hotspot-label") or child.get("aria-label") or "").split())[:300],
        most=at.count("match-max", 1, of=child) if joined else 1,
        least=at.count("match-min", 0, of=child) if joined else 0,
        group=at.group(child),
    )  # fmt: skip


def coordinates(shape: str, text: str) -> tuple[int, ...] | None:
    """Whole pixels; None if they do not fit the shape."""
    values = [number(piece) for piece in text.replace(",", " ").split()[: 2 * CORNERS_LIMIT + 1]]
    if shape == "default":
        return ()
    if any(value is None or not abs(value) <= PIXELS_LIMIT for value in values):
        return None
    whole = tuple(round(value) for value in values if value is not None)
    if shape == "poly":
        if whole[:2] == whole[-2:] and len(whole) > 6:
            whole = whole[:-2]  # closed by hand
        return whole if 6 <= len(whole) <= 2 * CORNERS_LIMIT and len(whole) % 2 == 0 else None
    return whole if len(whole) == _COORDINATES.get(shape) else None


def _spot_attributes(
    at: Reading, child: etree._Element, spot: Spot, *, joined: bool
) -> dict[str, str]:
    attributes = {**at.body.marks(child), "value": spot.identifier, "shape": spot.shape}
    attributes["coords"] = ",".join(map(str, spot.coords))
    if spot.label:
        attributes["label"] = spot.label
    if joined:
        attributes["most"] = str(spot.most)
    return attributes
