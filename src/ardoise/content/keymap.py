"""The key map: from a booklet's neutral names back to the package's. Stays in the authority.

A sheet comes from a browser: what the runner cannot have produced counts as not given, and
`oddities` names it.
"""

import math
import re
from collections.abc import Mapping
from functools import cached_property
from typing import Literal

import msgspec
from msgspec import Struct

from ardoise.content.model import Media, Option, Question, Slider, Spot
from ardoise.content.variables import ResponseDeclaration, number

FORMAT = "ardoise-keymap/2"
"""Version 1 is a subset: texts and options alone."""
VALUES_LIMIT = 200
"""Values of one response at most."""
COUNT_LIMIT = 1_000_000
_WHOLE = re.compile(r"^[0-9]{1,7}\Z")

Misfit = Literal["unknown", "too-many"]
Kind = Literal["text", "value", "pair", "directed-pair", "point", "number", "count", "flag"]


class ResponseKey(Struct, frozen=True, forbid_unknown_fields=True):
    """One response of a booklet."""

    original: str
    options: dict[str, str] | None
    """Booklet value → identifier of an option or spot, the first half of a pair; None: it is none
    of these."""
    most: int = 0
    """Values at most; 0: no limit."""
    kind: Kind | None = None
    """None: a text without options, a value with them."""
    targets: dict[str, str] | None = None
    """Booklet value → identifier of the second half of a pair; None: both are of `options`."""
    uses: dict[str, int] = {}
    """Booklet value → in how many pairs it may stand; absent: any number."""
    partners: dict[str, tuple[str, ...]] = {}
    """Booklet value → the only booklet values it may be joined with; absent: any."""
    bounds: tuple[float, float, float] | None = None
    """Lowest, highest, step of a number; or width, height and 1 of the picture of a point."""

    def back(self, given: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Values under the package's names, and what did not count, one phrase each."""
        if len(given) > (self.most or VALUES_LIMIT):
            return (), ("more values than allowed",)
        kind = self.kind or ("text" if self.options is None else "value")
        if kind == "text":
            return given, ()
        kept: list[str] = []
        odd: dict[str, None] = {}
        used: dict[str, int] = {}
        for value in given:
            found, why = self._value(kind, value)
            if why is None and kind != "point" and found in kept:
                why = "the same value twice"
            if why is None and not self._free(value, used):
                why = "more pairs than an option may stand in"
            if why is None:
                kept.append(found)
            else:
                odd[why] = None
        return tuple(kept), tuple(odd)

    def _value(self, kind: Kind, value: str) -> tuple[str, str | None]:
        """One value under the package's name, and why it does not count."""
        if kind == "value":
            found = (self.options or {}).get(value)
            return found or "", None if found is not None else "a value that is no option"
        if kind in ("pair", "directed-pair"):
            found = self._pair(kind, value)
            return found or "", None if found is not None else "a pair that cannot be"
        if kind == "point":
            return value, None if self._inside(value) else "a point outside the picture"
        if kind == "number":
            return value, None if self._on_scale(value) else "a number that is not on the scale"
        if kind == "count":
            sound = _WHOLE.match(value) and int(value) <= COUNT_LIMIT
            return value, None if sound else "no number of plays"
        return value, None if value == "true" else "a button that says something else"

    def _pair(self, kind: Kind, value: str) -> str | None:
        halves = value.split(" ")
        if len(halves) != 2:
            return None
        first, second = halves
        options = self.options or {}
        targets = options if self.targets is None else self.targets
        if first not in options or second not in targets:
            return None
        if kind == "pair" and first == second:
            return None
        allowed = self.partners
        if second not in allowed.get(first, (second,)) or first not in allowed.get(
            second, (first,)
        ):
            return None
        return f"{options[first]} {targets[second]}"

    def _free(self, value: str, used: dict[str, int]) -> bool:
        """Whether every half may stand in one more pair; counts it if so."""
        halves = value.split(" ") if self.uses else []
        if any(used.get(half, 0) >= self.uses.get(half, VALUES_LIMIT) for half in halves):
            return False
        for half in halves:
            used[half] = used.get(half, 0) + 1
        return True

    def _inside(self, value: str) -> bool:
        halves = value.split(" ")
        if len(halves) != 2 or not all(_WHOLE.match(half) for half in halves):
            return False
        width, height, _ = self.bounds or (0.0, 0.0, 1.0)
        return int(halves[0]) <= width and int(halves[1]) <= height

    def _on_scale(self, value: str) -> bool:
        found = number(value) if value == value.strip() else None
        if found is None or self.bounds is None or not math.isfinite(found):
            return False
        low, high, step = self.bounds
        steps = (found - low) / step
        on_step = abs(steps - round(steps)) < 1e-6 or found == high
        return low <= found <= high and on_step


class ItemKey(Struct, frozen=True, forbid_unknown_fields=True):
    """One item of a booklet."""

    original: str
    responses: dict[str, ResponseKey]


class KeyMap(Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """All items of one booklet. JSON by `encode` and `decode`."""

    items: dict[str, ItemKey]
    format: str = FORMAT

    def original(
        self, item_id: str, responses: Mapping[str, tuple[str, ...]]
    ) -> tuple[str, dict[str, tuple[str, ...]]]:
        """QTI item identifier, and values by QTI response identifier, ready to be scored.

        Every response of the item is present, an empty tuple where nothing was given that counts.
        Raises KeyError for an item that the booklet does not have.
        """
        item = self.items[item_id]
        return item.original, {
            key.original: key.back(tuple(responses.get(response_id, ())))[0]
            for response_id, key in item.responses.items()
        }

    def misfit(self, item_id: str, responses: Mapping[str, tuple[str, ...]]) -> Misfit | None:
        """Why these answers are not of this booklet at all, whatever they say; None: they are.

        `unknown`: an item or response that it does not have; `too-many`: several values for one
        that holds one, or more than any may hold.
        """
        most = self._most.get(item_id)
        if most is None:
            return "unknown"
        for response_id, given in responses.items():
            if response_id not in most:
                return "unknown"
            if len(given) > most[response_id]:
                return "too-many"
        return None

    def oddities(self, item_id: str, responses: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
        """What `original` did not count, one phrase each; empty for a sheet of our runner."""
        if item_id not in self.items:
            return ("the booklet has no such item",)
        keys = self.items[item_id].responses
        found: list[str] = []
        for response_id, given in responses.items():
            if self.misfit(item_id, {response_id: given}) == "unknown":
                found.append("an answer to a response that the item does not have")
            else:
                found += [f"{response_id}: {why}" for why in keys[response_id].back(given)[1]]
        return tuple(found)

    @cached_property
    def _most(self) -> dict[str, dict[str, int]]:
        """Item → response → values that it may hold."""
        return {
            item_id: {
                response_id: 1 if key.most == 1 else VALUES_LIMIT
                for response_id, key in item.responses.items()
            }
            for item_id, item in self.items.items()
        }

    @cached_property
    def _neutral(self) -> dict[str, str]:
        return {item.original: item_id for item_id, item in self.items.items()}

    def neutral(self, identifier: str) -> str:
        """The booklet's id of a QTI item. Raises KeyError."""
        return self._neutral[identifier]

    def encode(self) -> bytes:
        """As JSON."""
        return msgspec.json.encode(self)


_KINDS: dict[str, Kind] = {
    "match": "directed-pair", "gap-match": "directed-pair", "graphic-gap-match": "directed-pair",
    "associate": "pair", "select-point": "point", "slider": "number", "media": "count",
    "end-attempt": "flag", "text-entry": "text", "extended-text": "text",
}  # fmt: skip


def response_key(
    question: Question,
    declared: ResponseDeclaration,
    first: Mapping[str, str],
    second: Mapping[str, str],
    size: tuple[int, int] | None,
) -> ResponseKey:
    """The key of one response, from its names (identifier → booklet value)."""
    kind = _KINDS.get(question.interaction, "value")
    bounds: tuple[float, float, float] | None = None
    if isinstance(question, Slider):
        bounds = (question.lower, question.upper, question.step)
    elif kind == "point" and size is not None:
        bounds = (float(size[0]), float(size[1]), 1.0)
    most = 1 if declared.cardinality == "single" else question.max_choices
    joined = kind in ("pair", "directed-pair")
    names = {**first, **second}
    halves: list[Option | Spot] = []
    if joined:
        halves = [*question.options, *question.targets, *question.spots]
    halves = [half for half in halves if half.identifier in names]
    return ResponseKey(
        original=declared.identifier,
        options={value: name for name, value in first.items()} if first else None,
        most=1 if isinstance(question, Media) else most,
        kind=kind,
        targets={value: name for name, value in second.items()} if second else None,
        uses={names[half.identifier]: half.most for half in halves if half.most},
        partners={
            names[half.identifier]: tuple(names[one] for one in half.group if one in names)
            for half in halves
            if half.group
        },
        bounds=bounds,
    )


def decode(payload: bytes) -> KeyMap:
    """Raises msgspec.ValidationError."""
    return msgspec.json.decode(payload, type=KeyMap)
