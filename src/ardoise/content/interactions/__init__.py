"""Every interaction of QTI 3: element by element into the typed model and the booklet's nodes.

Only `content.body` imports it. It never knows which answer is right.
"""

from collections.abc import Callable

from ardoise.content.interactions import choice, graphic, others, pairs, text
from ardoise.content.interactions.reading import Reading
from ardoise.contract.booklet import Node

Reader = Callable[[Reading], list[Node]]

DELIVERED: dict[str, Reader] = {
    "qti-choice-interaction": choice.choice,
    "qti-inline-choice-interaction": choice.inline_choice,
    "qti-order-interaction": choice.order,
    "qti-hottext-interaction": choice.hottext,
    "qti-text-entry-interaction": text.text_entry,
    "qti-extended-text-interaction": text.extended_text,
    "qti-match-interaction": pairs.match,
    "qti-associate-interaction": pairs.associate,
    "qti-gap-match-interaction": pairs.gap_match,
    "qti-graphic-gap-match-interaction": graphic.graphic_gap_match,
    "qti-hotspot-interaction": graphic.hotspot,
    "qti-select-point-interaction": graphic.select_point,
    "qti-slider-interaction": others.slider,
    "qti-media-interaction": others.media,
    "qti-end-attempt-interaction": others.end_attempt,
}
REFUSED: dict[str, tuple[Reader, str]] = {
    "qti-graphic-order-interaction": (
        graphic.graphic_order, "use an order interaction with pictures in its choices"),
    "qti-graphic-associate-interaction": (
        graphic.graphic_associate, "use a graphic gap match, or an associate with pictures"),
    "qti-position-object-interaction": (
        graphic.position_object, "use a select point or a graphic gap match"),
    "qti-drawing-interaction": (others.drawing, "have it done on paper and keyed"),
    "qti-upload-interaction": (others.upload, "ask for an extended text"),
    "qti-custom-interaction": (others.custom, "use one of QTI's own interactions"),
    "qti-portable-custom-interaction": (
        others.portable_custom, "an item's own script never runs: use one of QTI's interactions"),
}  # fmt: skip
"""Read, then refused by name; with what an author may do instead."""
INTERACTIONS = frozenset(DELIVERED) | frozenset(REFUSED)


def read(at: Reading, name: str) -> list[Node]:
    """The interaction's nodes; the question is kept by the body. Refused ones leave a fault."""
    delivered = DELIVERED.get(name)
    if delivered is not None:
        return delivered(at)
    reader, instead = REFUSED[name]
    at.fault(f"cannot be delivered: {instead}")
    return reader(at)
