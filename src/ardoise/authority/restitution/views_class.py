"""A class by name: results, the list of numbers, the sheets, the spreadsheets. All logged."""

from dataclasses import dataclass

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from ardoise.authority.accounts.access import (
    account_of,
    campaign_for,
    class_group_for,
    head_or_officer,
    pupil_for,
    school_for,
    staff_only,
)
from ardoise.authority.accounts.models import Staff
from ardoise.authority.enrolment.working_time import working_times
from ardoise.authority.linkage.rules import numbers_of
from ardoise.authority.registry.identity import Identity
from ardoise.authority.registry.labels import by_label
from ardoise.authority.registry.models import ClassGroup, Pupil
from ardoise.authority.restitution import drawing, rules
from ardoise.authority.restitution.answers import attachment
from ardoise.authority.restitution.exports import as_csv, as_ods
from ardoise.authority.restitution.names import open_names
from ardoise.authority.restitution.results import (
    Cell,
    Domain,
    Results,
    Summary,
    domains_of,
    results_of,
    summarise,
)
from ardoise.authority.restitution.sheets import sheet_data, sheets_pdf
from ardoise.authority.restitution.spreadsheets import header_of, row_of
from ardoise.authority.restitution.summaries import (
    comparison_mean,
    comparison_minimum,
    totals_of,
)
from ardoise.authority.restitution.wording import bare, points

_RANK = {"scored": 0, "in-progress": 1, "absent": 2, "not-sat": 3}


@dataclass(frozen=True)
class Row:
    """One pupil on a page, for as long as it is being made."""

    pupil: Pupil
    identity: Identity
    cells: list[tuple[Domain, Cell]]


@dataclass(frozen=True)
class Column:
    """A domain's heading, figures and drawing."""

    domain: Domain
    summary: Summary
    other_mean: float | None
    sizes: list[tuple[int, str, int]]
    """Group, its name, how many pupils."""
    picture: SafeString
    counts: list[tuple[str, int]]
    """The drawing's figures: a score or range of scores, how many pupils."""
    sort: str
    """'' or this column's present order: 'ascending', 'descending'."""


def name_key(identity: Identity) -> tuple[str, str]:
    """As French lists sort: accents and case aside."""

    return bare(identity.usual_name or identity.family_name), bare(identity.first_name)


def pupils_of(group: ClassGroup) -> list[Pupil]:
    """Those on the latest roll."""
    return list(group.pupils.filter(left=False).order_by("pk"))


@staff_only
def class_results(request: HttpRequest, pk: int) -> HttpResponse:
    """The table of a class: pupils × domains, and each domain's distribution above it."""
    account = account_of(request)
    group = class_group_for(account, pk)
    campaign, pupils = group.campaign, pupils_of(group)
    names = open_names(account, campaign, pupils, what="class", subject=str(group.pk))
    domains = domains_of(campaign)
    results = results_of(campaign, [pupil.pk for pupil in pupils])
    by = request.GET.get("tri", "nom")
    down = request.GET.get("sens") == "desc"
    if by != "nom" and by not in {domain.id for domain in domains}:
        raise Http404
    rows = [
        Row(pupil, names[pupil.pk], [(one, results[pupil.pk][one.id]) for one in domains])
        for pupil in pupils
    ]
    _sort(rows, results, by, down=down)
    context = {
        "group": group,
        "campaign": campaign,
        "rows": rows,
        "columns": _columns(group, domains, results, by, down=down),
        "by": by,
        "down": down,
        "minimum": comparison_minimum(),
        "sitting": campaign.state in ("enrolled", "open"),
        "names_shown": True,
        "parts": rules.parts_of(campaign),
    }
    return render(request, "ardoise/class_results.html", context)


def _sort(rows: list[Row], results: Results, by: str, *, down: bool) -> None:
    rows.sort(key=lambda row: name_key(row.identity), reverse=down and by == "nom")
    if by == "nom":
        return

    def place(row: Row) -> tuple[int, float]:
        cell = results[row.pupil.pk][by]
        score = cell.score or 0.0
        return _RANK[cell.status], -score if down else score

    rows.sort(key=place)


