"""Whoever read the campaign and its key before a closing writes nothing after it."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.closure import holdings
from ardoise.authority.collection.files import rescue
from ardoise.authority.collection.models import Stray
from ardoise.authority.collection.rules import read_records
from ardoise.authority.collection.strays import decide_stray
from ardoise.authority.enrolment.kit import write_kit
from ardoise.authority.enrolment.replacement import give_spare
from ardoise.authority.enrolment.rules import enrol
from ardoise.authority.keyring import CampaignKeyDestroyed
from ardoise.authority.marking.rules import mark_campaign
from ardoise.authority.registry.models import Pupil
from ardoise.authority.registry.rules import import_roll
from ardoise.clock import system_clock
from tests.authority.collection.exam import Exam, exam
from tests.authority.registry.rolls import SCHOOL, onde, pupil

pytestmark = pytest.mark.django_db


def imports(held: Exam, folder: Path) -> None:
    import_roll(
        held.campaign, onde([pupil()]), "roll.csv", uai=SCHOOL, by="bureau-1", clock=system_clock
    )


def enrols(held: Exam, folder: Path) -> None:
    enrol(held.campaign, spares_per_class=3)


def replaces_a_card(held: Exam, folder: Path) -> None:
    give_spare(held.campaign, Pupil.objects.filter(campaign=held.campaign)[0].pk)


def writes_a_kit(held: Exam, folder: Path) -> None:
    write_kit(held.campaign, folder / "kit.zip")


def pulls(held: Exam, folder: Path) -> None:
    seat = held.seats()[0]
    read_records(held.campaign, [held.record(seat, 90, held.sheet(seat.number, 9, answer="c1"))])


def marks(held: Exam, folder: Path) -> None:
    mark_campaign(held.campaign)


def decides(held: Exam, folder: Path) -> None:
    stray = Stray.objects.get(campaign=held.campaign)
    decide_stray(stray, "use", by="bureau-1", key=held.key)


def rescues(held: Exam, folder: Path) -> None:
    seat = held.seats()[0]
    record, sealed = held.record(seat, 1, held.sheet(seat.number, 7, answer="c2"))
    one: dict[str, object] = {
        "campaign": held.campaign.pk,
        "number": seat.number,
        "part": record.part,
    }
    one |= {"version": 7, "base": 0, "sealed": sealed}
    rescue(held.campaign, msgspec.json.encode({"format": "ardoise-rescue/1", "sheets": [one]}))


@pytest.mark.parametrize(
    "late",
    [imports, enrols, replaces_a_card, writes_a_kit, pulls, marks, decides, rescues],
)
def test_nothing_is_written_after_the_portal_is_shut(
    late: Callable[[Exam, Path], None], tmp_path: Path
) -> None:
    held = exam()
    seat = held.seats()[0]
    records = [
        held.record(seat, 1, held.sheet(seat.number, 1, answer="c1")),
        held.record(seat, 2, held.sheet(seat.number, 2, answer="c2"), stray="late"),
    ]
    read_records(held.campaign, records)
    # Shut by another process: this one's campaign says that it is open, and it has the key.
    Campaign.objects.filter(pk=held.campaign.pk).update(state=Campaign.State.CLOSED)
    before = holdings.counts(held.campaign)
    decided = Stray.objects.get().decision
    with pytest.raises(CampaignKeyDestroyed):
        late(held, tmp_path)
    assert holdings.counts(held.campaign) == before
    assert Stray.objects.get().decision == decided
