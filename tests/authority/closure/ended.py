"""A campaign at its end: sat on a real delivery, collected, marked, results looked at."""

from datetime import UTC, date, datetime
from pathlib import Path

from django.conf import settings
from django.contrib.sessions.models import Session

from ardoise.authority.accounts.models import Staff
from ardoise.authority.collection.models import Stray
from ardoise.authority.collection.orders import close_window
from ardoise.authority.collection.rules import collect
from ardoise.authority.collection.strays import decide_stray, stray_lines
from ardoise.authority.keyring import CampaignKey
from ardoise.authority.linkage.rules import numbers_of
from ardoise.authority.marking.models import HeldText, Rating, RatingPlan, RatingTask
from ardoise.authority.marking.rules import mark_campaign
from ardoise.authority.registry.identity import Identity, seal_identity
from ardoise.authority.registry.labels import set_label
from ardoise.authority.registry.models import ClassGroup, Pupil, RollImport
from ardoise.authority.release.models import Release, SealedRelease
from ardoise.authority.restitution.models import CampaignSummary, NameView
from ardoise.clock import system_clock
from ardoise.demo.client import SeatRefusal
from ardoise.seal.randomness import reference
from tests.authority.collection.exam import KEYED, Exam, LiveExam, live_exam
from tests.delivery.running import RunningDelivery

PLANTED = [
    Identity("Œillet-d’Ambre", "Zéphyrine", date(2015, 2, 17), "", "F", "090112345AB"),
    Identity("Quatremère", "Aël-Yann", date(2015, 11, 30), "Brûlefer", "M", "090198765CD"),
    Identity("N’Guessan-Lœwe", "Ébène", date(2014, 7, 9), "", "", "090155555EF"),
    Identity("Tréboul", "Gwenvaël", date(2015, 5, 5), "", "M", "090144444GH"),
]

LABEL = "6e de Mme Kerguélen-Duboscq"


def plant(key: CampaignKey, live: LiveExam) -> None:
    """Give the pupils the planted identities, as an import of a roll would."""
    for pupil, identity in zip(Pupil.objects.filter(campaign=live.campaign), PLANTED, strict=True):
        pupil.identity = seal_identity(key, pupil.pk, identity)
        pupil.ine_index = key.index("registry/ine", identity.ine)
        pupil.person_index = key.index("registry/person", identity.family_name)
        pupil.save()


def ended_exam(
    delivery: RunningDelivery, folder: Path, *, decide: bool = True, mark: bool = True
) -> LiveExam:
    """Every kind of row is there at least once."""
    names = [f"{one.first_name} {one.family_name}" for one in PLANTED]
    live = live_exam(delivery, folder, pupils=names)
    plant(live.key, live)
    group = ClassGroup.objects.get(campaign=live.campaign)
    _staff_and_logs(live, group)
    pupils, teacher = live.seats(), live.seats("teacher")[0]
    for seat in pupils:
        live.sit(seat).save(live.sheet(seat.number, answer="c1"))
    live.sit(teacher, part=KEYED).save(live.sheet(pupils[0].number, part=KEYED, answer="c2"))
    torn = live.sit(pupils[3])
    sheet = live.sheet(pupils[3].number, 2, answer="c1")
    sealed = bytearray(torn.seal(sheet))
    sealed[50] ^= 1
    torn.put(bytes(sealed), sheet, base=1)
    late = live.sit(pupils[1])
    close_window(live.campaign, live.calls)
    try:
        late.save(live.sheet(pupils[1].number, 2, answer="c2"), base=1)
    except SeatRefusal as refusal:
        assert refusal.problem.kept  # noqa: PT017 - the refusal is what is wanted
    while not collect(live.campaign, live.calls).ended:
        pass
    if decide:
        for line in stray_lines(live.campaign, live.key):
            stray = Stray.objects.get(pk=line.id)
            decide_stray(stray, "set-aside", by="bureau-1", key=live.key)
    if mark:
        mark_campaign(live.campaign)
    _a_rating(live)
    live.campaign.refresh_from_db()
    return live


def _a_rating(live: LiveExam) -> None:
    rater = Staff.objects.create(login=f"n-{reference()[:6]}", role="rater")
    RatingPlan.objects.create(campaign=live.campaign, seed=bytes(32))
    task = RatingTask.objects.create(
        id=reference(), part=live.campaign.parts.all()[0], item="q9", response=bytes(32),
        content=b"sealed", max_score=1.0,
    )  # fmt: skip
    Rating.objects.create(task=task, rater=rater, place=1)
    number = live.campaign.sheets.values_list("number", flat=True).first()
    HeldText.objects.create(part=task.part, number=number or "", text=bytes(32))


def _staff_and_logs(live: LiveExam, group: ClassGroup) -> None:
    login = f"T-{reference()[:6]}"
    teacher = Staff(login=login, role="teacher", school=group.school)
    teacher.set_unusable_password()
    teacher.save()
    teacher.class_groups.add(group)
    set_label(live.key, group, LABEL).save()
    Session.objects.create(
        session_key=reference(), session_data="x", expire_date=datetime(2030, 1, 1, tzinfo=UTC)
    )
    NameView.objects.create(
        at=system_clock(),
        login=login,
        role="teacher",
        campaign=live.campaign,
        what="class",
        subject=str(group.pk),
        names=4,
    )
    CampaignSummary.objects.create(
        campaign=live.campaign, made_at=system_clock(), marks=0, last_seq=0, content="{}"
    )
    release = Release.objects.create(
        id=reference(), campaign=live.campaign, name="essai", title="Essai", state="proposed",
        proposed_at=system_clock(), proposed_by="bureau-1", digest="0" * 64, judged_with="0" * 64,
    )  # fmt: skip
    content = live.key.seal("release_sealedrelease", release.pk, "content", b"Oeillet")
    SealedRelease.objects.create(release=release, content=content)
    RollImport.objects.create(
        campaign=live.campaign,
        at=system_clock(),
        by="bureau-1",
        kind="siecle",
        digest="0" * 64,
        accepted=True,
    )


def true_links(live: LiveExam | Exam) -> dict[str, str]:
    """Pupil → number: what nobody may be able to tell afterwards."""
    ids = list(Pupil.objects.filter(campaign=live.campaign).values_list("pk", flat=True))
    return numbers_of(settings.KEYRING.campaign_key(live.campaign.pk), live.campaign.pk, ids)
