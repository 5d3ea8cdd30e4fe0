"""What a seat was not given is told from what it did not reach."""

from unittest import mock

import pytest

from ardoise.authority.collection.administering import Administering
from ardoise.authority.collection.sheets import open_sheet
from ardoise.authority.marking.rules import mark_campaign, marks_of
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