def _columns(
    group: ClassGroup, domains: tuple[Domain, ...], results: Results, by: str, *, down: bool
) -> list[Column]:
    totals, minimum = totals_of(group.campaign), comparison_minimum()
    out = []
    for domain in domains:
        cells = [held[domain.id] for held in results.values()]
        summary = summarise(cells, len(domain.labels))
        other = comparison_mean(totals.get(domain.id), summary.n, minimum)
        order = "" if by != domain.id else "descending" if down else "ascending"
        sizes = [(k, label, summary.groups[k]) for k, label in enumerate(domain.labels)]
        picture, counts = _picture(domain, cells, summary, other)
        out.append(Column(domain, summary, other, sizes, picture, counts, order))
    return out


def _picture(
    domain: Domain, cells: list[Cell], summary: Summary, other: float | None
) -> tuple[SafeString, list[tuple[str, int]]]:
    scores = [cell.score for cell in cells if cell.status == "scored" and cell.score is not None]
    if not scores or summary.mean is None:
        return SafeString(""), []
    bars = drawing.distribution(scores, summary.max_score, domain.thresholds)
    told = ", ".join(
        f"{label} : {size}" for label, size in zip(domain.labels, summary.groups, strict=True)
    )
    text = _("%(n)s élèves, moyenne %(mean)s sur %(max)s. %(groups)s.") % {
        "n": summary.n,
        "mean": points(summary.mean),
        "max": points(summary.max_score),
        "groups": told,
    }
    svg = drawing.histogram(
        bars,
        domain.thresholds,
        title=_("Répartition des scores : %(domain)s") % {"domain": domain.title},
        description=text,
        identifier=f"d-{domain.id}",
        groups=len(domain.labels),
        mean=summary.mean,
        other_mean=other,
    )
    counts = [(_bin(bar), bar.count) for bar in bars]
    return mark_safe(svg), counts  # noqa: S308 - drawing escapes every text it is given


def _bin(bar: drawing.Bar) -> str:
    last = bar.end - 1
    return f"{bar.start:g}" if last <= bar.start else f"{bar.start:g} – {last:g}"


@staff_only
def class_list(request: HttpRequest, pk: int) -> HttpResponse:
    """Name and order number of each pupil: what a keying teacher needs beside the booklets."""
    account = account_of(request)
    group = class_group_for(account, pk)
    pupils = pupils_of(group)
    names = open_names(account, group.campaign, pupils, what="list", subject=str(group.pk))
    key = settings.KEYRING.campaign_key(group.campaign_id)
    numbers = numbers_of(key, group.campaign_id, [pupil.pk for pupil in pupils])
    times = working_times(key, pupils)
    lines = sorted(
        ((pupil, names[pupil.pk], numbers.get(pupil.pk, ""), times[pupil.pk]) for pupil in pupils),
        key=lambda line: name_key(line[1]),
    )
    parts = rules.parts_of(group.campaign)
    context = {
        "group": group,
        "campaign": group.campaign,
        "lines": lines,
        "keyed": [part for part in parts if part.writer == "teacher"],
        "runner": settings.DELIVERY_PUBLIC_URL,
        "may_replace": account.role != Staff.Role.TEACHER,
        "may_grant": account.role != Staff.Role.TEACHER
        and group.campaign.state in ("draft", "enrolled", "open"),
        "names_shown": True,
    }
    return render(request, "ardoise/class_list.html", context)


@staff_only
def pupil(request: HttpRequest, pupil_id: str) -> HttpResponse:
    """One pupil's sheet: for the pupil and their family."""
    account = account_of(request)
    found = pupil_for(account, pupil_id)
    names = open_names(account, found.campaign, [found], what="pupil", subject=found.pk)
    domains = domains_of(found.campaign)
    cells = results_of(found.campaign, [found.pk])[found.pk]
    lines = [(one, cells[one.id], _scale(one, cells[one.id])) for one in domains]
    context = {
        "pupil": found,
        "group": found.class_group,
        "campaign": found.campaign,
        "identity": names[found.pk],
        "parts": [
            (part, [line for line in lines if line[0].part == part.part])
            for part in rules.parts_of(found.campaign)
        ],
        "sitting": found.campaign.state in ("enrolled", "open"),
        "names_shown": True,
        "may_replace": account.role != Staff.Role.TEACHER,
    }
    return render(request, "ardoise/pupil.html", context)


