"""Pages of the gate: a campaign's releases, one to decide on, its report, its files."""

import io
import zipfile
from collections.abc import Callable
from typing import Literal

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from ardoise.authority.accounts.access import account_of, campaign_for, officer_only
from ardoise.authority.keyring import CampaignKeyDestroyed
from ardoise.authority.release.budget import ledger_of
from ardoise.authority.release.forms import ConfirmForm, DeclineForm
from ardoise.authority.release.models import Release
from ardoise.authority.release.report import as_html, as_pdf, folder_of
from ardoise.authority.release.rules import (
    OFFICERS,
    ReleaseRefused,
    confirm,
    decline,
    files_of,
    plain,
    record_of,
)
from ardoise.disclosure.release.report_html import policy
from ardoise.disclosure.release.report_words import advice_words, check_words, value_words

STATES = {
    Release.State.FAILED: (gettext_lazy("une garantie ne tient pas"), "stop"),
    Release.State.PROPOSED: (gettext_lazy("attend l’accord"), "warn"),
    Release.State.STALE: (gettext_lazy("à proposer à nouveau"), "warn"),
    Release.State.DECLINED: (gettext_lazy("refusée"), "stop"),
    Release.State.RELEASED: (gettext_lazy("publiée"), "good"),
}
"""State → what the office reads, and its tone."""
_EPOCH = (1980, 1, 1, 0, 0, 0)


@officer_only
@require_safe
def releases(request: HttpRequest, campaign_id: str) -> HttpResponse:
    """A campaign's releases and its privacy budget; also after the closing."""
    campaign = campaign_for(account_of(request), campaign_id, closed_too=True)
    rows = [(row, *STATES[Release.State(row.state)]) for row in campaign.releases.all()]
    ledger = ledger_of(campaign)
    context = {
        "campaign": campaign,
        "rows": rows,
        "budget": plain(ledger.budget),
        "left": plain(ledger.left),
        "changes": [(one, plain(one.epsilon)) for one in campaign.budgets.all()],
        "entries": [(plain(entry.epsilon), entry.purpose) for entry in ledger.entries],
    }
    return render(request, "release/list.html", context)


@officer_only
@require_safe
def one(request: HttpRequest, release_id: str) -> HttpResponse:
    """What it is, what was found, and the decision."""
    return _page(request, _release(request, release_id))


@officer_only
@require_POST
def confirmed(request: HttpRequest, release_id: str) -> HttpResponse:
    """An officer's yes; the second lets it leave."""
    row, account = _release(request, release_id), account_of(request)
    form = ConfirmForm(request.POST)
    if not form.is_valid():
        return _page(request, row, confirming=form)
    try:
        done = confirm(row.pk, account, form.cleaned_data["digest"])
    except ReleaseRefused as refused:
        messages.error(request, _said(refused))
        return redirect("release:one", row.pk)
    if done.state == Release.State.RELEASED:
        messages.success(request, _("Deux accords : les fichiers peuvent être retirés."))
    elif done.state == Release.State.STALE:
        messages.warning(
            request,
            _(
                "Une autre publication est partie depuis, ou le budget ne suffit plus : "
                "proposez-la à nouveau, elle sera jugée avec ce qui est déjà public."
            ),
        )
    else:
        messages.success(
            request, _("Votre accord est inscrit. Il faut celui d’une autre personne.")
        )
    return redirect("release:one", row.pk)


@officer_only
@require_POST
def declined(request: HttpRequest, release_id: str) -> HttpResponse:
    """An officer's no is enough."""
    row, form = _release(request, release_id), DeclineForm(request.POST)
    if not form.is_valid():
        return _page(request, row, declining=form)
    try:
        decline(row.pk, account_of(request), form.cleaned_data["reason"])
    except ReleaseRefused as refused:
        messages.error(request, _said(refused))
    else:
        messages.success(request, _("Le refus est inscrit : rien ne sortira."))
    return redirect("release:one", row.pk)


@officer_only
@require_safe
def report_html(request: HttpRequest, release_id: str) -> HttpResponse:
    """The report itself, under the policy that it carries."""
    row = _release(request, release_id)
    response = HttpResponse(_or_gone(as_html, row))
    response["Content-Security-Policy"] = f"{policy()}; frame-ancestors 'none'"
    return response


@officer_only
@require_safe
def report_pdf(request: HttpRequest, release_id: str) -> HttpResponse:
    """The report to be signed."""
    row = _release(request, release_id)
    return _file(_or_gone(as_pdf, row), "application/pdf", f"rapport-{row.name}.pdf")


@officer_only
@require_safe
def files(request: HttpRequest, release_id: str) -> HttpResponse:
    """What leaves, with its report; only of a release that two officers confirmed."""
    row = _release(request, release_id)
    try:
        held = files_of(row, by=account_of(request).login)
    except ReleaseRefused as refused:
        raise Http404 from refused
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (held | folder_of(row, _language())).items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content)
    return _file(buffer.getvalue(), "application/zip", f"{row.campaign_id}-{row.name}.zip")


def _page(
    request: HttpRequest,
    row: Release,
    *,
    confirming: ConfirmForm | None = None,
    declining: DeclineForm | None = None,
) -> HttpResponse:
    label, tone = STATES[Release.State(row.state)]
    account, language = account_of(request), _language()
    try:
        record = record_of(row)
    except CampaignKeyDestroyed:
        record = None
    decisions = list(row.decisions.all())
    open_to_me = row.state == Release.State.PROPOSED and all(
        said.login != account.login for said in decisions
    )
    checks = [] if record is None else record.verdict.checks
    context = {
        "campaign": row.campaign,
        "release": row,
        "label": label,
        "tone": tone,
        "record": record,
        "checks": [
            (
                one,
                check_words(one.promise, language),
                value_words(one.bound, language),
                value_words(one.found, language),
                advice_words(one.advice, language),
            )
            for one in sorted(checks, key=lambda each: each.passed)
        ],
        "failed": 0 if record is None else len(record.verdict.failed),
        "decisions": decisions,
        "open_to_me": open_to_me,
        "wanted": max(OFFICERS - sum(one.confirmed for one in decisions), 0),
        "confirming": confirming or ConfirmForm(initial={"digest": row.digest}),
        "declining": declining or DeclineForm(),
        "closed": row.campaign.state == row.campaign.State.CLOSED,
    }
    bad = any(form is not None and form.errors for form in (confirming, declining))
    return render(request, "release/one.html", context, status=422 if bad else 200)


def _release(request: HttpRequest, release_id: str) -> Release:
    row = Release.objects.select_related("campaign").filter(pk=release_id).first()
    if row is None:
        raise Http404
    campaign_for(account_of(request), row.campaign_id, closed_too=True)
    return row


def _or_gone(make: Callable[[Release, Literal["fr", "en"]], bytes], row: Release) -> bytes:
    try:
        return make(row, _language())
    except CampaignKeyDestroyed as fault:
        raise Http404 from fault


def _said(refused: ReleaseRefused) -> str:
    return refused.fr if _language() == "fr" else str(refused)


def _language() -> Literal["fr", "en"]:
    return "fr" if (get_language() or "fr").startswith("fr") else "en"


def _file(content: bytes, media_type: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
