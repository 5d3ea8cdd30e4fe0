"""What does not open, or is not what it claims, is told apart from what does."""

import contextlib
import io
import multiprocessing
from collections.abc import Callable

import msgspec
import pytest
from msgspec.structs import replace
from urllib3 import HTTPResponse

from ardoise.authority.collection import rules
from ardoise.authority.collection.models import Extent, Sheet, Stray, Unopened
from ardoise.authority.collection.opening import Opened, Opener, Rejected
from ardoise.authority.collection.rules import CollectionRefused, pull, read_records, retry_unopened
from ardoise.authority.collection.sheets import open_stray
from ardoise.authority.cores import WorkerLost
from ardoise.authority.delivery_calls import DeliveryCalls, ReturnsPage
from ardoise.authority.enrolment.models import Seat
from ardoise.authority.registry.models import ClassGroup
from ardoise.contract import limits
from ardoise.contract.returns import End, Record, StrayReason, frame
from ardoise.seal.envelope import seal, sheet_context
from tests.authority.collection.exam import KEYED, Exam, exam
from tests.authority.enrolment.town import class_of

Why = Unopened.Why
Made = tuple[Record, bytes]

pytestmark = pytest.mark.django_db


def rejected(held: Exam, made: Made) -> str:
    """Why a record is rejected."""
    (result,) = Opener(held.campaign, held.key).open_all([made])
    assert isinstance(result, Rejected), result
    return result.why


def good(held: Exam, seat: Seat) -> Made:
    return held.record(seat, 1, held.sheet(seat.number, answer="c1"))


def with_sheet(**fields: object) -> Callable[[Exam, Seat], Made]:
    """A sheet sealed in its place whose content says something else."""

    def made(held: Exam, seat: Seat) -> Made:
        sheet = held.sheet(seat.number, answer="c1")
        payload = msgspec.json.encode(replace(sheet, **fields))
        return held.record(seat, 1, sheet, payload=payload)

    return made


def with_record(**fields: object) -> Callable[[Exam, Seat], Made]:
    """A good sheet under a head that says something else."""

    def made(held: Exam, seat: Seat) -> Made:
        record, sealed = good(held, seat)
        return replace(record, **fields), sealed

    return made


def with_payload(payload: bytes) -> Callable[[Exam, Seat], Made]:
    def made(held: Exam, seat: Seat) -> Made:
        return held.record(seat, 1, held.sheet(seat.number, answer="c1"), payload=payload)

    return made


def beyond_the_limit(held: Exam, seat: Seat) -> Made:
    record, _ = good(held, seat)
    return record, bytes(limits.SHEET + 1024)


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (with_record(number="000000000", writer="000000000"), Why.UNKNOWN_SEAT),
        (with_record(part="chinois"), Why.UNKNOWN_PART),
        (with_record(writer="000000000"), Why.NOT_THEIRS),
        (with_record(version=2), Why.DOES_NOT_OPEN),
        (with_record(part=KEYED, writer=""), Why.DOES_NOT_OPEN),
        (with_record(version=1 << 40), Why.OUT_OF_BOUNDS),
        (with_record(epoch=-1), Why.OUT_OF_BOUNDS),
        (with_sheet(number="123456789"), Why.ANOTHER_PLACE),
        (with_sheet(campaign="une-autre"), Why.ANOTHER_PLACE),
        (with_sheet(version=7), Why.ANOTHER_PLACE),
        (with_sheet(writer="teacher"), Why.ANOTHER_PLACE),
        (with_sheet(visited=("i1", "i99")), Why.UNKNOWN_ITEM),
        (with_sheet(responses={"i2": {"r1": ("c1",)}}), Why.UNKNOWN_ITEM),
        (with_sheet(responses={"i1": {"r9": ("c1",)}}), Why.UNKNOWN_ITEM),
        (with_sheet(position="i7"), Why.UNKNOWN_ITEM),
        (with_sheet(absent=("i7",)), Why.UNKNOWN_ITEM),
        (with_sheet(visited=("i1",) * 5), Why.OUT_OF_BOUNDS),
        (with_sheet(responses={"i1": {"r1": ("c1", "c2")}}), Why.OUT_OF_BOUNDS),
        (with_payload(b"[]"), Why.NOT_A_SHEET),
        (with_payload(b"\xff\xfe"), Why.NOT_A_SHEET),
        (with_payload(b'{"format": "ardoise-sheet/2"}'), Why.NOT_A_SHEET),
        (with_payload(b" " * ((1 << 20) + 1)), Why.TOO_LARGE),
        (beyond_the_limit, Why.TOO_LARGE),
    ],
)
def test_each_fault_has_its_own_reason(made: Callable[[Exam, Seat], Made], why: str) -> None:
    held = exam()
    assert rejected(held, made(held, held.seats()[0])) == why


