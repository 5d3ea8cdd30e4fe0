"""The first page of each role."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from ardoise.authority.accounts.access import account_of, anyone_with_account, class_groups_of
from ardoise.authority.accounts.models import Staff
from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.registry.labels import by_label
from ardoise.authority.restitution import rules
from ardoise.authority.restitution.views_school import school_page


@anyone_with_account
def home(request: HttpRequest) -> HttpResponse:
    """Campaigns for the office, the school for a head, classes for a teacher, texts for a rater."""
    account = account_of(request)
    if account.role == Staff.Role.OFFICER:
        return _officer(request)
    if account.role == Staff.Role.RATER:
        return redirect("marking:desk")
    held = list(class_groups_of(account).order_by("-campaign__created_at", "campaign_id"))
    campaigns = list(dict.fromkeys(group.campaign for group in held))
    groups = by_label(held)
    live = [one for one in campaigns if one.state != Campaign.State.CLOSED]
    if account.role == Staff.Role.HEAD and len(live) == 1 and account.school is not None:
        return school_page(request, live[0], account.school)
    sections = []
    for campaign in campaigns:
        own = [group for group in groups if group.campaign_id == campaign.pk]
        parts = rules.parts_of(campaign)
        closed = campaign.state == Campaign.State.CLOSED
        lines = [] if closed else rules.class_lines(campaign, own, parts)
        sections.append({"campaign": campaign, "parts": parts, "lines": lines, "closed": closed})
    template = "home_teacher" if account.role == Staff.Role.TEACHER else "home_head"
    context = {"sections": sections, "school": account.school}
    return render(request, f"ardoise/{template}.html", context)


def _officer(request: HttpRequest) -> HttpResponse:
    lines = [
        {"campaign": one, "counts": rules.campaign_counts(one)} for one in Campaign.objects.all()
    ]
    return render(request, "ardoise/home_officer.html", {"lines": lines})
