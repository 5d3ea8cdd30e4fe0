"""Items in which one option is chosen: which options there are, and which of them score."""

from collections.abc import Mapping
from dataclasses import dataclass

from ardoise.content.keymap import KeyMap
from ardoise.content.package import Package
from ardoise.psychometrics.distractors import MAX_OPTIONS
from ardoise.scoring import TemplateValues, compile_item


@dataclass(frozen=True)
class Choices:
    """One item's options, in the package's words. `keys`: places of those that score most."""

    response: str
    """The booklet's name of the response."""
    values: dict[str, int]
    """Booklet value → place."""
    labels: tuple[str, ...]
    keys: frozenset[int]

    def place(self, responses: Mapping[str, tuple[str, ...]]) -> int | None:
        """Of what was chosen; None: nothing, or nothing that is one option."""
        given = responses.get(self.response, ())
        return self.values.get(given[0]) if len(given) == 1 else None


def choices_of(
    package: Package, keymap: KeyMap, drawn: Mapping[str, TemplateValues]
) -> dict[str, Choices]:
    """Booklet item → its options, for items with one response of which one value is chosen.

    `drawn`: item identifier → its values. Items that draw and are not in it are left out: their
    options are not the same for all.
    """
    found: dict[str, Choices] = {}
    for item in package.items:
        templates = drawn.get(item.identifier)
        if templates is None and item.scorable.template_processing is not None:
            continue
        neutral = keymap.neutral(item.identifier)
        responses = keymap.items[neutral].responses
        if len(responses) != 1:
            continue
        name, key = next(iter(responses.items()))
        single = key.most == 1 and key.kind in (None, "value") and key.options is not None
        if not single or key.options is None or len(key.options) > MAX_OPTIONS:
            continue
        labels = tuple(key.options.values())
        scorer = compile_item(item)
        points = [
            scorer.score({key.original: (label,)}, templates=templates).score or 0.0
            for label in labels
        ]
        best = max(points, default=0.0)
        keys = frozenset(place for place, one in enumerate(points) if best > 0 and one == best)
        values = {value: place for place, value in enumerate(key.options)}
        found[neutral] = Choices(name, values, labels, keys)
    return found
