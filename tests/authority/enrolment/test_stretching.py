"""Each code is stretched once; what was kept survives a kill, and stands for the code."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.enrolment import stretching
from ardoise.authority.enrolment.kit import write_kit
from ardoise.authority.enrolment.models import Seat
from ardoise.authority.enrolment.rules import enrol, keys_of, seat_code
from ardoise.authority.enrolment.stretching import stretch
from ardoise.authority.keyring import FILE_NAME, CampaignKeyDestroyed, KeyRing
from ardoise.seal.derive import SeatKeys
from ardoise.seal.envelope import SealError
from tests.authority.enrolment import town

SEATS = 40


def of_code(campaign: Campaign, seat: Seat) -> SeatKeys:
    key = settings.KEYRING.campaign_key(campaign.pk)
    code = seat_code(key, seat)
    return SeatKeys.from_code(code=code, campaign=campaign.pk, number=seat.number)


def test_every_enrolled_seat_keeps_what_its_code_stretches_to(campaign: Campaign) -> None:
    key = settings.KEYRING.campaign_key(campaign.pk)
    for seat in Seat.objects.all():
        assert seat.root
        assert keys_of(key, seat) == of_code(campaign, seat)


def test_a_root_moved_to_another_seat_does_not_open(campaign: Campaign) -> None:
    key = settings.KEYRING.campaign_key(campaign.pk)
    one, other = Seat.objects.all()[:2]
    one.root = other.root
    with pytest.raises(SealError):
        keys_of(key, one)


def test_nothing_is_stretched_twice(campaign: Campaign, tmp_path: Path) -> None:
    before = dict(Seat.objects.values_list("pk", "root"))
    key = settings.KEYRING.campaign_key(campaign.pk)
    assert stretch(campaign, key) == 0
    enrol(campaign)
    write_kit(campaign, tmp_path / "kit.zip", clock=town.clock)
    assert dict(Seat.objects.values_list("pk", "root")) == before


def test_seats_from_before_roots_were_kept_are_stretched_with_the_next_kit(
    campaign: Campaign, tmp_path: Path
) -> None:
    Seat.objects.update(root=b"")
    key = settings.KEYRING.campaign_key(campaign.pk)
    assert keys_of(key, Seat.objects.all()[0]) == of_code(campaign, Seat.objects.all()[0])
    seen: list[tuple[int, int]] = []
    write_kit(
        campaign,
        tmp_path / "kit.zip",
        clock=town.clock,
        key_progress=lambda done, total: seen.append((done, total)),
    )
    assert seen[-1] == (Seat.objects.count(), Seat.objects.count())
    for seat in Seat.objects.all():
        assert keys_of(key, seat) == of_code(campaign, seat)


def test_without_the_campaigns_key_a_root_says_nothing(campaign: Campaign) -> None:
    key = settings.KEYRING.campaign_key(campaign.pk)
    seat = Seat.objects.all()[0]
    settings.KEYRING.destroy_campaign(campaign.pk)
    with pytest.raises(CampaignKeyDestroyed):
        settings.KEYRING.campaign_key(campaign.pk)
    with pytest.raises(SealError):
        keys_of(type(key)(bytes(32)), seat)


@pytest.mark.django_db(transaction=True)
def test_several_processes_stretch_what_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = town.campaign_of()
    town.class_of(campaign, town.NAMES)
    monkeypatch.setattr(stretching, "SHARE", 2)
    enrol(campaign, workers=2)
    key = settings.KEYRING.campaign_key(campaign.pk)
    for seat in Seat.objects.all():
        assert keys_of(key, seat) == of_code(campaign, seat)


_MAKE = """
import sys
from pathlib import Path
from ardoise import authority

authority.setup(Path(sys.argv[1]))
from unittest import mock
from django.core.management import call_command
from ardoise.authority.enrolment import rules
from tests.authority.enrolment import town

call_command("migrate", verbosity=0)
campaign = town.campaign_of()
town.class_of(campaign, [f"Ana Lé{n}" for n in range(38)])
with mock.patch.object(rules, "stretch"):
    rules.enrol(campaign)
"""
_STRETCH = """
import os, signal, sys
from pathlib import Path
from ardoise import authority

if __name__ == "__main__":
    authority.setup(Path(sys.argv[1]))
    from unittest import mock
    from django.conf import settings
    from ardoise.authority.campaigns.models import Campaign
    from ardoise.authority.database.base import DatabaseWrapper
    from ardoise.authority.enrolment import stretching

    left = int(sys.argv[2])
    campaign = Campaign.objects.get()
    stretching.SHARE = 4
    real = DatabaseWrapper._commit

    def dies(self):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        real(self)

    key = settings.KEYRING.campaign_key(campaign.pk)
    # Killed after a transaction's rows were written, before it is committed.
    with mock.patch.object(DatabaseWrapper, "_commit", dies):
        stretching.stretch(campaign, key, workers=2)
"""
_TELL = """
import sys
from pathlib import Path
from ardoise import authority

authority.setup(Path(sys.argv[1]))
from django.conf import settings
from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.enrolment.models import Seat
from ardoise.authority.enrolment.rules import keys_of, seat_code
from ardoise.seal.derive import SeatKeys

campaign = Campaign.objects.get()
key = settings.KEYRING.campaign_key(campaign.pk)
for seat in Seat.objects.order_by("pk"):
    if seat.root:
        code = seat_code(key, seat)
        plain = SeatKeys.from_code(code=code, campaign=campaign.pk, number=seat.number)
        assert keys_of(key, seat) == plain
    print(seat.pk, bytes(seat.root).hex() or "-")
"""


def run(folder: Path, script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    # From a file: fresh processes read the main module again.
    path = folder / "script.py"
    path.write_text(script)
    return subprocess.run(
        [sys.executable, path, folder, *map(str, arguments)],
        cwd=Path(__file__).parents[3],
        env=os.environ | {"PYTHONPATH": "src:."},
        capture_output=True,
        text=True,
        check=False,
    )


def roots(folder: Path) -> dict[str, str]:
    told = run(folder, _TELL)
    assert told.returncode == 0, told.stderr
    return dict(line.split() for line in told.stdout.splitlines())


def test_a_kill_loses_nothing_that_was_kept_and_the_next_run_ends_it(tmp_path: Path) -> None:
    KeyRing.create(tmp_path / FILE_NAME)
    made = run(tmp_path, _MAKE)
    assert made.returncode == 0, made.stderr
    before: dict[str, str] = {}
    for deadly in (2, 4):
        killed = run(tmp_path, _STRETCH, deadly)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        after = roots(tmp_path)
        kept = {pk: root for pk, root in before.items() if root != "-"}
        assert {pk: after[pk] for pk in kept} == kept
        assert len(after) == SEATS
        assert sum(root != "-" for root in after.values()) == len(kept) + 4 * (deadly - 1)
        before = after
    finished = run(tmp_path, _STRETCH, 0)
    assert finished.returncode == 0, finished.stderr
    after = roots(tmp_path)
    assert "-" not in after.values()
    assert all(after[pk] == root for pk, root in before.items() if root != "-")
