"""The office's page of rolls: give files, read what was found in each."""

from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from ardoise.authority.accounts.access import account_of, campaign_for, officer_only
from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.findings import Finding
from ardoise.authority.registry.forms import RollForm
from ardoise.authority.registry.identifiers import uai_in
from ardoise.authority.registry.models import RollImport
from ardoise.authority.registry.roll import FILE_LIMIT
from ardoise.authority.registry.rules import ImportReport, import_roll
from ardoise.clock import system_clock

_LATEST = 50


@dataclass(frozen=True)
class FindingLine:
    """A finding in the reader's language."""

    finding: Finding
    message: str
    remedy: str


@dataclass(frozen=True)
class ReportCard:
    """A report with its findings in the reader's language."""

    report: ImportReport
    lines: list[FindingLine]


@officer_only
def rolls(request: HttpRequest, campaign_id: str) -> HttpResponse:
    """The form; after it, one report a file. 422 if one was refused, so nothing is sent twice."""
    account = account_of(request)
    campaign = campaign_for(account, campaign_id)
    cards: list[ReportCard] = []
    form = RollForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        school: str = form.cleaned_data["school"]
        for file in form.cleaned_data["rolls"]:
            cards.append(_card(_imported(campaign, file, school, by=account.login)))
        form = RollForm()
    latest = RollImport.objects.filter(campaign=campaign).select_related("school")[:_LATEST]
    refused = bool(form.errors) or not all(card.report.accepted for card in cards)
    context = {"campaign": campaign, "form": form, "cards": cards, "latest": latest}
    return render(request, "registry/rolls.html", context, status=422 if refused else 200)


def _imported(
    campaign: Campaign, file: "UploadedFile[Any]", school: str, *, by: str
) -> ImportReport:
    name = file.name or ""
    data = file.read(FILE_LIMIT + 1)
    uai = school or uai_in(name)
    return import_roll(campaign, data, name, uai=uai, by=by, clock=system_clock)


def _card(report: ImportReport) -> ReportCard:
    language = get_language() or "fr"
    return ReportCard(report, [FindingLine(f, *f.said(language)) for f in report.findings])
