"""What a seat was not given is told from what it did not reach."""

from unittest import mock

import msgspec
import pytest

from ardoise.authority.collection.administering import Administering
from ardoise.authority.collection.sheets import open_sheet
from ardoise.authority.marking.rules import mark_campaign, marks_of
from ardoise.contract.booklet import Booklet, Item
from ardoise.contract.plan import ItemRef, Plan, Section, Some, TestPart
from tests.authority.marking.marked import PART, marked

pytestmark = pytest.mark.django_db


def test_an_item_that_was_not_given_has_no_maximum_unless_it_was_answered() -> None:
    exam = marked()
    first, second, third, fourth = list(exam.keymap.items)[:4]
    number = exam.put({first: ("c1",), fourth: ("c1",)}, seq=1, visited=(first, second, fourth))
    given = {number: frozenset((first, second, third))}
    with mock.patch.object(Administering, "given", return_value=given):
        mark_campaign(exam.campaign)
    items = marks_of(exam.key, exam.campaign.pk, [number])[number][PART].items
    statuses = [items[item].status for item in (first, second, third, fourth)]
    assert statuses == ["scored", "omitted", "not-reached", "scored"]
    others = [mark for item, mark in items.items() if item not in (first, second, third, fourth)]
    assert {(mark.status, mark.score, mark.max_score) for mark in others} == {
        ("not-administered", None, 0.0)
    }


def test_no_code_is_opened_where_every_seat_was_given_everything() -> None:
    exam = marked()
    exam.put({}, seq=1)
    part = exam.campaign.parts.get(part=PART)
    sheet = open_sheet(exam.key, exam.campaign.sheets.get())
    with mock.patch("ardoise.authority.collection.administering.Seat") as seats:
        assert Administering(exam.campaign, part, exam.key).given([sheet]) == {}
    assert not seats.objects.filter.called


def test_a_sheet_that_took_another_way_than_its_answers_is_counted() -> None:
    exam = marked()
    exam.put({}, seq=1)
    part = exam.campaign.parts.get(part=PART)
    parts = tuple(
        TestPart(f"p{n}", (Section(f"s{n}", (ItemRef(f"i{n}"),)),), when=when)
        for n, when in ((1, None), (2, None), (3, Some(())))
    )
    items = tuple(Item(f"i{n}", "", (), ()) for n in (1, 2, 3))
    staged = Booklet(
        "ardoise-booklet/2", "autumn", PART, "pupil", "fr", "A", "F", 0, items, plan=Plan(parts)
    )
    sheet = open_sheet(exam.key, exam.campaign.sheets.get())
    place = "ardoise.authority.collection.administering"
    with (
        mock.patch(f"{place}.booklets_of", return_value={1: staged}),
        mock.patch(f"{place}.Seat") as seats,
    ):
        seats.objects.filter.return_value = [mock.Mock(number=sheet.number)]
        asked = Administering(exam.campaign, part, exam.key)
        honest = msgspec.structs.replace(sheet, path=("p1", "p2"))
        assert asked.given([honest])[sheet.number] == {"i1", "i2"}
        assert asked.detours == 0
        altered = msgspec.structs.replace(sheet, path=("p1", "p3"))
        assert asked.given([altered])[sheet.number] == {"i1", "i3"}
        assert asked.detours == 1
