"""The office's pages: a campaign, what delivery kept aside, collecting, the log of views."""

from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from ardoise.authority.accounts.access import (
    account_of,
    campaign_for,
    head_or_officer,
    officer_only,
)
from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.collection.models import Stray
from ardoise.authority.collection.rules import collect as collect_returns
from ardoise.authority.collection.strays import (
    StrayRefused,
    decide_stray,
    set_aside_identical,
    stray_lines,
)
from ardoise.authority.delivery_calls import DeliveryCalls, DeliveryRefusal, DeliveryUnreachable
from ardoise.authority.marking.rules import mark_campaign
from ardoise.authority.restitution import rules
from ardoise.clock import system_clock

LONGEST_COLLECT = timedelta(seconds=20)
"""A page does not pull longer; what is left comes with the next press or the command line."""
MARK_AT_ONCE = 20_000
"""Sheets that a page marks itself; beyond, the command line shows its progress."""


@officer_only
def campaign(request: HttpRequest, campaign_id: str) -> HttpResponse:
    """Figures, what to do next, and the schools."""
    found = campaign_for(account_of(request), campaign_id)
    parts = rules.parts_of(found)
    query = request.GET.get("q", "").strip()[: rules.LONGEST_QUERY]
    page, lines = rules.school_page(found, parts, query=query, page=request.GET.get("page", "1"))
    context = {
        "campaign": found,
        "counts": rules.campaign_counts(found),
        "parts": parts,
        "page": page,
        "lines": lines,
        "query": query,
    }
    return render(request, "ardoise/campaign.html", context)


@officer_only
@require_POST
def collect(request: HttpRequest, campaign_id: str) -> HttpResponse:
    """Pull what delivery has, follow its window, and mark."""
    found = campaign_for(account_of(request), campaign_id)
    until = system_clock() + LONGEST_COLLECT
    try:
        with DeliveryCalls.from_settings(attempts=2) as calls:
            report = collect_returns(found, calls, stop=lambda: system_clock() > until)
    except DeliveryUnreachable:
        messages.error(
            request, _("La plateforme de passation ne répond pas. Rien n’est perdu : réessayez.")
        )
        return redirect("restitution:campaign", found.pk)
    except DeliveryRefusal as refusal:
        messages.error(request, _("La plateforme a refusé : %(why)s") % {"why": refusal})
        return redirect("restitution:campaign", found.pk)
    for mismatch in report.mismatches:
        messages.warning(request, mismatch)
    messages.success(request, _("Relève faite ; copies reçues : %(n)s.") % {"n": report.sheets})
    _mark(request, found)
    return redirect("restitution:campaign", found.pk)


def _mark(request: HttpRequest, found: Campaign) -> None:
    if found.sheets.count() > MARK_AT_ONCE:
        messages.warning(
            request,
            _("Les copies sont nombreuses : lancez la correction par la commande « mark »."),
        )
        return
    mark_campaign(found)
    messages.success(request, _("Les copies relevées sont corrigées."))


@officer_only
def strays(request: HttpRequest, campaign_id: str) -> HttpResponse:
    """Saves that delivery refused and kept; POST decides one, or sets all identical ones aside."""
    account = account_of(request)
    found = campaign_for(account, campaign_id)
    key = settings.KEYRING.campaign_key(found.pk)
    if request.method == "POST":
        if request.POST.get("identical"):
            n = set_aside_identical(found, by=account.login, key=key, clock=system_clock)
            messages.success(request, _("Sauvegardes identiques mises de côté : %(n)s.") % {"n": n})
        else:
            _decide(request, found)
        return redirect("restitution:strays", found.pk)
    lines = stray_lines(found, key)
    page = Paginator(lines, rules.PER_PAGE).get_page(request.GET.get("page", "1"))
    waiting = Stray.objects.filter(campaign=found, decision=Stray.Decision.OPEN).count()
    context = {
        "campaign": found,
        "page": page,
        "titles": _titles(found),
        "shown": len(lines),
        "waiting": waiting,
    }
    return render(request, "ardoise/strays.html", context)


def _decide(request: HttpRequest, found: Campaign) -> None:
    asked, decision = request.POST.get("stray", ""), request.POST.get("decision", "")
    stray = Stray.objects.filter(campaign=found, pk=asked).first() if asked.isdecimal() else None
    if stray is None or decision not in ("use", "set-aside"):
        raise Http404
    key = settings.KEYRING.campaign_key(found.pk)
    by = account_of(request).login
    try:
        decide_stray(stray, decision, by=by, key=key, clock=system_clock)  # type: ignore[arg-type]
    except StrayRefused:
        messages.warning(request, _("Cette sauvegarde est déjà retenue : rien n’a changé."))
        return
    messages.success(request, _("La décision est enregistrée."))


def _titles(found: Campaign) -> dict[str, str]:
    return {part.part: part.title for part in rules.parts_of(found)}


@head_or_officer
def log(request: HttpRequest, campaign_id: str) -> HttpResponse:
    """Who looked at whose names: also after the closing, since it holds no name."""
    account = account_of(request)
    found = campaign_for(account, campaign_id, closed_too=True)
    views = rules.name_views(account, found)
    page = Paginator(views, rules.PER_PAGE).get_page(request.GET.get("page", "1"))
    return render(request, "ardoise/log.html", {"campaign": found, "page": page})