def test_a_sheet_moved_to_another_pupil_does_not_open() -> None:
    held = exam()
    one, two, _ = held.seats()
    record, sealed = good(held, one)
    moved = replace(record, number=two.number, writer=two.number)
    assert rejected(held, (moved, sealed)) == Why.DOES_NOT_OPEN


def test_a_pupil_may_not_write_what_teachers_key() -> None:
    held = exam()
    seat = held.seats()[0]
    sheet = held.sheet(seat.number, part=KEYED, answer="c1")
    assert rejected(held, held.record(seat, 1, sheet)) == Why.NOT_THEIRS


def test_many_records_open_in_several_processes_in_the_order_they_came() -> None:
    held = exam(pupils=[f"Prénom Élève-{n}" for n in range(20)])
    made = [
        held.record(seat, n + 1, held.sheet(seat.number, answer="c1"))
        for n, seat in enumerate(held.seats())
    ]
    batches = [made[start : start + 4] for start in range(0, 20, 4)]
    with Opener(held.campaign, held.key, workers=2) as opener:
        came = list(opener.open_batches(batches))
        assert len(multiprocessing.active_children()) == 2
    assert multiprocessing.active_children() == []
    assert [batch for batch, _ in came] == batches
    opened = [each for _, some in came for each in some]
    assert [each.record for each in opened] == [record for record, _ in made]
    for each in opened:
        assert isinstance(each, Opened)
        assert each.extent == Extent.COMPLETE
        assert each.sheet == held.sheet(each.record.number, answer="c1")


def test_a_seat_from_before_roots_were_kept_opens_all_the_same() -> None:
    held = exam()
    seat = held.seats()[0]
    made = good(held, seat)
    Seat.objects.all().update(root=b"")
    assert read_records(held.campaign, [made]).sheets == 1


def test_a_stray_of_a_sheet_is_sealed_in_its_own_place() -> None:
    held = exam()
    seat = held.seats()[0]
    record, sealed = good(held, seat)
    (opened,) = Opener(held.campaign, held.key).open_all([(record, sealed)])
    assert isinstance(opened, Opened)
    row = Stray(seq=record.seq, content=opened.stray_content())
    assert open_stray(held.key, row) == opened.sheet


def test_what_is_rejected_is_kept_with_its_bytes_and_may_open_later() -> None:
    held = exam()
    seat = held.seats()[0]
    made = good(held, seat)
    number, seat.number = seat.number, "000000000"
    seat.save()
    assert read_records(held.campaign, [made]).unopened == {"unknown-seat": 1}
    assert bytes(Unopened.objects.get().sealed) == made[1]
    seat.number = number
    seat.save()
    assert retry_unopened(held.campaign).sheets == 1
    assert Sheet.objects.get().number == number
    assert not Unopened.objects.exists()


def test_a_hostile_head_cannot_stop_a_run() -> None:
    held = exam()
    seat = held.seats()[0]
    far = with_record(received_ms=1 << 52)(held, seat)
    strange = with_record(seq=2, epoch=1 << 60, version=-5)(held, seat)
    report = read_records(held.campaign, [far, strange])
    assert (report.sheets, report.unopened) == (1, {"out-of-bounds": 1})
    assert Sheet.objects.get().received_at.year == 9999


def test_a_keyed_sheet_opens_after_its_pupil_changed_class() -> None:
    held = exam()
    seat, teacher = held.seats()[0], held.seats("teacher")[0]
    sheet = held.sheet(seat.number, part=KEYED, answer="c1")
    made = held.record(seat, 1, sheet, writer=teacher.number)
    group = seat.group
    group.pk, group.class_group = None, _another_class(held)
    group.ref = "00000000000000aa"
    group.key = held.key.seal("enrolment_group", group.ref, "key", bytes(32))
    group.save()
    seat.group = group
    seat.save()
    assert read_records(held.campaign, [made]).sheets == 1


