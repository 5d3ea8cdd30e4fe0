"""Two forms of a part: each seat has its own numbers, and is scored by them."""

import io
import re
import zipfile
from pathlib import Path

import msgspec
import pytest
from django.conf import settings

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.collection.models import Sheet as SheetRow
from ardoise.authority.collection.opening import Opened, Opener
from ardoise.authority.collection.sheets import seal_sheet
from ardoise.authority.enrolment.booklets import prepare_booklets
from ardoise.authority.enrolment.forms import forms_of
from ardoise.authority.enrolment.kit import write_kit
from ardoise.authority.enrolment.kitfile import KitFile
from ardoise.authority.enrolment.models import ContentKey, Seat
from ardoise.authority.enrolment.rules import enrol, seat_code
from ardoise.authority.marking import reports
from ardoise.authority.marking.models import ResponseScore
from ardoise.authority.marking.rules import mark_campaign, marks_of
from ardoise.clock import from_milliseconds
from ardoise.contract import kit
from ardoise.contract.booklet import Booklet, decode
from ardoise.contract.returns import Record
from ardoise.contract.sheet import Sheet
from ardoise.seal.derive import SeatKeys
from ardoise.seal.envelope import booklet_context, seal, sheet_context, unseal, unwrap, wrap_context
from tests.authority.enrolment import town
from tests.authority.enrolment.test_forms import ITEM, MANIFEST

pytestmark = pytest.mark.django_db
PART = "calcul"
FORMS = 2
FILE = """
format = "ardoise-campaign/1"
id = "sixieme-2026"
title = "Essai"
level = "6e"
language = "fr"
window = {opens = 2026-11-23T07:00:00+01:00, closes = 2026-12-04T18:00:00+01:00}
groups = {labels = ["Fragile", "Satisfaisant"]}
[[parts]]
id = "calcul"
title = "Calcul"
package = "calcul"
minutes = 50
writer = "pupil"
forms = 2
[[domains]]
id = "nombres"
title = "Nombres"
part = "calcul"
items = ["sum"]
thresholds = [1.0]
"""


class School:
    """An enrolled campaign of one part with two forms, and its kit."""

    def __init__(self, folder: Path) -> None:
        self.campaign: Campaign = town.campaign_of()
        self.campaign.file = FILE
        self.campaign.save()
        part = town.part_of(self.campaign, PART)
        part.package, part.forms = _package(), FORMS
        part.save()
        town.class_of(self.campaign, [f"Élève Numéro{n}" for n in range(12)])
        enrol(self.campaign, spares_per_class=6)
        self.key = settings.KEYRING.campaign_key(self.campaign.pk)
        self.path = folder / "kit.zip"
        write_kit(self.campaign, self.path, clock=town.clock)

    def seats(self) -> list[kit.Seat]:
        with KitFile(self.path, settings.KEYRING.public_key()) as held:
            chunks = [held.chunk(blob) for blob in held.manifest.chunks]
        seats = [s for raw in chunks for s in msgspec.json.decode(raw, type=kit.SeatChunk).seats]
        return [seat for seat in seats if seat.role == "pupil"]

    def keys(self, seat: kit.Seat) -> SeatKeys:
        code = seat_code(self.key, Seat.objects.get(number=seat.number))
        return SeatKeys.from_code(code=code, campaign=self.campaign.pk, number=seat.number)

    def booklet(self, seat: kit.Seat) -> Booklet:
        """As a runner opens it: from the kit and the code alone."""
        (part,) = seat.parts
        context = wrap_context(campaign=self.campaign.pk, number=seat.number, part=PART)
        secret = unwrap(self.keys(seat).wrap_key(PART), context, part.wrapped)
        with KitFile(self.path, settings.KEYRING.public_key()) as held:
            (blob,) = [one for one in held.manifest.blobs if one.sha256 == part.booklet]
            sealed = held.blob(blob)
        return decode(unseal(secret, booklet_context(campaign=self.campaign.pk, part=PART), sealed))

    def sit(self, seat: kit.Seat, answer: str, *, seq: int) -> None:
        """A sheet saved by a browser, pulled, opened and stored."""
        sheet = Sheet(
            "ardoise-sheet/1", self.campaign.pk, seat.number, PART, 1, "pupil", "i1", ("i1",),
            {"i1": {"r1": (answer,)}}, {"i1": 2.5},
        )  # fmt: skip
        context = sheet_context(campaign=self.campaign.pk, number=seat.number, part=PART, version=1)
        sealed = seal(self.keys(seat).sheet_key(PART), context, msgspec.json.encode(sheet))
        record = Record(seq, seat.number, PART, seat.number, 1, 1, 0)
        (opened,) = Opener(self.campaign, self.key).open_all([(record, sealed)])
        assert isinstance(opened, Opened)
        SheetRow.objects.create(
            campaign=self.campaign, number=seat.number, part=PART, seq=seq, writer=seat.number,
            epoch=1, version=1, received_at=from_milliseconds(0), extent=opened.extent,
            content=seal_sheet(self.key, seat.number, PART, opened.sheet),
        )  # fmt: skip

    def score(self, seat: kit.Seat) -> float | None:
        marks = marks_of(self.key, self.campaign.pk, [seat.number])
        return marks[seat.number][PART].items["i1"].score