def _scale(domain: Domain, cell: Cell) -> SafeString:
    if cell.score is None or cell.group is None:
        return SafeString("")
    text = _("%(score)s points sur %(max)s : %(group)s.") % {
        "score": points(cell.score),
        "max": points(cell.max_score),
        "group": domain.labels[cell.group],
    }
    svg = drawing.scale(
        cell.score,
        cell.max_score,
        domain.thresholds,
        title=domain.title,
        description=text,
        identifier=f"s-{domain.id}",
    )
    return mark_safe(svg)  # noqa: S308 - drawing escapes every text it is given


@staff_only
def pupil_pdf(request: HttpRequest, pupil_id: str) -> HttpResponse:
    """One pupil's sheet to print."""
    account = account_of(request)
    found = pupil_for(account, pupil_id)
    names = open_names(account, found.campaign, [found], what="pupil-pdf", subject=found.pk)
    cells = results_of(found.campaign, [found.pk])
    domains = domains_of(found.campaign)
    pages = [sheet_data(found, names[found.pk], domains, cells[found.pk])]
    return attachment(sheets_pdf(found.campaign, domains[0].labels, pages), "fiche", "pdf")


@staff_only
def class_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """Every pupil's sheet of a class, one page each, in one PDF."""
    account = account_of(request)
    group = class_group_for(account, pk)
    pupils = pupils_of(group)
    if not pupils:
        raise Http404
    names = open_names(account, group.campaign, pupils, what="class-pdf", subject=str(group.pk))
    domains = domains_of(group.campaign)
    results = results_of(group.campaign, [one.pk for one in pupils])
    pages = [
        sheet_data(one, names[one.pk], domains, results[one.pk])
        for one in sorted(pupils, key=lambda one: name_key(names[one.pk]))
    ]
    return attachment(
        sheets_pdf(group.campaign, domains[0].labels, pages), f"fiches-classe-{group.pk}", "pdf"
    )


@staff_only
def class_export(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """A class as CSV or ODS."""
    account = account_of(request)
    group = class_group_for(account, pk)
    return _export(account, [group], kind, subject=str(group.pk), what=f"classe-{group.pk}")


@head_or_officer
def school_export(request: HttpRequest, campaign_id: str, uai: str, kind: str) -> HttpResponse:
    """All classes of a school as CSV or ODS."""
    account = account_of(request)
    school = school_for(account, uai)
    campaign = campaign_for(account, campaign_id)
    groups = by_label(ClassGroup.objects.filter(campaign=campaign, school=school))
    if not groups:
        raise Http404
    return _export(account, groups, kind, subject=school.pk, what=school.pk.lower())


def _export(
    account: Staff, groups: list[ClassGroup], kind: str, *, subject: str, what: str
) -> HttpResponse:
    campaign = groups[0].campaign
    labels = {group.pk: group.label for group in groups}
    pupils = list(Pupil.objects.filter(class_group__in=groups, left=False).order_by("pk"))
    names = open_names(account, campaign, pupils, what=f"export-{kind}", subject=subject)
    domains = domains_of(campaign)
    results = results_of(campaign, [one.pk for one in pupils])
    pupils.sort(key=lambda one: (labels[one.class_group_id], *name_key(names[one.pk])))
    rows = [
        row_of(labels[one.class_group_id], names[one.pk], domains, results[one.pk])
        for one in pupils
    ]
    header = header_of(domains)
    content = as_csv(header, rows) if kind == "csv" else as_ods(campaign.title, header, rows)
    return attachment(content, f"resultats-{what}", kind)
