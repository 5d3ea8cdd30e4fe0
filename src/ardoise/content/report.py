"""What a package's author should know of it: each item, what may be delivered and why not, weights.

Whether an item can be scored, who compiles it adds.
"""

from collections.abc import Iterable

import msgspec
from msgspec import Struct

from ardoise.content.faults import Finding
from ardoise.content.model import Item, Resource
from ardoise.content.package import Package

HEAVY = 2_000_000
"""Bytes above which a part takes long over a school's line: 30 pupils fetch it at once."""
HEAVIEST = 5


class Weight(Struct, frozen=True):
    """Bytes as they travel, before sealing."""

    text: int = 0
    """Markup, stimuli, style sheets, catalogs, subtitles."""
    pictures: int = 0
    sounds: int = 0
    films: int = 0

    @property
    def total(self) -> int:
        """All of it."""
        return self.text + self.pictures + self.sounds + self.films


class ItemReport(Struct, frozen=True):
    """One item."""

    identifier: str
    title: str
    file: str
    interactions: tuple[str, ...]
    """Names without `qti-` and `-interaction`, in the body's order."""
    obstacles: tuple[Finding, ...]
    """Why it cannot be delivered; empty: it can."""
    weight: Weight


class Report(Struct, frozen=True):
    """A whole package."""

    package: str
    title: str
    items: tuple[ItemReport, ...]
    warnings: tuple[Finding, ...]
    weight: Weight
    """Every file counted once."""


def report_on(package: Package, *, name: str) -> Report:
    """What is known of a package without scoring it. `name` stands for it in messages."""
    weight = _package_weight(package)
    return Report(
        package.identifier,
        package.title,
        tuple(_item(package, item) for item in package.items),
        (*package.warnings, *_heavy(package, weight, name)),
        weight,
    )


def _item(package: Package, item: Item) -> ItemReport:
    files = [package.resources[path] for path in item.media if path in package.resources]
    return ItemReport(
        item.identifier, item.title, item.file,
        tuple(question.interaction for question in item.questions), item.obstacles,
        _weight(_text_of(package, [item]), files),
    )  # fmt: skip


def _text_of(package: Package, items: Iterable[Item]) -> int:
    held = list(items)
    stimuli = dict.fromkeys(path for item in held for path in item.stimuli)
    read = [package.stimuli[path] for path in stimuli if path in package.stimuli]
    sheets = dict.fromkeys(path for item in held for path in item.stylesheets)
    sheets |= dict.fromkeys(path for stimulus in read for path in stimulus.stylesheets)
    trees: list[object] = [(item.body, item.catalogs) for item in held]
    trees += [(stimulus.body, stimulus.catalogs) for stimulus in read]
    trees += [package.stylesheets[path].rules for path in sheets if path in package.stylesheets]
    return sum(len(msgspec.json.encode(tree)) for tree in trees)


def _weight(text: int, files: Iterable[Resource]) -> Weight:
    sums = {"image": 0, "audio": 0, "video": 0, "text": text}
    seen: set[bytes] = set()
    for resource in files:
        if resource.payload not in seen:
            seen.add(resource.payload)
            sums[resource.media_type.partition("/")[0]] += len(resource.payload)
    return Weight(sums["text"], sums["image"], sums["audio"], sums["video"])


def _package_weight(package: Package) -> Weight:
    return _weight(_text_of(package, package.items), package.resources.values())


def _heavy(package: Package, weight: Weight, name: str) -> list[Finding]:
    if weight.total <= HEAVY:
        return []
    files = sorted(package.resources.values(), key=lambda file: -len(file.payload))[:HEAVIEST]
    largest = ", ".join(f"{file.path} {len(file.payload) / 1e6:.1f} MB" for file in files)
    message = (
        f"weighs {weight.total / 1e6:.1f} MB, above {HEAVY / 1e6:.0f} MB: a class fetches it at "
        f"once; make the largest files smaller ({largest})"
    )
    return [Finding(name, message)]
