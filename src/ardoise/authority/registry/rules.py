"""Imports a roll or a list of schools: all of it or nothing, once or many times alike."""

import hashlib
from collections.abc import Callable
from datetime import tzinfo

import msgspec
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.campaigns.rules import refuse_if_closed
from ardoise.authority.findings import Finding, Findings, has_errors
from ardoise.authority.keyring import CampaignKey
from ardoise.authority.registry.directory import read_schools
from ardoise.authority.registry.enrolling import Counts, Enrolling, Refused
from ardoise.authority.registry.identifiers import parse_uai
from ardoise.authority.registry.messages import ROLL
from ardoise.authority.registry.models import RollImport, School
from ardoise.authority.registry.reading import read_roll
from ardoise.authority.registry.roll import RollFile, RollPupil
from ardoise.clock import Clock

State = Campaign.State
_OPEN_TO_ROLLS = (State.DRAFT, State.ENROLLED, State.OPEN)
Progress = Callable[[int, int], None]
"""Told (pupils done, pupils in all)."""


class ImportReport(msgspec.Struct, frozen=True):
    """What an import did. Holds no name: findings cite lines."""

    campaign: str
    filename: str
    kind: str
    """'onde', 'siecle', 'schools' or 'unknown'."""
    uai: str | None
    accepted: bool
    added: int
    changed: int
    unchanged: int
    left: int
    skipped: dict[str, int]
    encoding: str
    findings: tuple[Finding, ...]


def import_roll(
    campaign: Campaign,
    data: bytes,
    filename: str,
    *,
    uai: str | None = None,
    by: str,
    clock: Clock,
    progress: Progress | None = None,
) -> ImportReport:
    """Enrol a school's pupils of the campaign's level from its roll file, ONDE or SIECLE.

    `uai`: the school; needed for ONDE, checked against the file for SIECLE. `by`: the login of
    who imports. With an error among the findings nothing changes but the log of imports. A pupil
    is known again by INE, else by names and birth date within the school; one who is no longer on
    the roll is marked as left. Raises CampaignKeyDestroyed if the campaign's key is gone.
    """
    found = Findings(ROLL, filename)
    if campaign.state not in _OPEN_TO_ROLLS:
        found.add("campaign-state", state=campaign.state)
        return _refused(campaign, RollFile("unknown", None, (), ()), found)
    key = settings.KEYRING.campaign_key(campaign.pk)
    school = _school_number(uai, found)
    now = clock()
    zone: tzinfo = timezone.get_default_timezone()
    roll = read_roll(data, filename=filename, on=now.astimezone(zone).date(), uai=school)
    pupils = _of_level(campaign, roll, found)
    if roll.usable and roll.uai is None and not found.failed:
        found.add("school-needed")
    counts = Counts()
    if roll.usable and roll.uai is not None and not found.failed:
        try:
            with transaction.atomic():
                refuse_if_closed(campaign.pk)
                counts = Enrolling(campaign, roll.uai, key, found).run(pupils, progress)
        except Refused:
            counts = Counts()
    report = _report(campaign, roll, found, counts)
    _log(campaign, report, by=by, clock=clock, digest=_digest(key, data))
    return report


def import_schools(
    campaign: Campaign, data: bytes, filename: str, *, by: str, clock: Clock
) -> ImportReport:
    """Take names and places of schools from a list (see `directory`). All or nothing.

    Schools that the list does not name stay as they are.
    """
    key = settings.KEYRING.campaign_key(campaign.pk)
    listed = read_schools(data, filename=filename)
    counts = Counts()
    if listed.usable:
        with transaction.atomic():
            known = {school.pk: school for school in School.objects.all()}
            added, changed = [], []
            for row in listed.schools:
                fields = msgspec.structs.asdict(row)
                school = known.get(row.uai)
                if school is None:
                    added.append(School(**fields))
                elif any(getattr(school, name) != value for name, value in fields.items()):
                    changed.append(School(**fields))
            names = ["name", "commune", "department", "academy", "sector"]
            School.objects.bulk_create(added, batch_size=500)
            School.objects.bulk_update(changed, names, batch_size=100)
            same = len(listed.schools) - len(added) - len(changed)
            counts = Counts(added=len(added), changed=len(changed), unchanged=same)
    report = ImportReport(
        campaign.pk, filename, "schools", None, listed.usable,
        counts.added, counts.changed, counts.unchanged, 0, {}, "", listed.findings,
    )  # fmt: skip
    _log(campaign, report, by=by, clock=clock, digest=_digest(key, data))
    return report


def _school_number(uai: str | None, found: Findings) -> str | None:
    if uai is None or not uai.strip():
        return None
    try:
        return parse_uai(uai)
    except ValueError:
        found.add("school-form")
        return None


def _of_level(campaign: Campaign, roll: RollFile, found: Findings) -> list[RollPupil]:
    """The campaign assesses one level: nobody else's name is kept."""
    pupils = [pupil for pupil in roll.pupils if pupil.level == campaign.level]
    if roll.pupils and not pupils:
        found.add("none-at-level", level=campaign.level)
    return pupils


def _report(campaign: Campaign, roll: RollFile, found: Findings, counts: Counts) -> ImportReport:
    findings = (*roll.findings, *found.all())
    findings = tuple(sorted(findings, key=lambda finding: finding.severity != "error"))
    others = sum(pupil.level != campaign.level for pupil in roll.pupils)
    skipped = dict(roll.skipped)
    if others:
        skipped["other-level"] = skipped.get("other-level", 0) + others
    return ImportReport(
        campaign=campaign.pk,
        filename=found.file,
        kind=roll.kind,
        uai=roll.uai,
        accepted=not has_errors(findings),
        added=counts.added,
        changed=counts.changed,
        unchanged=counts.unchanged,
        left=counts.left,
        skipped=skipped,
        encoding=roll.encoding,
        findings=findings,
    )


def _refused(campaign: Campaign, roll: RollFile, found: Findings) -> ImportReport:
    return _report(campaign, roll, found, Counts())


def _digest(key: CampaignKey, data: bytes) -> str:
    return key.index("registry/roll-file", hashlib.sha256(data).hexdigest()).hex()


def _log(campaign: Campaign, report: ImportReport, *, by: str, clock: Clock, digest: str) -> None:
    """Keep what was imported. A file's name may hold a teacher's: it is not kept."""
    school = School.objects.filter(pk=report.uai).first() if report.uai else None
    findings = [{**msgspec.to_builtins(each), "file": ""} for each in report.findings]
    with transaction.atomic():
        refuse_if_closed(campaign.pk)
        RollImport.objects.create(
            campaign=campaign,
            school=school,
            at=clock(),
            by=by,
            kind=report.kind,
            digest=digest,
            added=report.added,
            changed=report.changed,
            unchanged=report.unchanged,
            left=report.left,
            accepted=report.accepted,
            findings=findings,
        )