def _another_class(held: Exam) -> ClassGroup:
    return class_of(held.campaign, [], label="6e B")


def test_a_stray_stays_a_stray_and_the_same_record_twice_is_one() -> None:
    held = exam()
    seat = held.seats()[0]
    made = held.record(seat, 1, held.sheet(seat.number, answer="c1"), stray="late")
    assert read_records(held.campaign, [made, made]).strays == 1
    assert read_records(held.campaign, [made]).unchanged == 1
    assert Stray.objects.count() == 1
    assert not Sheet.objects.exists()


def test_the_context_binds_campaign_number_part_and_version() -> None:
    held = exam()
    seat = held.seats()[0]
    sheet = held.sheet(seat.number, answer="c1")
    record, _ = held.record(seat, 1, sheet)
    context = sheet_context(
        campaign="une-autre", number=seat.number, part=sheet.part, version=sheet.version
    )
    sealed = seal(held.sheet_key(seat, sheet.part), context, msgspec.json.encode(sheet))
    assert rejected(held, (record, sealed)) == Why.DOES_NOT_OPEN


def test_sequence_numbers_only_rise_and_may_be_large(monkeypatch: pytest.MonkeyPatch) -> None:
    held = exam()
    seats = held.seats()
    seqs = [(1 << 53) - 5, (1 << 53) + 4096, (1 << 61) + 7]
    reasons: list[StrayReason | None] = [None, "late", None]
    made = [
        held.record(seat, seq, held.sheet(seat.number, answer="c1"), stray=stray)
        for seat, seq, stray in zip(seats, seqs, reasons, strict=True)
    ]
    calls = Pages(made)
    monkeypatch.setattr(rules, "BATCH", 1)
    report = pull(held.campaign, calls, page=2)
    assert (report.read, report.sheets, report.strays, report.last_seq) == (3, 2, 1, seqs[-1])
    assert calls.asked == [0, seqs[1]]
    assert set(Sheet.objects.values_list("seq", flat=True)) == {seqs[0], seqs[2]}
    assert pull(held.campaign, calls).read == 0
    calls.made.append((replace(made[0][0], seq=1 << 63), made[0][1]))
    with pytest.raises(CollectionRefused, match="out of order"):
        pull(held.campaign, calls)


def test_a_page_that_brings_nothing_is_not_asked_for_for_ever() -> None:
    held = exam()
    calls = Pages([], more=True)
    assert pull(held.campaign, calls).read == 0
    assert calls.asked == [0]


@pytest.mark.parametrize("asked_to_stop", [True, False])
def test_workers_that_are_stopped_with_the_run_end_it_like_a_stop(
    monkeypatch: pytest.MonkeyPatch, asked_to_stop: bool
) -> None:
    held = exam(pupils=[f"Prénom Élève-{n}" for n in range(20)])
    made = [
        held.record(seat, n + 1, held.sheet(seat.number, answer="c1"))
        for n, seat in enumerate(held.seats())
    ]
    monkeypatch.setattr(rules, "BATCH", 1)
    answers = iter([False, False])

    def announce(_: object) -> None:
        for child in multiprocessing.active_children():
            child.kill()

    def stop() -> bool:
        return next(answers, asked_to_stop)

    ends = contextlib.nullcontext() if asked_to_stop else pytest.raises(WorkerLost)
    with ends:
        pull(held.campaign, Pages(made), stop=stop, announce=announce, workers=2)
    stored = Sheet.objects.count()
    assert 0 < stored < 20
    report = pull(held.campaign, Pages(made), workers=1)
    assert (report.read, report.unchanged, Sheet.objects.count()) == (20 - stored, 0, 20)


class Pages(DeliveryCalls):
    """Pages of these records, without a line."""

    def __init__(self, made: list[Made], *, more: bool = False) -> None:
        self.made, self.asked, self._more = made, list[int](), more

    def returns(self, campaign: str, after: int, limit: int = 5_000) -> ReturnsPage:
        self.asked.append(after)
        waiting = [made for made in self.made if made[0].seq > after]
        page = waiting[:limit]
        end = End(page[-1][0].seq if page else after, self._more or len(waiting) > limit)
        stream = b"".join([*(frame(*made) for made in page), frame(end)])
        return ReturnsPage(HTTPResponse(io.BytesIO(stream), preload_content=False))
