"""A small country in the database: two campaigns' worth of real rows, sealed as in real life.

Names are invented words; they carry what breaks naive code: accents, quotes, formula signs.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Literal

import msgspec
from django.conf import settings

from ardoise.authority.accounts.models import Staff
from ardoise.authority.campaigns.models import Campaign, Part
from ardoise.authority.collection.models import Extent, Sheet
from ardoise.authority.collection.sheets import seal_sheet
from ardoise.authority.enrolment.models import Group, Seat
from ardoise.authority.keyring import CampaignKey
from ardoise.authority.linkage.rules import NewLink, link
from ardoise.authority.marking.models import Mark
from ardoise.authority.marking.rules import MARK_TABLE, ItemMark, PartMarks
from ardoise.authority.registry.identity import Identity, seal_identity, seal_time
from ardoise.authority.registry.labels import group_of
from ardoise.authority.registry.models import ClassGroup, Pupil, School
from ardoise.content.keymap import ItemKey, KeyMap, ResponseKey
from ardoise.contract import sheet as contract
from ardoise.seal import codes, numbers
from ardoise.seal.randomness import reference

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
PASSWORD = "une-phrase-de-craie"
_ITEMS = 8
_FILE = """
format = "ardoise-campaign/1"
id = "{id}"
title = "Évaluation de début de sixième {id}"
level = "6e"
language = "fr"
[window]
opens = 2026-11-23T07:00:00+01:00
closes = 2026-12-04T18:00:00+01:00
[groups]
labels = ["À besoins", "Fragile", "Satisfaisant"]
[[parts]]
id = "francais"
title = "Français"
package = "francais"
minutes = 50
writer = "pupil"
[[parts]]
id = "calcul"
title = "Calcul (cahier)"
package = "calcul"
minutes = 0
writer = "teacher"
[[domains]]
id = "comprehension"
title = "Compréhension de l’écrit"
part = "francais"
items = ["francais-1", "francais-2", "francais-3", "francais-4"]
thresholds = [2.0, 3.0]
[[domains]]
id = "langue"
title = "Étude de la langue"
part = "francais"
items = ["francais-5", "francais-6", "francais-7", "francais-8"]
thresholds = [1.5, 3.0]
[[domains]]
id = "calcul"
title = "Nombres et calcul"
part = "calcul"
items = ["calcul-1", "calcul-2", "calcul-3", "calcul-4", "calcul-5", "calcul-6", "calcul-7", "calcul-8"]
thresholds = [3.0, 6.0]
"""  # noqa: E501
FAMILY = ("Ardoisier", "Éclat-Craie", "D'Encrier", "Ïambe", "Œillet-Buvard", "=Formule")
FIRST = ("Zoé", "Élie", "Mât'yas", "Anne-Lise", "Noûr", "+Plus")
Fate = Literal["scored", "absent", "partial", "unmarked", "none"]


@dataclass
class World:
    """What a test needs to name. Pupils are in the order in which they were made."""

    campaign: Campaign
    key: CampaignKey
    schools: list[School]
    groups: dict[str, ClassGroup]
    """'6A' and '6B' in the first school, '6C' in the second."""
    pupils: dict[str, list[Pupil]]
    numbers: dict[str, str]
    """Pupil → number."""
    staff: dict[str, Staff] = field(default_factory=dict)

    @property
    def pupil(self) -> Pupil:
        """The first pupil of 6A."""
        return self.pupils["6A"][0]


def build_world(
    campaign_id: str = "craie-2026", *, pupils: int = 6, state: str = Campaign.State.REPORTED
) -> World:
    """A campaign with results; call once a database."""
    key = settings.KEYRING.add_campaign(campaign_id)
    campaign = Campaign.objects.create(
        id=campaign_id,
        title=f"Évaluation de début de sixième {campaign_id}",
        level="6e",
        state=state,
        opens_at=datetime(2026, 11, 23, 6, tzinfo=UTC),
        closes_at=datetime(2026, 12, 4, 17, tzinfo=UTC),
        file=_FILE.format(id=campaign_id),
        created_at=NOW,
    )
    for position, (part, title, writer) in enumerate(
        (("francais", "Français", "pupil"), ("calcul", "Calcul (cahier)", "teacher"))
    ):
        _part(campaign, part, title, position, writer)
    schools = [
        School.objects.get_or_create(uai=uai, defaults={"name": name, "commune": "Craie-sur-Bois"})[
            0
        ]
        for uai, name in (("0991234D", "Collège de la Craie"), ("0995678E", "Collège du Tableau"))
    ]
    world = World(campaign, key, schools, {}, {}, {})
    for label, school in (("6A", schools[0]), ("6B", schools[0]), ("6C", schools[1])):
        _class(world, label, school, pupils)
    return world


def staff_for(world: World) -> None:
    """One account for each kind of reader."""
    here, elsewhere = world.schools
    for name, role, school, labels in (
        ("officer", "officer", None, ()),
        ("head", "head", here, ()),
        ("other-head", "head", elsewhere, ()),
        ("teacher", "teacher", here, ("6A",)),
        ("other-class", "teacher", here, ("6B",)),
        ("elsewhere", "teacher", elsewhere, ("6C",)),
        ("rater", "rater", None, ()),
    ):
        account = Staff.objects.create_account(f"{name}-1", PASSWORD, role=role, school=school)
        account.class_groups.set([world.groups[label] for label in labels])
        world.staff[name] = account


def _part(campaign: Campaign, part: str, title: str, position: int, writer: str) -> None:
    keymap = KeyMap(
        {
            f"i{k}": ItemKey(f"{part}-{k}", {"r1": ResponseKey("RESPONSE", None)})
            for k in range(1, _ITEMS + 1)
        }
    )
    Part.objects.create(
        campaign=campaign,
        part=part,
        position=position,
        title=title,
        minutes=50,
        writer=writer,
        package=b"",
        package_name=part,
        digest="0" * 64,
        keymap=keymap.encode(),
    )


def _class(world: World, label: str, school: School, pupils: int) -> None:
    group = group_of(world.key, world.campaign.pk, school.pk, "6e", label)
    world.groups[label] = group
    seats = Group.objects.create(
        campaign=world.campaign, class_group=group, ref=reference(), key=b""
    )
    world.pupils[label] = [_pupil(world, group, seats, place) for place in range(pupils)]


def _pupil(world: World, group: ClassGroup, seats: Group, place: int) -> Pupil:
    pupil = Pupil(campaign=world.campaign, class_group=group, person_index=reference().encode())
    family = FAMILY[place % len(FAMILY)]
    turn = place // len(FAMILY)
    identity = Identity(
        family + ("" if not turn else f"-{'ABCDEFGHIJ'[turn % 10]}"),
        FIRST[(place + turn) % len(FIRST)],
        date(2015, 1 + place % 12, 1 + place % 28),
    )
    pupil.identity = seal_identity(world.key, pupil.pk, identity)
    pupil.working_time = seal_time(world.key, pupil.pk, 100)
    pupil.save()
    number = numbers.draw()
    Seat.objects.create(
        campaign=world.campaign,
        number=number,
        role="pupil",
        group=seats,
        code=world.key.seal("enrolment_seat", number, "code", codes.draw().encode()),
    )
    link(world.key, world.campaign.pk, [NewLink(pupil.pk, group.pk, number)])
    world.numbers[pupil.pk] = number
    fates: tuple[Fate, ...] = ("scored", "scored", "scored", "scored", "absent", "none")
    fate = fates[place % 6]
    sit(world, number, "francais", fate="none" if fate == "absent" else fate, right=place * 3 % 9)
    sit(world, number, "calcul", fate=fate, right=(place * 5 + 2) % 9)
    return pupil


def _sheet(world: World, number: str, part: str, fate: Fate, right: int) -> contract.Sheet:
    items = tuple(f"i{k}" for k in range(1, _ITEMS + 1))
    return contract.Sheet(
        format="ardoise-sheet/1",
        campaign=world.campaign.pk,
        number=number,
        part=part,
        version=1,
        writer="pupil" if part == "francais" else "teacher",
        position=None,
        visited=() if fate == "absent" else items,
        responses={}
        if fate == "absent"
        else {item: {"r1": (str(int(k < right)),)} for k, item in enumerate(items)},
        seconds={},
        absent=items if fate == "absent" else (),
    )


def sit(world: World, number: str, part: str, *, fate: Fate, right: int, seq: int = 0) -> None:
    """A sheet of a part and its marks: the first `right` of eight items right, the rest wrong."""
    if fate == "none":
        return
    extent = {"absent": Extent.ABSENT, "partial": Extent.PARTIAL}.get(fate, Extent.COMPLETE)
    seq = seq or Sheet.objects.count() + 1
    Sheet.objects.create(
        campaign=world.campaign,
        number=number,
        part=part,
        seq=seq,
        writer=number,
        epoch=1,
        version=1,
        received_at=NOW,
        extent=extent,
        content=seal_sheet(world.key, number, part, _sheet(world, number, part, fate, right)),
    )
    if fate == "unmarked":
        return
    marks = PartMarks(
        {
            f"i{k}": ItemMark("absent", None, 1.0)
            if fate == "absent"
            else ItemMark("scored", 1.0 if k <= right else 0.0, 1.0)
            for k in range(1, _ITEMS + 1)
        }
    )
    sealed = world.key.seal(MARK_TABLE, f"{number}/{part}", "content", msgspec.json.encode(marks))
    Mark.objects.create(campaign=world.campaign, number=number, part=part, seq=seq, content=sealed)
