"""The raters' pages: one text at a time, by keyboard if they like; and the office's view of it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from ardoise.authority.accounts.access import (
    account_of,
    campaign_for,
    officer_only,
    rater_only,
)
from ardoise.authority.accounts.models import Staff
from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.collection.models import Sheet
from ardoise.authority.marking import rating as rules
from ardoise.authority.marking.guide import guides_of
from ardoise.authority.marking.models import Rating, RatingPlan, ResponseScore
from ardoise.authority.marking.rules import mark_campaign
from ardoise.authority.restitution.names import record_view
from ardoise.scoring.raters import RaterFault, scale_of

MARK_AT_ONCE = 20_000
"""Sheets that a page marks itself; beyond, the command line shows its progress."""
_DIGITS = 10


@rater_only
def desk(request: HttpRequest) -> HttpResponse:
    """The campaigns in which the rater has texts, and how many wait."""
    rater = account_of(request)
    given = Rating.objects.filter(rater=rater)
    campaigns = Campaign.objects.filter(parts__rating_tasks__ratings__rater=rater).distinct()
    lines = []
    for campaign in campaigns.exclude(state=Campaign.State.CLOSED):
        own = given.filter(task__part__campaign=campaign)
        waiting = own.filter(score__isnull=True).count()
        total = own.count()
        lines.append(
            {"campaign": campaign, "waiting": waiting, "done": total - waiting, "total": total}
        )
    return render(request, "marking/desk.html", {"lines": lines})


@rater_only
def text(request: HttpRequest, campaign_id: str) -> HttpResponse:
    """The next text; POST scores the one that was shown."""
    rater = account_of(request)
    campaign = _dealt(rater, campaign_id)
    if request.method == "POST":
        _give(request, rater)
        return redirect("marking:text", campaign.pk)
    rating = rules.waiting_for(rater, campaign).select_related("task__part").first()
    if rating is None:
        return redirect("marking:desk")
    if not rating.shown:
        record_view(rater, campaign, what="rating-text", subject=rating.task_id, names=0)
        Rating.objects.filter(pk=rating.pk).update(shown=True)
    return render(request, "marking/text.html", _text_context(rater, campaign, rating))


def _text_context(rater: Staff, campaign: Campaign, rating: Rating) -> dict[str, Any]:
    task = rating.task
    scores = scale_of(task.max_score).scores
    own = Rating.objects.filter(rater=rater, task__part=task.part, task__item=task.item)
    return {
        "campaign": campaign,
        "rating": rating,
        "guide": guides_of(task.part, task.form)[task.item],
        "texts": rules.text_of(task),
        "scores": [
            {"value": score, "key": str(place) if place < _DIGITS else ""}
            for place, score in enumerate(scores)
        ],
        "done": own.filter(score__isnull=False).count(),
        "total": own.count(),
        "may_undo": Rating.objects.filter(
            rater=rater, score__isnull=False, task__part__campaign=campaign
        ).exists(),
    }


def _give(request: HttpRequest, rater: Staff) -> None:
    asked, said = request.POST.get("rating", ""), request.POST.get("score", "")
    try:
        rules.give(rater, int(asked), float(said))
    except (ValueError, RaterFault, Rating.DoesNotExist) as fault:
        if isinstance(fault, Rating.DoesNotExist):  # sent twice: the first one counted
            messages.warning(request, _("Ce texte est déjà noté : rien n’a changé."))
            return
        raise Http404 from fault


@rater_only
@require_POST
def undo(request: HttpRequest, campaign_id: str) -> HttpResponse:
    """Take the last score back: its text is shown again."""
    rater = account_of(request)
    campaign = _dealt(rater, campaign_id)
    if rules.undo(rater, campaign) is None:
        messages.warning(request, _("Aucune note à annuler, ou un tiers a déjà tranché."))
    else:
        messages.success(request, _("La dernière note est annulée : son texte revient."))
    return redirect("marking:text", campaign.pk)


def _dealt(rater: Staff, campaign_id: str) -> Campaign:
    """A campaign of which this rater has texts. Raises Http404."""
    found = Campaign.objects.filter(
        pk=campaign_id, parts__rating_tasks__ratings__rater=rater
    ).exclude(state=Campaign.State.CLOSED)
    campaign = found.first()
    if campaign is None:
        raise Http404
    return campaign


@officer_only
def rating(request: HttpRequest, campaign_id: str) -> HttpResponse:
    """Progress and agreement, item by item; POST changes the plan. No text is shown here."""
    campaign = campaign_for(account_of(request), campaign_id)
    if request.method == "POST":
        _change(request, campaign)
        return redirect("marking:rating", campaign.pk)
    tasks = Rating.objects.filter(task__part__campaign=campaign)
    people = [
        {
            "login": one.login,
            "done": tasks.filter(rater=one, score__isnull=False).count(),
            "waiting": tasks.filter(rater=one, score__isnull=True).count(),
        }
        for one in rules.raters_available()
    ]
    context = {
        "campaign": campaign,
        "plan": rules.plan_of(campaign),
        "percent": round(rules.plan_of(campaign).share * 100),
        "rule_choices": RatingPlan.Rule,
        "lines": _lines(campaign),
        "people": people,
        "without_scale": _without_scale(campaign),
        "undealt": campaign.parts.filter(
            rating_tasks__isnull=False, rating_tasks__ratings__isnull=True
        ).count(),
        "pending": ResponseScore.objects.filter(part__campaign=campaign, pending=True).count(),
    }
    return render(request, "marking/rating.html", context)


def _lines(campaign: Campaign) -> list[dict[str, Any]]:
    parts = {part.part: part for part in campaign.parts.all()}
    found = rules.item_progress(campaign)
    guides = {code: guides_of(parts[code]) for code in {line.part for line in found}}
    return [{"item": line, "title": guides[line.part][line.item].title} for line in found]


def _without_scale(campaign: Campaign) -> list[str]:
    """Titles of the items whose texts cannot be given to raters."""
    parts = {part.part: part for part in campaign.parts.all()}
    return [guides_of(parts[part])[item].title for part, item in rules.without_scale(campaign)]


def _change(request: HttpRequest, campaign: Campaign) -> None:
    try:
        rules.change_plan(
            campaign,
            share=float(request.POST.get("share", "")) / 100,
            tolerance=float(request.POST.get("tolerance", "").replace(",", ".")),
            rule=request.POST.get("rule", ""),
        )
    except (ValueError, RaterFault):
        messages.error(request, _("La part va de 0 à 100 %, la tolérance est un nombre de points."))
        return
    messages.success(request, _("Les règles de notation sont enregistrées."))


@officer_only
@require_POST
def deal(request: HttpRequest, campaign_id: str) -> HttpResponse:
    """Deal out the texts that nobody has."""
    campaign = campaign_for(account_of(request), campaign_id)
    try:
        count = rules.deal(campaign)
    except RaterFault:
        messages.error(
            request,
            _("Il manque des correcteurs : créez leurs comptes par « staff add … --role rater »."),
        )
        return redirect("marking:rating", campaign.pk)
    messages.success(request, _("Textes répartis : %(n)s.") % {"n": count})
    return redirect("marking:rating", campaign.pk)


@officer_only
@require_POST
def report(request: HttpRequest, campaign_id: str) -> HttpResponse:
    """Bring the decided scores into the marks."""
    campaign = campaign_for(account_of(request), campaign_id)
    if Sheet.objects.filter(campaign=campaign).count() > MARK_AT_ONCE:
        messages.warning(
            request,
            _("Les copies sont nombreuses : lancez la correction par la commande « mark »."),
        )
        return redirect("marking:rating", campaign.pk)
    mark_campaign(campaign)
    messages.success(request, _("Les notes décidées sont reportées dans les résultats."))
    return redirect("marking:rating", campaign.pk)
