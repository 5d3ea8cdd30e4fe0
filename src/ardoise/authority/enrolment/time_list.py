"""Reads an office's list of working times, a CSV of two columns, INE and percentage; grants it."""

import msgspec
from django.conf import settings
from django.db import transaction

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.enrolment.working_time import (
    LEAST,
    MOST,
    WouldShorten,
    grant_working_time,
)
from ardoise.authority.findings import Finding, Findings, Wording
from ardoise.authority.registry.delimited import heading, read_rows
from ardoise.authority.registry.encodings import decode
from ardoise.authority.registry.enrolling import ine_index
from ardoise.authority.registry.identifiers import parse_ine
from ardoise.authority.registry.messages import ROLL
from ardoise.authority.registry.models import Pupil
from ardoise.clock import Clock, system_clock

FILE_LIMIT = 8 << 20
"""Bytes."""
LIST_LIMIT = 100_000
"""Pupils."""
_INE, _PERCENT = "INE", "pourcentage"
_HEADINGS = {
    heading(alias): name
    for name, aliases in {
        _INE: ("INE", "INE RNIE", "Identifiant national"),
        _PERCENT: ("percent", "pourcentage", "temps", "temps majoré", "temps (%)"),
    }.items()
    for alias in aliases
}
_WORDS = {
    "not-times": Wording(
        "error",
        "La première ligne n’a pas les titres « INE » et « pourcentage ».",
        "Donnez un CSV de deux colonnes : INE;pourcentage.",
        "The first line has not the headings “INE” and “percent”.",
        "Give a CSV of two columns: INE;percent.",
    ),
    "times-many": Wording(
        "error",
        "Plus de {limit} lignes.",
        "Partagez la liste en plusieurs fichiers.",
        "More than {limit} lines.",
        "Divide the list into several files.",
    ),
    "time-ine": Wording(
        "error",
        "Ce n’est pas un INE.",
        "Corrigez cette ligne de la liste.",
        "This is no INE.",
        "Correct this line of the list.",
    ),
    "time-unknown": Wording(
        "error",
        "Aucun élève de la campagne n’a cet INE.",
        "Importez d’abord la liste de son établissement, ou ôtez la ligne.",
        "No pupil of the campaign has this INE.",
        "First import the roll of the school, or remove the line.",
    ),
    "time-percent": Wording(
        "error",
        "Ce n’est pas un pourcentage entier de {least} à {most}.",
        "Écrivez 133 pour un tiers de temps en plus, 100 pour le temps ordinaire.",
        "This is no whole percentage from {least} to {most}.",
        "Write 133 for a third more time, 100 for the ordinary time.",
    ),
    "time-shorter": Wording(
        "error",
        "Moins de temps qu’à présent, alors que la passation peut avoir commencé.",
        "Ôtez la ligne ; ou recommencez avec --shorten : la fin peut avancer pour un élève.",
        "Less time than now, and pupils may be sitting already.",
        "Remove the line; or try again with --shorten: a pupil’s end may come earlier.",
    ),
}


class Granted(msgspec.Struct, frozen=True):
    """What a list did. Holds no INE: findings cite lines."""

    changed: int
    unchanged: int
    accepted: bool
    findings: tuple[Finding, ...]


def grant_list(
    campaign: Campaign,
    data: bytes,
    filename: str,
    *,
    shorten: bool = False,
    clock: Clock = system_clock,
) -> Granted:
    """Grant what the list says: all of it, or nothing if there is a finding.

    `shorten` as for grant_working_time. Afterwards call tell_times. Raises EnrolmentRefused: the
    window is over; CampaignKeyDestroyed.
    """
    found = Findings({**ROLL, **_WORDS}, filename)
    wanted = _read(data, found)
    changed = 0
    with transaction.atomic():
        pupils = _pupils(campaign, wanted, found)
        for ine, pupil_id in pupils.items():
            line, percent = wanted[ine]
            try:
                changed += grant_working_time(
                    campaign, pupil_id, percent, shorten=shorten, clock=clock
                )
            except WouldShorten:
                found.add("time-shorter", line, field=_PERCENT)
        if found.failed:
            transaction.set_rollback(True)
    if found.failed:
        return Granted(0, 0, accepted=False, findings=found.all())
    return Granted(changed, len(pupils) - changed, accepted=True, findings=found.all())


def _read(data: bytes, found: Findings) -> dict[str, tuple[int, int]]:
    """INE → line and percentage."""
    if len(data) > FILE_LIMIT:
        found.add("file-large", limit=FILE_LIMIT >> 20)
        return {}
    decoded = decode(data, found)
    if decoded is None:
        return {}
    rows = read_rows(decoded[0], _HEADINGS, found)
    line, headings = next(rows, (1, []))
    places = {_HEADINGS.get(heading(shown)): at for at, shown in enumerate(headings)}
    if _INE not in places or _PERCENT not in places:
        found.add("not-times", line)
        return {}
    wanted: dict[str, tuple[int, int]] = {}
    for line, row in rows:
        if len(row) != len(headings):
            found.add("field-count", line, expected=len(headings), count=len(row))
        elif len(wanted) >= LIST_LIMIT:
            found.add("times-many", line, limit=LIST_LIMIT)
            break
        else:
            _take(row, line, places[_INE], places[_PERCENT], wanted, found)
    return wanted


def _take(
    row: list[str],
    line: int,
    ine_at: int,
    percent_at: int,
    wanted: dict[str, tuple[int, int]],
    found: Findings,
) -> None:
    try:
        ine = parse_ine(row[ine_at])
    except ValueError:
        found.add("time-ine", line, ine_at + 1, _INE)
        return
    text = row[percent_at].strip().removesuffix("%").strip()
    percent = int(text) if text.isascii() and text.isdigit() and len(text) == 3 else 0
    if not LEAST <= percent <= MOST:
        found.add("time-percent", line, percent_at + 1, _PERCENT, least=LEAST, most=MOST)
    elif ine.value in wanted:
        found.add("ine-twice", line, ine_at + 1, _INE, other=wanted[ine.value][0])
    else:
        wanted[ine.value] = (line, percent)


def _pupils(
    campaign: Campaign, wanted: dict[str, tuple[int, int]], found: Findings
) -> dict[str, str]:
    """INE → the pupil's identifier."""
    key = settings.KEYRING.campaign_key(campaign.pk)
    on_roll = Pupil.objects.filter(campaign=campaign, left=False)
    known = {}
    for ine, (line, _) in wanted.items():
        pupil_id = on_roll.filter(ine_index=ine_index(key, ine)).values_list("pk", flat=True)
        if (one := pupil_id.first()) is None:
            found.add("time-unknown", line, field=_INE)
        else:
            known[ine] = one
    return known
