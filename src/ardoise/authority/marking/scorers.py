"""The compiled items of one form of a part, called as the booklet calls them."""

from collections.abc import Mapping
from functools import lru_cache

from ardoise.authority.campaigns.models import Part
from ardoise.authority.enrolment.forms import FIRST, drawn
from ardoise.authority.keyring import CampaignKey
from ardoise.content.keymap import KeyMap
from ardoise.content.package import Package
from ardoise.scoring import ItemScore, Scorer, TemplateValues, compile_item
from ardoise.scoring.scope import Datum

Responses = Mapping[str, tuple[str, ...]]
"""Neutral response identifier → values; as in a sheet."""
_REMEMBERED = 50_000
"""Distinct answers whose outcomes are held in memory."""


class FormScorers:
    """Items under neutral names, each with the values that the form drew for it."""

    def __init__(
        self, part: Part, key: CampaignKey, package: Package, keymap: KeyMap, form: int = FIRST
    ) -> None:
        self.form = form
        self.keymap = keymap
        self._scorers: dict[str, Scorer] = {
            keymap.neutral(item.identifier): compile_item(item) for item in package.items
        }
        values = drawn(package.items, part=part.part, key=key, form=form)
        self.values: dict[str, TemplateValues] = {
            keymap.neutral(identifier): held for identifier, held in values.items()
        }
        """Of the items that draw."""
        self._remembered = lru_cache(maxsize=_REMEMBERED)(self._fresh)

    @property
    def items(self) -> tuple[str, ...]:
        """The booklet's item identifiers, in the order of the test."""
        return tuple(self._scorers)

    def __getitem__(self, item: str) -> Scorer:
        return self._scorers[item]

    def score(self, item: str, responses: Responses) -> ItemScore:
        """An answer as it was given, by the package's rules."""
        _, original = self.keymap.original(item, responses)
        return self._scorers[item].score(original, templates=self.values.get(item))

    def remembered(self, item: str, responses: Responses) -> ItemScore:
        """The same, for what is asked of many pupils who answered alike."""
        said = tuple(sorted((name, tuple(values)) for name, values in responses.items()))
        return self._remembered(item, said)

    def read(self, item: str, responses: Responses) -> dict[str, Datum]:
        """The answer's values by the package's names, typed."""
        _, original = self.keymap.original(item, responses)
        return dict(self._scorers[item].read(original))

    def _fresh(self, item: str, said: tuple[tuple[str, tuple[str, ...]], ...]) -> ItemScore:
        return self.score(item, dict(said))
