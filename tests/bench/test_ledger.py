"""The comparison of promises and returns can fail, in every way in which answers go missing."""

import pytest

from ardoise.bench.campaign import Rehearsal, Shape
from ardoise.bench.ledger import Audit, Findings, Place
from ardoise.bench.sheets import Sealer, Texts, mark_of
from ardoise.contract.returns import Record, StrayReason

REHEARSAL = Rehearsal.draw(Shape(pupils=3, items=2, assets=1, asset_kib=1))
NUMBERS = REHEARSAL.groups[0].pupils
TEXTS = Texts.make(REHEARSAL.name, "epreuve", "pupil", most_kib=2)


class Writer:
    """One pupil: seals, and notes what is promised."""

    def __init__(self, number: str) -> None:
        self.number = number
        self.place = Place(number, "epreuve")
        self.sealer = Sealer(TEXTS, number, REHEARSAL.seats.sheet_key(number, ""))

    def send(self, version: int) -> bytes:
        sealed = self.sealer.seal(version)
        self.place.sending(version, mark_of(sealed))
        return sealed

    def save(self, version: int, epoch: int = 1) -> bytes:
        sealed = self.send(version)
        self.place.saved(mark_of(sealed), version, epoch, version)
        return sealed


def returned(writer: Writer, seq: int, version: int, stray: StrayReason | None = None) -> Record:
    return Record(seq, writer.number, "epreuve", writer.number, 1, version, 0, stray)


def audit(writers: list[Writer], records: list[tuple[Record, bytes]]) -> Findings:
    held = Audit([writer.place for writer in writers], REHEARSAL.open_record)
    for record, body in records:
        held.record(record, body)
    return held.finish()


@pytest.fixture
def writers() -> list[Writer]:
    return [Writer(number) for number in NUMBERS]


def test_faithful_returns_are_sound(writers: list[Writer]) -> None:
    bodies = [(writer, writer.save(1), writer.save(2)) for writer in writers]
    records = [(returned(w, seq, 2), last) for seq, (w, _, last) in enumerate(bodies, 1)]
    found = audit(writers, records)
    assert found.sound
    assert (found.places, found.acknowledged, found.returned) == (3, 6, 3)


def test_an_earlier_form_of_a_sheet_may_come_before_its_last(writers: list[Writer]) -> None:
    ann = writers[0]
    first, second = ann.save(1), ann.save(2)
    assert audit([ann], [(returned(ann, 1, 1), first), (returned(ann, 2, 2), second)]).sound


def test_a_missing_sheet_is_lost(writers: list[Writer]) -> None:
    writers[0].save(1)
    found = audit(writers, [])
    assert (found.lost, found.sound) == (1, False)


def test_an_older_sheet_than_acknowledged_is_a_loss(writers: list[Writer]) -> None:
    ann = writers[0]
    first = ann.save(1)
    ann.save(2)
    found = audit([ann], [(returned(ann, 1, 1), first)])
    assert (found.older, found.sound) == (1, False)


@pytest.mark.parametrize("place", [0, 5, 13, 500, 1040])
def test_a_changed_byte_is_torn(writers: list[Writer], place: int) -> None:
    ann = writers[0]
    body = bytearray(ann.save(1))
    body[place] ^= 1
    found = audit([ann], [(returned(ann, 1, 1), bytes(body))])
    assert (found.torn, found.sound) == (1, False)


def test_halves_of_two_versions_are_torn(writers: list[Writer]) -> None:
    ann = writers[0]
    first, second = ann.save(1), ann.save(2)
    found = audit([ann], [(returned(ann, 1, 2), first[:500] + second[500:])])
    assert (found.torn, found.sound) == (1, False)


def test_anothers_sheet_is_torn(writers: list[Writer]) -> None:
    ann, ben, _ = writers
    ann.save(1)
    body = ben.save(1)
    found = audit([ann, ben], [(returned(ann, 1, 1), body), (returned(ben, 2, 1), body)])
    assert (found.torn, found.sound) == (1, False)


