"""A school's pages: progress by class and part, cards, results of its classes, a lost card."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ardoise.authority.accounts.access import (
    account_of,
    campaign_for,
    class_group_for,
    head_or_officer,
    pupil_for,
    school_for,
)
from ardoise.authority.campaigns.models import Campaign, Part
from ardoise.authority.delivery_calls import DeliveryCalls, DeliveryRefusal, DeliveryUnreachable
from ardoise.authority.enrolment.cards import cards_pdf, code_list_pdf
from ardoise.authority.enrolment.drawing import EnrolmentRefused
from ardoise.authority.enrolment.replacement import give_spare
from ardoise.authority.enrolment.sending import tell_voids
from ardoise.authority.registry.labels import by_label
from ardoise.authority.registry.models import ClassGroup, Pupil, School
from ardoise.authority.restitution import rules
from ardoise.authority.restitution.answers import attachment
from ardoise.authority.restitution.names import open_names, record_view
from ardoise.authority.restitution.results import domains_of, results_of, summarise
from ardoise.authority.restitution.summaries import (
    comparison_mean,
    comparison_minimum,
    totals_of,
)
from ardoise.authority.restitution.views_time import tell_of_time


def school_page(request: HttpRequest, campaign: Campaign, school: School) -> HttpResponse:
    """Progress of every class, and what can be done from here. Shows no name."""
    groups = _groups(campaign, school)
    parts = rules.parts_of(campaign)
    lines = rules.class_lines(campaign, groups, parts)
    context = {
        "campaign": campaign,
        "school": school,
        "parts": parts,
        "lines": lines,
        "pupils": sum(line.pupils for line in lines),
        "totals": _totals(lines, parts),
    }
    return render(request, "ardoise/school.html", context)


def _totals(lines: list[rules.ClassLine], parts: list[Part]) -> list[dict[str, object]]:
    return [
        {
            "title": part.title,
            "pupils": sum(line.pupils for line in lines),
            "seen": sum(line.parts[place].seen for line in lines),
        }
        for place, part in enumerate(parts)
    ]


def _groups(campaign: Campaign, school: School) -> list[ClassGroup]:
    groups = by_label(ClassGroup.objects.filter(campaign=campaign, school=school))
    if not groups:
        raise Http404
    return groups


@head_or_officer
def school(request: HttpRequest, campaign_id: str, uai: str) -> HttpResponse:
    """The page of a school in a campaign."""
    account = account_of(request)
    place = school_for(account, uai)
    return school_page(request, campaign_for(account, campaign_id), place)


@head_or_officer
def school_results(request: HttpRequest, campaign_id: str, uai: str) -> HttpResponse:
    """Means and groups of each class by domain. Shows no name."""
    account = account_of(request)
    place = school_for(account, uai)
    campaign = campaign_for(account, campaign_id)
    groups, domains = _groups(campaign, place), domains_of(campaign)
    pupils = dict(
        Pupil.objects.filter(class_group__in=groups, left=False).values_list("pk", "class_group")
    )
    results = results_of(campaign, list(pupils))
    totals, minimum = totals_of(campaign), comparison_minimum()
    blocks = []
    for domain in domains:
        lines = []
        for group in groups:
            cells = [results[pk][domain.id] for pk, held in pupils.items() if held == group.pk]
            lines.append({"group": group, "summary": summarise(cells, len(domain.labels))})
        every = summarise((cells[domain.id] for cells in results.values()), len(domain.labels))
        mean = comparison_mean(totals.get(domain.id), every.n, minimum)
        blocks.append({"domain": domain, "lines": lines, "every": every, "other_mean": mean})
    context = {"campaign": campaign, "school": place, "blocks": blocks, "minimum": minimum}
    return render(request, "ardoise/school_results.html", context)


@head_or_officer
def school_cards(request: HttpRequest, campaign_id: str, uai: str) -> HttpResponse:
    """The code cards of all classes, to print and cut."""
    account = account_of(request)
    place = school_for(account, uai)
    campaign = campaign_for(account, campaign_id)
    groups = _groups(campaign, place)
    names = Pupil.objects.filter(class_group__in=groups, left=False).count()
    record_view(account, campaign, what="cards", subject=place.pk, names=names)
    return attachment(cards_pdf(campaign, groups), f"cartes-{place.pk.lower()}", "pdf")


@head_or_officer
def class_cards(request: HttpRequest, pk: int) -> HttpResponse:
    """The code cards of one class."""
    account = account_of(request)
    group = class_group_for(account, pk)
    names = group.pupils.filter(left=False).count()
    record_view(account, group.campaign, what="cards", subject=str(group.pk), names=names)
    return attachment(cards_pdf(group.campaign, [group]), f"cartes-classe-{group.pk}", "pdf")


@head_or_officer
def class_codes(request: HttpRequest, pk: int) -> HttpResponse:
    """Names, numbers and codes of one class as a list: for who hands them out again."""
    account = account_of(request)
    group = class_group_for(account, pk)
    names = group.pupils.filter(left=False).count()
    record_view(account, group.campaign, what="codes", subject=str(group.pk), names=names)
    return attachment(code_list_pdf(group.campaign, [group]), f"codes-classe-{group.pk}", "pdf")


@head_or_officer
@require_http_methods(["GET", "HEAD", "POST"])
def lost_card(request: HttpRequest, pupil_id: str) -> HttpResponse:
    """Ask, then void the lost card's seat and give the pupil a spare one."""
    account = account_of(request)
    pupil = pupil_for(account, pupil_id)
    given = False
    if request.method == "POST":
        try:
            give_spare(pupil.campaign, pupil.pk)
        except EnrolmentRefused:
            messages.error(
                request,
                _(
                    "Pas de remplacement possible : la classe n’a plus de place de réserve, ou la "
                    "campagne est terminée. Le service statistique peut ajouter des places."
                ),
            )
            return redirect("restitution:lost_card", pupil.pk)
        _tell(request, pupil.campaign)
        given = True
    # Logged by class: the pupil's identifier beside the moment would join them with the seat that
    # is voided at that moment (docs/decisions/0008).
    place = str(pupil.class_group_id)
    identity = open_names(account, pupil.campaign, [pupil], what="lost-card", subject=place)[
        pupil.pk
    ]
    context = {"pupil": pupil, "identity": identity, "given": given, "names_shown": True}
    return render(request, "ardoise/lost_card.html", context)


def _tell(request: HttpRequest, campaign: Campaign) -> None:
    """Delivery refuses the lost card from now on; if it cannot be told now, collecting tells it."""
    try:
        with DeliveryCalls.from_settings(attempts=2) as calls:
            tell_voids(campaign, calls)
    except (DeliveryRefusal, DeliveryUnreachable):
        messages.warning(
            request,
            _(
                "La plateforme n’a pas pu être prévenue : l’ancienne carte sera refusée "
                "dès la prochaine relève."
            ),
        )
    else:
        tell_of_time(request, campaign)


@head_or_officer
def pupil_card(request: HttpRequest, pupil_id: str) -> HttpResponse:
    """One pupil's card."""
    account = account_of(request)
    pupil = pupil_for(account, pupil_id)
    # By class: see lost_card.
    place = str(pupil.class_group_id)
    record_view(account, pupil.campaign, what="card", subject=place, names=1)
    pdf = cards_pdf(pupil.campaign, [pupil.class_group], pupil_id=pupil.pk)
    return attachment(pdf, "carte", "pdf")