def _package() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("imsmanifest.xml", MANIFEST)
        archive.writestr("sum.xml", ITEM)
    return packed.getvalue()


def printed(booklet: Booklet) -> int:
    """The number that the question shows."""
    (number,) = re.findall(r"Combien font (\d{4}) \+ 1", str(booklet.items[0].body))
    return int(number)


@pytest.fixture
def school(tmp_path: Path) -> School:
    return School(tmp_path)


def by_form(school: School) -> dict[str, list[kit.Seat]]:
    """Booklet → its seats."""
    found: dict[str, list[kit.Seat]] = {}
    for seat in school.seats():
        found.setdefault(seat.parts[0].booklet, []).append(seat)
    return found


def test_seats_have_one_of_the_forms_by_lot_spare_seats_too(school: School) -> None:
    seats = by_form(school)
    assert set(seats) == set(ContentKey.objects.values_list("booklet", flat=True))
    assert len(seats) == FORMS  # 18 seats all alike: once in 131 072 runs
    numbers = {printed(school.booklet(some[0])) for some in seats.values()}
    assert len(numbers) == FORMS
    for row in Seat.objects.filter(role="pupil"):
        assert forms_of(school.key, row)[PART] in (1, FORMS)
        assert b"calcul" not in bytes(row.forms)
    assert not any(bytes(row.forms) for row in Seat.objects.filter(role="teacher"))


def test_a_kit_that_is_made_again_gives_every_seat_the_same_booklet(school: School) -> None:
    before = {seat.number: seat.parts[0].booklet for seat in school.seats()}
    enrol(school.campaign, spares_per_class=7)
    write_kit(school.campaign, school.path, clock=town.clock)
    after = {seat.number: seat.parts[0].booklet for seat in school.seats()}
    assert len(after) == len(before) + 1
    assert before.items() <= after.items()
    assert prepare_booklets(school.campaign) == 0


def test_pupils_with_different_numbers_both_score_with_their_own_right_answer(
    school: School,
) -> None:
    firsts = [some[0] for some in by_form(school).values()]
    right = {seat.number: str(printed(school.booklet(seat)) + 1) for seat in firsts}
    for seq, seat in enumerate(firsts, start=1):
        school.sit(seat, right[seat.number], seq=seq)
    report = mark_campaign(school.campaign)
    assert (report.sheets, report.scored, report.odd) == (FORMS, FORMS, 0)
    assert [school.score(seat) for seat in firsts] == [1.0, 1.0]
    assert SheetRow.objects.filter(extent="complete").count() == FORMS
    for seat in firsts:
        found = dict(reports.documents(school.campaign))[f"{PART}/n{seat.number}.xml"]
        assert f"<value>{right[seat.number]}</value>" in found.decode()


def test_the_others_right_answer_is_wrong_and_each_answer_is_scored_once_a_form(
    school: School,
) -> None:
    one, other = by_form(school).values()
    answer = str(printed(school.booklet(one[0])) + 1)
    seats = [*one[:2], *other[:2]]
    for seq, seat in enumerate(seats, start=1):
        school.sit(seat, answer, seq=seq)
    report = mark_campaign(school.campaign)
    assert [school.score(seat) for seat in seats] == [1.0] * len(one[:2]) + [0.0] * len(other[:2])
    assert report.scored == ResponseScore.objects.count() == FORMS