def test_bytes_under_another_version_are_torn(writers: list[Writer]) -> None:
    ann = writers[0]
    first = ann.save(1)
    ann.save(2)
    found = audit([ann], [(returned(ann, 1, 2), first)])
    assert (found.torn, found.sound) == (1, False)


def test_other_bytes_of_the_acknowledged_version_are_swapped(writers: list[Writer]) -> None:
    ann = writers[0]
    ann.save(1)
    found = audit([ann], [(returned(ann, 1, 1), ann.sealer.seal(1))])
    assert (found.swapped, found.sound) == (1, False)


def test_a_newer_version_than_any_sent_is_unexpected(writers: list[Writer]) -> None:
    ann = writers[0]
    ann.save(1)
    found = audit([ann], [(returned(ann, 1, 9), ann.sealer.seal(9))])
    assert (found.unexpected, found.sound) == (1, False)


def test_a_stored_sheet_whose_answer_was_lost_is_no_fault(writers: list[Writer]) -> None:
    ann = writers[0]
    ann.save(1)
    found = audit([ann], [(returned(ann, 1, 2), ann.send(2))])
    assert found.sound
    assert found.unanswered == 1


def test_a_kept_stray_is_a_promise(writers: list[Writer]) -> None:
    ann = writers[0]
    sheet, stray = ann.save(1), ann.send(2)
    ann.place.strayed(mark_of(stray), "superseded")
    records = [(returned(ann, 1, 1), sheet)]
    assert audit([ann], records).lost == 1
    ann.place.strayed(mark_of(stray), "superseded")
    found = audit([ann], [*records, (returned(ann, 2, 2, "superseded"), stray)])
    assert found.sound
    assert found.strays == {"superseded": 1}


def test_a_stray_kept_for_another_reason_is_named(writers: list[Writer]) -> None:
    ann = writers[0]
    stray = ann.send(1)
    ann.place.strayed(mark_of(stray), "late")
    found = audit([ann], [(returned(ann, 1, 1, "conflict"), stray)])
    assert (found.misnamed, found.sound) == (1, False)


def test_what_a_later_device_replaced_has_to_be_put_aside(writers: list[Writer]) -> None:
    ann = writers[0]
    first, second = ann.save(1, epoch=1), ann.save(2, epoch=2)
    records = [(returned(ann, 2, 2), second)]
    put_aside = (returned(ann, 1, 1, "replaced"), first)
    assert audit([ann], [put_aside, *records]).sound
    ann = Writer(ann.number)
    ann.save(1, epoch=1)
    second = ann.save(2, epoch=2)
    assert audit([ann], [(returned(ann, 2, 2), second)]).lost == 1


def test_a_stray_that_nobody_sent_is_unexpected(writers: list[Writer]) -> None:
    ann = writers[0]
    sheet = ann.save(1)
    records = [(returned(ann, 1, 1), sheet), (returned(ann, 2, 7, "late"), ann.sealer.seal(7))]
    assert audit([ann], records).unexpected == 1


def test_an_acknowledgement_of_less_than_was_sent_is_untrue(writers: list[Writer]) -> None:
    ann = writers[0]
    sealed = ann.save(1)
    newer = ann.send(2)
    ann.place.saved(mark_of(newer), 2, 1, said=1)
    found = audit([ann], [(returned(ann, 1, 1), sealed)])
    assert (found.untrue, found.sound) == (1, False)


def test_sequence_numbers_that_do_not_grow_are_a_fault(writers: list[Writer]) -> None:
    ann, ben, _ = writers
    one, two = ann.save(1), ben.save(1)
    found = audit([ann, ben], [(returned(ann, 5, 1), one), (returned(ben, 5, 1), two)])
    assert (found.backwards, found.sound) == (1, False)


def test_a_sheet_loaded_by_the_next_device_counts_as_acknowledged(
    writers: list[Writer],
) -> None:
    ann = writers[0]
    first = ann.send(1)
    ann.place.loaded(mark_of(first), 1)
    second = ann.save(2, epoch=2)
    records = [(returned(ann, 1, 1, "replaced"), first), (returned(ann, 2, 2), second)]
    assert audit([ann], records).sound
    assert not ann.place.open
