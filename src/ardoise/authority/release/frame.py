"""The rows that releases are made of, as a table; and a plan completed by what the office knows."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import polars as pl
from msgspec.structs import replace

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.campaigns.rules import campaign_file
from ardoise.authority.keyring import KeyRing
from ardoise.authority.registry.models import School
from ardoise.authority.restitution.unnamed import UnnamedRow, items_of, unnamed_rows
from ardoise.disclosure.release import Plan

UNKNOWN = "unknown"
SCHOOL = "school"
PLACES = ("commune", "departement", "academie")
_TRAITS = ("sex", "birth", *PLACES, "sector", SCHOOL, "level")
_AT_ONCE = 20_000


def frame_of(
    campaign: Campaign,
    *,
    ring: KeyRing | None = None,
    announce: Callable[[int, int], None] = lambda _done, _total: None,
) -> pl.DataFrame:
    """One row a pupil, no identifier among its columns. Raises CampaignKeyDestroyed.

    sex, birth, commune, departement, academie, sector, school, level; for each domain its score
    and its group from 1; for each item its points. A result that is not there is null.
    """
    names = _names(campaign)
    schema = schema_of(campaign)
    places = _Places()
    rows = unnamed_rows(campaign, ring=ring, announce=announce)
    frames = [
        pl.DataFrame([_row(one, names, places) for one in some], schema=schema)
        for some in _portions(rows)
    ]
    return pl.concat(frames) if frames else pl.DataFrame(schema=schema)


def schema_of(campaign: Campaign) -> dict[str, Any]:
    """Column → polars type, in order."""
    schema: dict[str, Any] = {
        column: pl.Date if column == "birth" else pl.String for column in _TRAITS
    }
    for domain in campaign_file(campaign).domains:
        schema[f"{domain.id}_score"] = pl.Float64
        schema[f"{domain.id}_group"] = pl.Int64
    return schema | dict.fromkeys(_names(campaign).values(), pl.Float64)


def completed(plan: Plan, campaign: Campaign) -> Plan:
    """The plan with what it cannot be trusted to say: which columns are answers, which are schools.

    A score in points tells nearly as much as answers do: research files have groups.
    """
    scores = [f"{domain.id}_score" for domain in campaign_file(campaign).domains]
    answers = (*plan.answers, *_names(campaign).values(), *scores)
    return replace(
        plan,
        answers=tuple(dict.fromkeys(answers)),
        units=tuple(dict.fromkeys((*plan.units, SCHOOL))),
        missing="drop",
    )


def labels_of(campaign: Campaign, *, french: bool) -> dict[str, str]:
    """Column → what it is, for the codebook."""
    words = _FRENCH if french else _ENGLISH
    found = dict(words)
    file = campaign_file(campaign)
    groups = ", ".join(f"{n} = {label}" for n, label in enumerate(file.group_labels, start=1))
    for domain in file.domains:
        found[f"{domain.id}_score"] = f"{domain.title}: {words['score']}"
        found[f"{domain.id}_group"] = f"{domain.title}: {groups}"
    return found


def _names(campaign: Campaign) -> dict[tuple[str, str], str]:
    """(part, item) → its column: the author's identifier, with the part where two parts share it
    or another column is called so."""
    taken = {*_TRAITS, "row", "domain", "band", "count", "status"}
    for domain in campaign_file(campaign).domains:
        taken |= {f"{domain.id}_score", f"{domain.id}_group"}
    items = items_of(campaign)
    counts: dict[str, int] = {}
    for _, item in items:
        counts[item] = counts.get(item, 0) + 1
    return {
        (part, item): item if counts[item] == 1 and item not in taken else f"{part}.{item}"
        for part, item in items
    }


def _row(
    one: UnnamedRow, names: Mapping[tuple[str, str], str], places: "_Places"
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "sex": one.sex or UNKNOWN,
        "birth": one.birth,
        **places.of(one.place),
        "sector": one.place.sector or UNKNOWN,
        "school": one.school,
        "level": one.level,
    }
    for domain, score in one.scores.items():
        row[f"{domain}_score"] = score
    for domain, group in one.groups.items():
        row[f"{domain}_group"] = None if group is None else group + 1
    return row | {names[at]: points for at, points in one.items.items() if at in names}


class _Places:
    """Names of places that nest: a commune of the same name in two départements is two."""

    def __init__(self) -> None:
        self._academy: dict[str, str] = {}
        for school in School.objects.exclude(academy="").order_by("uai"):
            self._academy.setdefault(_department(school), school.academy)

    def of(self, school: School) -> dict[str, str]:
        department = _department(school)
        return {
            "commune": f"{school.commune or UNKNOWN} ({department})",
            "departement": department,
            # One for each département: the academy that most files name first.
            "academie": self._academy.get(department, UNKNOWN),
        }


def _department(school: School) -> str:
    """As the school's row says, or as its UAI does: its first three digits."""
    said = school.department or school.pk[:3]
    return said[1:] if len(said) == 3 and said.startswith("0") else said


def _portions(rows: Iterable[UnnamedRow]) -> Iterator[list[UnnamedRow]]:
    source = iter(rows)
    while some := list(islice(source, _AT_ONCE)):
        yield some


_FRENCH = {
    "sex": "Sexe",
    "birth": "Date de naissance",
    "commune": "Commune de l’établissement",
    "departement": "Département de l’établissement",
    "academie": "Académie de l’établissement",
    "sector": "Secteur de l’établissement",
    "level": "Niveau",
    "score": "score en points",
    "row": "Numéro tiré pour cette publication ; ne relie que ses fichiers",
    "domain": "Domaine",
    "band": "Groupe",
    "count": "Effectif",
    "share": "Part",
    "status": "published : publiée ; hidden : masquée",
}
_ENGLISH = {
    "sex": "Sex",
    "birth": "Date of birth",
    "commune": "Commune of the school",
    "departement": "Département of the school",
    "academie": "Académie of the school",
    "sector": "Sector of the school",
    "level": "Level",
    "score": "score in points",
    "row": "Number drawn for this release; it joins its files and nothing else",
    "domain": "Domain",
    "band": "Group",
    "count": "Count",
    "share": "Share",
    "status": "published or hidden",
}
