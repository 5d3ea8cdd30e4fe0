"""The office decides what becomes of a stray; nothing is ever lost by it."""

import pytest

from ardoise.authority.collection.models import Sheet, Stray
from ardoise.authority.collection.rules import read_records, returned
from ardoise.authority.collection.sheets import open_sheet, open_stray
from ardoise.authority.collection.strays import (
    StrayRefused,
    decide_stray,
    set_aside_identical,
    stray_lines,
)
from ardoise.authority.enrolment.models import Seat
from ardoise.contract.returns import StrayReason
from tests.authority.collection.exam import Exam, exam

pytestmark = pytest.mark.django_db


def stored(held: Exam) -> str:
    """The only sheet's answer."""
    return open_sheet(held.key, Sheet.objects.get()).responses["i1"]["r1"][0]


def bring(held: Exam, seat: Seat, seq: int, answer: str, stray: StrayReason | None = None) -> None:
    """Let one record come in."""
    sheet = held.sheet(seat.number, seq, answer=answer)
    read_records(held.campaign, [held.record(seat, seq, sheet, stray=stray)])


def decide(held: Exam, seq: int, choice: str) -> None:
    decide_stray(
        Stray.objects.get(seq=seq),
        choice,  # type: ignore[arg-type]
        by="bureau-1",
        key=held.key,
    )


def test_using_a_stray_keeps_what_was_the_sheet_as_one_set_aside() -> None:
    held = exam()
    seat = held.seats()[0]
    bring(held, seat, 1, "c1")
    bring(held, seat, 2, "c2", "late")
    decide(held, 2, "use")
    assert stored(held) == "c2"
    old = Stray.objects.get(seq=1)
    assert (old.reason, old.decision, old.decided_by) == ("put-aside", "set-aside", "bureau-1")
    assert open_stray(held.key, old).responses["i1"]["r1"] == ("c1",)


def test_a_choice_can_be_revised_and_goes_back_to_the_very_same_sheet() -> None:
    held = exam()
    seat = held.seats()[0]
    bring(held, seat, 1, "c1")
    before = open_sheet(held.key, Sheet.objects.get())
    bring(held, seat, 2, "c2", "superseded")
    decide(held, 2, "use")
    decide(held, 1, "use")
    assert open_sheet(held.key, Sheet.objects.get()) == before
    assert dict(Stray.objects.values_list("seq", "decision")) == {1: "used", 2: "set-aside"}


def test_the_stray_that_is_the_sheet_can_only_give_way_to_another() -> None:
    held = exam()
    seat = held.seats()[0]
    bring(held, seat, 2, "c2", "late")
    decide(held, 2, "use")
    for choice in ("use", "set-aside"):
        with pytest.raises(StrayRefused):
            decide(held, 2, choice)
    assert stored(held) == "c2"


def test_what_delivery_sends_after_the_choice_waits_instead_of_overruling_it() -> None:
    held = exam()
    seat = held.seats()[0]
    bring(held, seat, 1, "c1")
    bring(held, seat, 2, "c2", "superseded")
    decide(held, 2, "use")
    bring(held, seat, 5, "c1")
    bring(held, seat, 6, "c1")
    assert stored(held) == "c2"
    waiting = Stray.objects.get(reason="overtaken")
    assert (waiting.seq, waiting.decision) == (6, "open")
    bring(held, seat, 5, "c1")
    bring(held, seat, 1, "c1")
    assert Stray.objects.count() == 3


def test_the_list_says_how_much_differs_and_never_what() -> None:
    held = exam()
    one, two, three = held.seats()
    bring(held, one, 1, "c1")
    bring(held, one, 2, "c2", "superseded")
    bring(held, two, 3, "c1", "replaced")
    bring(held, three, 4, "")
    bring(held, three, 5, "c1", "conflict")
    lines = {line.number: line for line in stray_lines(held.campaign, held.key)}
    said = {
        number: (line.answered, line.stored_answered, line.differs, line.suggestion)
        for number, line in lines.items()
    }
    assert said == {
        one.number: (1, 1, 1, "set-aside"),
        two.number: (1, None, 1, "use"),
        three.number: (1, 0, 1, "use"),
    }
    assert "c2" not in repr(lines)


def test_a_late_save_is_never_suggested() -> None:
    held = exam()
    seat = held.seats()[0]
    bring(held, seat, 1, "c1", "late")
    assert stray_lines(held.campaign, held.key)[0].suggestion == "set-aside"


def test_strays_that_say_nothing_new_are_set_aside_together() -> None:
    held = exam()
    one, two, _ = held.seats()
    bring(held, one, 1, "c1")
    bring(held, one, 2, "c1", "superseded")
    bring(held, one, 3, "c2", "superseded")
    bring(held, two, 4, "c1", "replaced")
    assert set_aside_identical(held.campaign, by="bureau-1", key=held.key) == 1
    decided = Stray.objects.filter(decision="set-aside").values_list("seq", flat=True)
    assert list(decided) == [2]


def test_an_older_version_that_comes_later_never_takes_the_sheets_place() -> None:
    """A delivery that went back in time, by mishap or by malice, cannot undo what came back."""
    held = exam()
    seat = held.seats()[0]
    newer, older = (held.sheet(seat.number, v, answer=f"c{v}") for v in (2, 1))
    read_records(held.campaign, [held.record(seat, 5, newer)])
    report = read_records(held.campaign, [held.record(seat, 6, older)])
    assert (report.sheets, report.strays) == (0, 1)
    assert stored(held) == "c2"
    back = Stray.objects.get()
    assert (back.reason, back.decision) == ("rolled-back", "open")
    assert open_stray(held.key, back).version == 1
    # For delivery it is the sheet of its place: counts still agree, and it is stored once.
    assert returned(held.campaign) == (1, 0)
    assert read_records(held.campaign, [held.record(seat, 6, older)]).unchanged == 1
    decide(held, 6, "use")
    assert stored(held) == "c1"


def test_other_bytes_under_the_version_that_is_here_are_kept_beside_it() -> None:
    held = exam()
    seat = held.seats()[0]
    one, other = (held.sheet(seat.number, 3, answer=answer) for answer in ("c1", "c2"))
    read_records(held.campaign, [held.record(seat, 5, one)])
    # The same sheet again, under a new number (delivery was filled anew), is no news.
    assert read_records(held.campaign, [held.record(seat, 6, one)]).strays == 0
    assert read_records(held.campaign, [held.record(seat, 7, other)]).strays == 1
    assert stored(held) == "c1"
    assert Stray.objects.get().reason == "rolled-back"
