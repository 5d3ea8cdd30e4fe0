"""The key map: from a booklet's neutral names back to the package's. Stays in the authority."""

from collections.abc import Mapping

import msgspec
from msgspec import Struct

FORMAT = "ardoise-keymap/1"


class ResponseKey(Struct, frozen=True, forbid_unknown_fields=True):
    """One response of a booklet."""

    original: str
    options: dict[str, str] | None
    """Booklet value → option identifier; None: the value is text."""
    most: int = 0
    """Values at most; 0: no limit."""


class ItemKey(Struct, frozen=True, forbid_unknown_fields=True):
    """One item of a booklet."""

    original: str
    responses: dict[str, ResponseKey]


class KeyMap(Struct, frozen=True, forbid_unknown_fields=True):
    """All items of one booklet. JSON by `encode` and `decode`."""

    items: dict[str, ItemKey]
    format: str = FORMAT

    def original(
        self, item_id: str, responses: Mapping[str, tuple[str, ...]]
    ) -> tuple[str, dict[str, tuple[str, ...]]]:
        """QTI item identifier, and values by QTI response identifier, ready to be scored.

        A sheet comes from a browser: what the runner cannot have produced (an unknown response or
        option, more values than allowed) counts as not given; `oddities` names it. Every response
        of the item is present, an empty tuple where nothing was given.
        Raises KeyError for an item that the booklet does not have.
        """
        item = self.items[item_id]
        values: dict[str, tuple[str, ...]] = {}
        for response_id, key in item.responses.items():
            given = tuple(responses.get(response_id, ()))
            if key.options is not None:
                given = tuple(key.options[value] for value in given if value in key.options)
            values[key.original] = () if key.most and len(given) > key.most else given
        return item.original, values

    def oddities(self, item_id: str, responses: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
        """What `original` did not count, one phrase each; empty for a sheet of our runner."""
        item = self.items.get(item_id)
        if item is None:
            return ("the booklet has no such item",)
        found: list[str] = []
        for response_id, given in responses.items():
            key = item.responses.get(response_id)
            if key is None:
                found.append("an answer to a response that the item does not have")
                continue
            if key.options is not None and any(value not in key.options for value in given):
                found.append(f"{response_id}: a value that is no option")
            if key.most and len(given) > key.most:
                found.append(f"{response_id}: more values than allowed")
        return tuple(found)

    def neutral(self, identifier: str) -> str:
        """The booklet's id of a QTI item. Raises KeyError."""
        for item_id, item in self.items.items():
            if item.original == identifier:
                return item_id
        raise KeyError(identifier)

    def encode(self) -> bytes:
        """As JSON."""
        return msgspec.json.encode(self)


def decode(payload: bytes) -> KeyMap:
    """Raises msgspec.ValidationError."""
    return msgspec.json.decode(payload, type=KeyMap)
