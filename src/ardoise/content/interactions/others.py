"""Slider, media, end attempt; and what is read but never delivered: drawing, upload, custom."""

from typing import Any

from ardoise.content.documents import children, line_of, local
from ardoise.content.interactions.reading import Reading
from ardoise.content.model import (
    Custom,
    Drawing,
    EndAttempt,
    Media,
    Picture,
    PortableCustom,
    Slider,
    Upload,
)
from ardoise.contract.booklet import Node

STEPS_LIMIT = 100_000


def slider(at: Reading) -> list[Node]:
    """qti-slider-interaction: bounds and step; nothing is answered until it is touched."""
    at.check_attributes(
        "lower-bound", "upper-bound", "step", "step-label", "orientation", "reverse"
    )
    lower, upper = at.number("lower-bound", None), at.number("upper-bound", None)
    step = at.number("step", None) or 1.0
    if lower is None or upper is None or not lower < upper:
        at.fault("needs a lower-bound below its upper-bound")
        lower, upper = 0.0, 1.0
    if step <= 0 or (upper - lower) / step > STEPS_LIMIT:
        at.fault(f"step must be above 0 and make {STEPS_LIMIT} steps at most")
        step = 1.0
    at.keep(
        Slider(response=at.response, line=line_of(at.element), lower=lower, upper=upper, step=step)
    )
    attributes = at.attributes(
        min=shortest(lower), max=shortest(upper), step=shortest(step),
        orientation="vertical" if at.element.get("orientation") == "vertical" else "horizontal",
        reverse="true" if at.flag("reverse") else None,
        labels="true" if at.flag("step-label") else None,
    )  # fmt: skip
    return [["slider", attributes, *at.prompt()]]


def shortest(value: float) -> str:
    """A number in its shortest form."""
    return str(int(value)) if value == int(value) else repr(value)


def media(at: Reading) -> list[Node]:
    """qti-media-interaction: what is played, and how often."""
    at.check_attributes("autostart", "min-plays", "max-plays", "loop", "coords")
    low, high = at.count("min-plays", 0), at.count("max-plays", 0)
    if high and low > high:
        at.fault("min-plays is above max-plays: change one")
    shown = [
        node
        for child in children(at.element)
        if local(child) != "qti-prompt"
        for node in at.body.element(child, depth=at.depth + 1)
    ]
    if [node[0] for node in shown if not isinstance(node, str)] not in (["audio"], ["video"]):
        at.fault("must hold one <audio> or <video>")
    at.keep(Media(response=at.response, line=line_of(at.element), min_plays=low, max_plays=high))
    attributes: dict[str, Any] = {"min-plays": str(low), "max-plays": str(high)}
    attributes |= {name: "true" for name in ("autostart", "loop") if at.flag(name)}
    return [["media", at.attributes(**attributes), *at.prompt(), *shown]]


def end_attempt(at: Reading) -> list[Node]:
    """qti-end-attempt-interaction: a button with a title."""
    at.check_attributes("title", "count-attempt")
    title = at.text("title") or ""
    at.keep(EndAttempt(response=at.response, line=line_of(at.element), title=title))
    return [["end-attempt", at.attributes(title=title)]]


def drawing(at: Reading) -> list[Node]:
    """qti-drawing-interaction. Read, not delivered."""
    picture = at.picture() or Picture("", None, None)
    at.keep(Drawing(response=at.response, line=line_of(at.element), picture=picture))
    return []


def upload(at: Reading) -> list[Node]:
    """qti-upload-interaction. Read, not delivered."""
    kinds = tuple((at.element.get("type") or "").split()[:20])
    at.keep(Upload(response=at.response, line=line_of(at.element), media_types=kinds))
    return []


def custom(at: Reading) -> list[Node]:
    """qti-custom-interaction. Read, not delivered."""
    at.keep(Custom(response=at.response, line=line_of(at.element)))
    return []


def portable_custom(at: Reading) -> list[Node]:
    """qti-portable-custom-interaction. Read, not delivered: its script is never run."""
    named = at.text("custom-interaction-type-identifier") or ""
    at.keep(PortableCustom(response=at.response, line=line_of(at.element), type_identifier=named))
    return []
