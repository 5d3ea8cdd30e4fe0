"""From a package to a booklet: what a writer sees, under neutral names. Keys stay behind.

Two packages that differ only in which option is right, in mapping, processing, feedback or telling
identifiers give the same bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from ardoise.content.drafting import AssetBytes, Drafting, strokes
from ardoise.content.faults import ContentFault, Finding
from ardoise.content.keymap import KeyMap
from ardoise.content.model import Choice, Item
from ardoise.content.package import Package
from ardoise.content.plan import check_plain, plan_of
from ardoise.content.plan_tables import Points
from ardoise.content.printing import Values
from ardoise.contract.booklet import PLAIN_LIMIT, Asset, Booklet
from ardoise.contract.words import Writer

KEYED_OPTIONS = 9


@dataclass(frozen=True)
class Draft:
    """A booklet that does not yet know where its sealed assets are."""

    assets: dict[str, AssetBytes]
    keymap: KeyMap
    _booklet: Booklet

    def with_blobs(self, blobs: Mapping[str, str]) -> Booklet:
        """The booklet, its assets at these blobs (asset id → SHA-256 of the sealed bytes).

        Raises KeyError if an asset is missing.
        """
        assets = {
            asset: Asset(blobs[asset], held.media_type, len(held.payload))
            for asset, held in self.assets.items()
        }
        return msgspec.structs.replace(self._booklet, assets=assets)


def draft(
    package: Package,
    *,
    campaign: str,
    part: str,
    title: str,
    campaign_title: str,
    language: str,
    minutes: int,
    writer: Writer,
    points: Points | None = None,
    values: Mapping[str, Values] | None = None,
) -> Draft:
    """The booklet of one part. `minutes` 0: only the window limits. `points`: rules need it.

    `values`: item identifier → template values, for items that draw them. Raises ContentFault: an
    item that cannot be delivered, one whose values are missing, a teacher's part whose items are
    not one single choice each, or a booklet larger than the protocol allows.
    """
    package.check_deliverable()
    drafting = Drafting(package, writer, language, values or {})
    if writer == "teacher":
        check_keyed(package)
        if package.test is not None:
            check_plain(package.test)
    items = tuple(drafting.item(number, item) for number, item in enumerate(package.items, 1))
    planned = package.test if writer == "pupil" else None
    plan = None
    if planned is not None:
        keymap = KeyMap(drafting.keys)
        plan = plan_of(planned, package.items, keymap, nodes=drafting.rubrics, points=points)
    # A plan holds the instructions of its parts and sections where they are given.
    instructions = drafting.rubrics(package.rubrics if planned is None else planned.rubrics)
    booklet = Booklet(
        format="ardoise-booklet/2", campaign=campaign, part=part, writer=writer, language=language,
        campaign_title=campaign_title, title=title, minutes=minutes, items=items,
        instructions=instructions, plan=plan, stimuli=drafting.stimuli, styles=drafting.styles,
        catalogs=drafting.catalogs,
    )  # fmt: skip
    made = Draft(drafting.assets, KeyMap(drafting.keys), booklet)
    size = len(msgspec.json.encode(made.with_blobs(dict.fromkeys(drafting.assets, "0" * 64))))
    if size > PLAIN_LIMIT:
        message = f"makes a booklet above {PLAIN_LIMIT >> 20} MiB: split the part"
        raise ContentFault(Finding(package.identifier, message))
    return made


def check_keyed(package: Package) -> None:
    """Raises ContentFault unless a teacher can key every item with one key: see `draft`."""
    findings = [
        Finding(item.file, message, item.identifier)
        for item in package.items
        if (message := _keyed_fault(item)) is not None
    ]
    if findings:
        raise ContentFault(*findings)


def _keyed_fault(item: Item) -> str | None:
    question = item.questions[0] if len(item.questions) == 1 else None
    if not isinstance(question, Choice):
        return "a teacher keys it: it must have exactly one qti-choice-interaction"
    if question.max_choices != 1:
        return "a teacher keys it with one key: set max-choices to 1"
    if len(question.options) > KEYED_OPTIONS:
        return f"a teacher keys it: it may have {KEYED_OPTIONS} options at most"
    keys = [stroke.key for stroke in strokes(question)]
    if len(set(keys)) < len(keys):
        return "two options have the same key: give each its own data-key"
    return None
