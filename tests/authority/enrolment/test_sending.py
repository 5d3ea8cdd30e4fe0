"""A kit reaches a real delivery, whole or not at all, however often the line breaks."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.delivery_calls import DeliveryCalls, DeliveryRefusal, DeliveryUnreachable
from ardoise.authority.enrolment.kit import write_kit
from ardoise.authority.enrolment.kitfile import KitFault, KitFile
from ardoise.authority.enrolment.models import Kit, Seat
from ardoise.authority.enrolment.replacement import give_spare, void_seat
from ardoise.authority.enrolment.rules import enrol
from ardoise.authority.enrolment.sending import send_kit, tell_voids
from ardoise.authority.registry.models import Pupil
from ardoise.demo.processes import free_port, run, start
from tests.authority.enrolment import town


@pytest.fixture(scope="module")
def delivery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The contractor's server, set up with this authority's public key; its address."""
    folder = tmp_path_factory.mktemp("delivery")
    public = base64.b64encode(settings.KEYRING.public_key()).decode()
    run("delivery", "init", "--dir", folder, "--authority-key", public)
    port = free_port(0)
    url = f"http://127.0.0.1:{port}"
    server = start(
        "delivery",
        url,
        "/health",
        folder / "log",
        *("delivery", "serve", "--dir", folder, "--port", str(port)),
    )
    yield url
    server.stop()


@pytest.fixture
def calls(delivery: str) -> Iterator[DeliveryCalls]:
    with DeliveryCalls(delivery, settings.KEYRING.signing_key()) as opened:
        yield opened


_campaigns = iter(f"envoi-{index}-2026" for index in range(100))


@pytest.fixture
def sendable(db: None) -> Campaign:
    """A campaign that delivery has never heard of."""
    campaign = town.campaign_of(identifier=next(_campaigns))
    town.part_of(campaign)
    town.class_of(campaign, town.NAMES)
    enrol(campaign)
    return campaign


@pytest.fixture
def sendable_kit(sendable: Campaign, tmp_path: Path) -> Path:
    write_kit(sendable, tmp_path / "kit.zip", clock=town.clock)
    return tmp_path / "kit.zip"


class Broken(DeliveryCalls):
    """A line that breaks after some bytes were sent."""

    left = 2

    def put_bytes(self, sha256: str, content: bytes) -> None:
        if self.left == 0:
            raise DeliveryUnreachable("the line broke")
        self.left -= 1
        super().put_bytes(sha256, content)


class Counting(DeliveryCalls):
    """A line that counts what is sent."""

    sent = 0

    def put_bytes(self, sha256: str, content: bytes) -> None:
        self.sent += 1
        super().put_bytes(sha256, content)


def test_a_kit_is_installed_with_all_its_seats(
    sendable: Campaign, sendable_kit: Path, calls: DeliveryCalls
) -> None:
    seen: list[tuple[int, int]] = []
    installed = send_kit(
        sendable_kit, calls, clock=town.clock, progress=lambda *step: seen.append(step)
    )
    assert (installed.campaign, installed.serial, installed.seats) == (sendable.pk, 1, 7)
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert Kit.objects.get().installed_at == town.NOW
    assert calls.status(sendable.pk).seats == 7


def test_a_broken_sending_goes_on_with_what_is_missing(
    sendable: Campaign, sendable_kit: Path, delivery: str
) -> None:
    with (
        Broken(delivery, settings.KEYRING.signing_key()) as line,
        pytest.raises(DeliveryUnreachable),
    ):
        send_kit(sendable_kit, line)
    assert Kit.objects.get().installed_at is None
    with Counting(delivery, settings.KEYRING.signing_key()) as line:
        assert send_kit(sendable_kit, line).seats == 7
        assert line.sent == 1
        # Whoever did not hear the answer may send it all again.
        assert send_kit(sendable_kit, line).seats == 7
        assert line.sent == 1


def test_a_broken_sending_goes_on_with_a_kit_that_was_written_anew(
    sendable: Campaign, sendable_kit: Path, delivery: str, tmp_path: Path
) -> None:
    with (
        Broken(delivery, settings.KEYRING.signing_key()) as line,
        pytest.raises(DeliveryUnreachable),
    ):
        send_kit(sendable_kit, line)
    write_kit(sendable, tmp_path / "anew.zip", clock=town.clock)
    seen: list[tuple[int, int]] = []
    with Counting(delivery, settings.KEYRING.signing_key()) as line:
        send_kit(tmp_path / "anew.zip", line, progress=lambda *step: seen.append(step))
        assert line.sent == 1
    assert seen == [(3, 3)]


def test_an_older_kit_is_refused(
    sendable: Campaign, sendable_kit: Path, calls: DeliveryCalls, tmp_path: Path
) -> None:
    write_kit(sendable, tmp_path / "second.zip", clock=town.clock)
    assert send_kit(tmp_path / "second.zip", calls).serial == 2
    with pytest.raises(DeliveryRefusal, match="older"):
        send_kit(sendable_kit, calls)


def test_a_kit_of_another_campaign_is_not_sent(sendable_kit: Path, calls: DeliveryCalls) -> None:
    with pytest.raises(KitFault, match="not autre-2026"):
        send_kit(sendable_kit, calls, campaign="autre-2026")


def test_a_late_pupil_reaches_delivery_with_the_second_kit(
    sendable: Campaign, sendable_kit: Path, calls: DeliveryCalls
) -> None:
    send_kit(sendable_kit, calls)
    town.join(sendable, sendable.class_groups.all()[0], "Tard Venu")
    enrol(sendable)
    write_kit(sendable, sendable_kit, clock=town.clock)
    assert send_kit(sendable_kit, calls).seats == 8


def test_delivery_hears_of_each_voided_seat_once(
    sendable: Campaign, sendable_kit: Path, calls: DeliveryCalls
) -> None:
    pupil_id = Pupil.objects.all()[0].pk
    send_kit(sendable_kit, calls)
    replaced = give_spare(sendable, pupil_id, clock=town.clock)
    assert tell_voids(sendable, calls, clock=town.clock) == 1
    assert Seat.objects.get(number=replaced.voided).void_told_at == town.NOW
    assert tell_voids(sendable, calls, clock=town.clock) == 0


def test_before_a_kit_is_installed_there_is_nothing_to_void_at_delivery(
    sendable: Campaign, sendable_kit: Path, delivery: str
) -> None:
    seat = Seat.objects.filter(role="pupil")[0]
    void_seat(sendable, seat.number, clock=town.clock)
    with DeliveryCalls("http://127.0.0.1:1", settings.KEYRING.signing_key()) as nowhere:
        assert tell_voids(sendable, nowhere) == 0
    with KitFile(sendable_kit, settings.KEYRING.public_key()) as held:
        assert held.manifest.serial == 1


def test_an_unreachable_delivery_leaves_the_voiding_to_be_told(
    sendable: Campaign, sendable_kit: Path, calls: DeliveryCalls
) -> None:
    send_kit(sendable_kit, calls)
    void_seat(sendable, Seat.objects.filter(role="pupil")[0].number, clock=town.clock)
    key = settings.KEYRING.signing_key()
    with (
        DeliveryCalls("http://127.0.0.1:1", key, attempts=1) as nowhere,
        pytest.raises(DeliveryUnreachable),
    ):
        tell_voids(sendable, nowhere)
    assert tell_voids(sendable, calls) == 1
