"""Returns across an air gap, and rescue files."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ardoise.authority.collection.files import (
    RescuedSheet,
    RescueFile,
    declare_complete,
    read_file,
    rescue,
)
from ardoise.authority.collection.models import Pull, Sheet, Stray
from ardoise.authority.collection.rules import CollectionRefused, read_records
from ardoise.contract.returns import End, frame
from tests.authority.collection.exam import KEYED, Exam, exam

pytestmark = pytest.mark.django_db


def rescue_file(held: Exam, *versions: tuple[int, str]) -> bytes:
    """The first seat's sheets, sealed as the runner would."""
    seat = held.seats()[0]
    sheets = []
    for version, answer in versions:
        _, sealed = held.record(seat, 1, held.sheet(seat.number, version, answer=answer))
        sheets.append(RescuedSheet(held.campaign.pk, seat.number, "francais", version, 0, sealed))
    return msgspec.json.encode(RescueFile("ardoise-rescue/1", tuple(sheets)))


def test_returns_come_in_as_a_file_and_twice_is_once(tmp_path: Path) -> None:
    held = exam()
    records = [
        held.record(seat, seq, held.sheet(seat.number, answer="c1"))
        for seq, seat in enumerate(held.seats(), start=1)
    ]
    path = tmp_path / "returns"
    path.write_bytes(b"".join(frame(*each) for each in records) + frame(End(3, False)))
    assert read_file(held.campaign, path).sheets == 3
    assert read_file(held.campaign, path).unchanged == 3
    # The file may begin later than our cursor: what lies between would be lost by moving it.
    assert Pull.objects.get().last_seq == 0
    report = declare_complete(held.campaign, read_file(held.campaign, path))
    assert (report.state, held.campaign.state) == ("collected", "collected")


def test_a_file_that_is_cut_short_is_refused_after_what_it_brought(tmp_path: Path) -> None:
    held = exam()
    seat = held.seats()[0]
    path = tmp_path / "returns"
    path.write_bytes(frame(*held.record(seat, 1, held.sheet(seat.number, answer="c1"))))
    with pytest.raises(CollectionRefused, match="have the file written again"):
        read_file(held.campaign, path)


def test_a_rescued_sheet_becomes_a_stray_once() -> None:
    held = exam()
    content = rescue_file(held, (4, "c2"))
    assert rescue(held.campaign, content).strays == 1
    assert rescue(held.campaign, content).known == 1
    stray = Stray.objects.get()
    assert (stray.reason, stray.version, stray.decision) == ("rescued", 4, "open")
    assert stray.seq < 0


def test_a_rescued_sheet_that_delivery_also_received_is_known() -> None:
    held = exam()
    seat = held.seats()[0]
    read_records(held.campaign, [held.record(seat, 1, held.sheet(seat.number, 4, answer="c2"))])
    late = held.record(seat, 2, held.sheet(seat.number, 5, answer="c1"), stray="late")
    read_records(held.campaign, [late])
    report = rescue(held.campaign, rescue_file(held, (4, "c2"), (5, "c1"), (6, "c1")))
    assert (report.known, report.strays) == (2, 1)
    assert Sheet.objects.get().version == 4


def test_a_teachers_rescued_sheet_opens_with_the_groups_key() -> None:
    held = exam()
    seat = held.seats()[0]
    sheet = held.sheet(seat.number, 2, part=KEYED, answer="c1")
    _, sealed = held.record(seat, 1, sheet)
    file = RescueFile(
        "ardoise-rescue/1",
        (RescuedSheet(held.campaign.pk, seat.number, KEYED, 2, 0, sealed),),
    )
    assert rescue(held.campaign, msgspec.json.encode(file)).strays == 1


def test_a_rescued_sheet_of_another_place_is_refused_with_its_reason() -> None:
    held = exam()
    seat = held.seats()[0]
    _, sealed = held.record(seat, 1, held.sheet(seat.number, 2, answer="c1"))
    file = RescueFile(
        "ardoise-rescue/1",
        (RescuedSheet(held.campaign.pk, seat.number, "francais", 3, 0, sealed),),
    )
    report = rescue(held.campaign, msgspec.json.encode(file))
    assert report.refused == {"does-not-open": 1}
    assert not Stray.objects.exists()


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_anything_else_is_no_rescue_file(content: bytes) -> None:
    from ardoise.authority.campaigns.models import Campaign

    with pytest.raises(CollectionRefused, match="rescue file"):
        rescue(Campaign(id="essai-2026"), content)
