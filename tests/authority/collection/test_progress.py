"""Progress by class group: counts of sheets, without opening one."""

import pytest

from ardoise.authority.collection.progress import GroupProgress, PartProgress, progress
from ardoise.authority.collection.rules import read_records
from tests.authority.collection.exam import KEYED, ON_SCREEN, exam
from tests.authority.enrolment.town import class_of

pytestmark = pytest.mark.django_db


def test_sat_complete_and_absent_are_counted_by_class_and_part() -> None:
    held = exam()
    one, two, three = held.seats()
    teacher = held.seats("teacher")[0]
    absent = held.sheet(two.number, part=KEYED, answer="")
    from msgspec.structs import replace

    read_records(
        held.campaign,
        [
            held.record(one, 1, held.sheet(one.number, answer="c1")),
            held.record(two, 2, replace(held.sheet(two.number, answer=""), visited=())),
            held.record(two, 3, replace(absent, visited=(), absent=("i1",)), writer=teacher.number),
            held.record(three, 4, held.sheet(three.number, answer="")),
        ],
    )
    other = class_of(held.campaign, ["Un Autre"], label="6e B")
    (group,) = {seat.group.class_group_id for seat in (one, two, three)}
    assert progress(held.campaign) == {
        group: GroupProgress(3, {ON_SCREEN: PartProgress(2, 2, 0), KEYED: PartProgress(0, 0, 1)}),
        other.pk: GroupProgress(1, {ON_SCREEN: PartProgress(), KEYED: PartProgress()}),
    }
    assert set(progress(held.campaign, [other.pk])) == {other.pk}
