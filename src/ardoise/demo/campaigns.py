"""The steps from an empty folder to an open window, each one of the office's own commands."""

import json
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ardoise.content.booklet import draft
from ardoise.content.keymap import ResponseKey
from ardoise.content.model import Item
from ardoise.content.package import read_package
from ardoise.demo.processes import Finished
from ardoise.demo.pupils import Card, Right
from ardoise.demo.zones import Zones

Step = Callable[[str, Finished], None]
"""Told of each step that ended: its name and what it took."""


@dataclass(frozen=True)
class Example:
    """One of the campaigns under examples/."""

    folder: Path

    @property
    def id(self) -> str:
        """The campaign's identifier: the folder is named after it."""
        return self.folder.name

    @property
    def file(self) -> dict[str, Any]:
        """campaign.toml."""
        return tomllib.loads((self.folder / "campaign.toml").read_text(encoding="utf-8"))

    @property
    def rolls(self) -> list[tuple[Path, str | None]]:
        """Roll files, and the school of those that do not name it (`…-0990001A.csv`)."""
        found: list[tuple[Path, str | None]] = [
            (path, None) for path in sorted(self.folder.glob("roll/*.zip"))
        ]
        for path in sorted(self.folder.glob("roll/*.csv")):
            if path.name != "schools.csv":
                found.append((path, path.stem.rsplit("-", 1)[-1]))
        return found


def examples(folder: Path) -> list[Example]:
    """Every example campaign, in order."""
    return [Example(path.parent) for path in sorted(folder.glob("*/campaign.toml"))]


def prepare(zones: Zones, example: Example, step: Step, *, closes: str = "+8h") -> None:
    """Roll, content, enrolment, kit, open window. Every command may be run again."""

    def office(name: str, *arguments: str | Path) -> None:
        step(name, zones.office(*arguments))

    office(
        "campaign",
        *("campaign", "create", example.folder / "campaign.toml"),
        *("--opens", "now", "--closes", closes),
    )
    schools = example.folder / "roll" / "schools.csv"
    if schools.exists():
        office("schools", "roll", "schools", schools, "--campaign", example.id)
    for path, school in example.rolls:
        named = ("--school", school) if school else ()
        office("roll", "roll", "import", path, "--campaign", example.id, *named)
    office("enrol", "enrol", example.id)
    office("kit", "kit", "send", example.id, "--runner", zones.runner)
    office("open", "order", "open", example.id)


def cards(zones: Zones, example: Example) -> list[Card]:
    """Every card of a campaign that is somebody's: the office's list of codes."""
    listed = json.loads(zones.office("cards", "list", example.id, "--json").output)
    keyed = any(part["writer"] == "teacher" for part in example.file["parts"])
    return [
        Card(
            campaign=example.id,
            number=entry["number"],
            code=entry["code"],
            role=entry["role"],
            class_group=str(entry["class_group"]),
            class_label=entry["class_label"],
            school=entry["school"],
            keyed=keyed,
        )
        for entry in listed
        if not entry["spare"]
    ]


def right_answers(example: Example) -> dict[str, Right]:
    """For each part, what a pupil who knows would answer, in the booklet's identifiers.

    Delivery could not do this: it takes the author's packages, which only the office holds.
    """
    file = example.file
    rights: dict[str, Right] = {}
    for part in file["parts"]:
        package = read_package(example.folder / part["package"], name=part["package"])
        drafted = draft(
            package,
            campaign=example.id,
            part=part["id"],
            title=part["title"],
            campaign_title=file["title"],
            language=file["language"],
            minutes=part["minutes"],
            writer=part["writer"],
        )
        originals = {item.identifier: item for item in package.items}
        rights[part["id"]] = {
            item_id: {
                response_id: _right(originals[key.original], response)
                for response_id, response in key.responses.items()
            }
            for item_id, key in drafted.keymap.items.items()
        }
    return rights


def _right(item: Item, key: ResponseKey) -> tuple[str, ...]:
    """The declared right answer, or the entry that is worth most; empty if there is none."""
    declared = next(each for each in item.responses if each.identifier == key.original)
    values = declared.correct
    if not values and declared.mapping is not None:
        values = (max(declared.mapping.entries, key=lambda entry: entry.value).key,)
    if key.options is None:
        return values
    neutral = {original: value for value, original in key.options.items()}
    return tuple(neutral[value] for value in values)
