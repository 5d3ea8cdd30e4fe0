"""A small exam on a real delivery: enrolled seats, real clients, what they save."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import msgspec
from django.conf import settings

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.delivery_calls import DeliveryCalls
from ardoise.authority.enrolment.booklets import prepare_booklets
from ardoise.authority.enrolment.kit import write_kit
from ardoise.authority.enrolment.models import Seat
from ardoise.authority.enrolment.rules import enrol, group_key, seat_code
from ardoise.authority.enrolment.sending import send_kit
from ardoise.authority.keyring import CampaignKey
from ardoise.clock import system_clock, system_milliseconds
from ardoise.contract.returns import Record, StrayReason
from ardoise.contract.sheet import Sheet
from ardoise.demo.client import SeatClient
from ardoise.seal.derive import SeatKeys, keyed_sheet_key
from ardoise.seal.envelope import seal, sheet_context
from ardoise.seal.randomness import reference
from tests.authority.enrolment.town import campaign_of, class_of, part_of
from tests.delivery.running import RunningDelivery

ON_SCREEN = "francais"
KEYED = "dictee"
PUPILS = ["Zoé Lanternier", "Élie d’Ocre-Bleu", "Maëlys Œuvrard"]


@dataclass
class Exam:
    """One campaign and its seats."""

    campaign: Campaign
    key: CampaignKey

    def seats(self, role: str = "pupil") -> list[Seat]:
        """Seats that are somebody's."""
        found = Seat.objects.filter(campaign=self.campaign, role=role, spare=False)
        return list(found.select_related("group").order_by("number"))

    def sheet(self, number: str, version: int = 1, *, part: str = ON_SCREEN, answer: str) -> Sheet:
        """A sheet with one answer; '' is an item that was looked at and left."""
        return Sheet(
            "ardoise-sheet/1",
            self.campaign.pk,
            number,
            part,
            version,
            "teacher" if part == KEYED else "pupil",
            "i1",
            ("i1",),
            {"i1": {"r1": (answer,)}} if answer else {},
            {"i1": 2.5},
        )

    def sheet_key(self, seat: Seat, part: str) -> bytes:
        """What seals the sheet of a pupil's seat."""
        if part == KEYED:
            return keyed_sheet_key(group_key(self.key, seat.group), number=seat.number, part=part)
        code = seat_code(self.key, seat)
        keys = SeatKeys.from_code(code=code, campaign=self.campaign.pk, number=seat.number)
        return keys.sheet_key(part)

    def record(
        self,
        seat: Seat,
        seq: int,
        sheet: Sheet,
        *,
        stray: StrayReason | None = None,
        writer: str | None = None,
        payload: bytes | None = None,
    ) -> tuple[Record, bytes]:
        """What delivery would return of a save, sealed in its place."""
        context = sheet_context(
            campaign=self.campaign.pk, number=seat.number, part=sheet.part, version=sheet.version
        )
        plain = msgspec.json.encode(sheet) if payload is None else payload
        record = Record(
            seq=seq,
            number=seat.number,
            part=sheet.part,
            writer=seat.number if writer is None else writer,
            epoch=1,
            version=sheet.version,
            received_ms=system_milliseconds(),
            stray=stray,
        )
        return record, seal(self.sheet_key(seat, sheet.part), context, plain)


@dataclass
class LiveExam(Exam):
    """The same, installed on a delivery whose window is open."""

    delivery: RunningDelivery
    calls: DeliveryCalls

    def sit(self, seat: Seat, *, part: str = ON_SCREEN) -> SeatClient:
        """A client that has logged in and opened a part."""
        client = SeatClient(
            self.delivery.url,
            campaign=self.campaign.pk,
            number=seat.number,
            code=seat_code(self.key, seat),
        )
        client.log_in()
        if seat.role == "pupil" or part == KEYED:
            client.open_part(part)
        return client


def prepared(*, pupils: list[str] = PUPILS) -> Campaign:
    """A draft campaign with two parts, whose window is open by the system's clock."""
    campaign = campaign_of(identifier=f"essai-{reference()}")
    campaign.opens_at = system_clock() - timedelta(hours=1)
    campaign.closes_at = system_clock() + timedelta(hours=1)
    campaign.save()
    class_of(campaign, pupils)
    for part, writer in ((ON_SCREEN, "pupil"), (KEYED, "teacher")):
        row = part_of(campaign, part, writer=writer)
        row.grace_s = 0
        row.save()
    return campaign


def exam(*, pupils: list[str] = PUPILS) -> Exam:
    """Enrolled, its booklets sealed, without a delivery."""
    campaign = prepared(pupils=pupils)
    prepare_booklets(campaign)
    enrol(campaign)
    campaign.refresh_from_db()
    return Exam(campaign, settings.KEYRING.campaign_key(campaign.pk))


def live_exam(delivery: RunningDelivery, folder: Path, *, pupils: list[str] = PUPILS) -> LiveExam:
    """Enrolled and installed."""
    campaign = prepared(pupils=pupils)
    enrol(campaign)
    campaign.refresh_from_db()
    write_kit(campaign, folder / "kit.zip")
    calls = calls_to(delivery)
    send_kit(folder / "kit.zip", calls)
    key = settings.KEYRING.campaign_key(campaign.pk)
    return LiveExam(campaign, key, delivery, calls)


def calls_to(delivery: RunningDelivery) -> DeliveryCalls:
    """The authority's calls, with its own key."""
    return DeliveryCalls(delivery.url, settings.KEYRING.signing_key())


def delivery_in(folder: Path) -> RunningDelivery:
    """A delivery that knows this authority."""
    return RunningDelivery(folder, signing_key=settings.KEYRING.signing_key())
