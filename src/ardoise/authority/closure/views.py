"""Pages of the closing: what will be destroyed, the confirmation, the certificate."""

from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from ardoise.authority.accounts.access import (
    account_of,
    campaign_for,
    head_or_officer,
    officer_only,
)
from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.closure.certificate import (
    CHECKS,
    LABELS,
    CertificateDocument,
    certificate_pdf,
    exported,
    verify_certificate,
)
from ardoise.authority.closure.forms import ClosingForm
from ardoise.authority.closure.holdings import counts
from ardoise.authority.closure.models import Certificate, Closing
from ardoise.authority.closure.rules import (
    ClosingInterrupted,
    ClosingRefused,
    Reason,
    close,
    refusals,
)
from ardoise.authority.delivery_calls import DeliveryCalls
from ardoise.clock import from_milliseconds


@officer_only
@require_http_methods(["GET", "HEAD", "POST"])
def checklist(request: HttpRequest, campaign_id: str) -> HttpResponseBase:
    """What a closing will destroy; POST closes."""
    account = account_of(request)
    campaign = campaign_for(account, campaign_id, closed_too=True)
    if Certificate.objects.filter(campaign=campaign).exists():
        return redirect("closure:certificate", campaign.pk)
    under_way = Closing.objects.filter(campaign=campaign).first()
    with DeliveryCalls.from_settings() as calls:
        reasons: tuple[Reason, ...] = () if under_way else refusals(campaign, calls)
        form = ClosingForm(request.POST or None, campaign_id=campaign.pk, in_order=not reasons)
        if request.method == "POST" and form.is_valid():
            try:
                close(
                    campaign,
                    by=account.login,
                    calls=calls,
                    forced=form.cleaned_data.get("reason", ""),
                )
            except ClosingRefused as refused:
                reasons = refused.reasons
            except ClosingInterrupted as interrupted:
                form.add_error(None, interrupted.fr)
                under_way = Closing.objects.filter(campaign=campaign).first()
                _renew_session(request)
            else:
                _renew_session(request)
                return redirect("closure:certificate", campaign.pk)
    held = under_way.counts if under_way else counts(campaign)
    context = {
        "campaign": campaign,
        "form": form,
        "reasons": [_said(reason) for reason in reasons],
        "under_way": under_way,
        "held": held,
        "rows": [(LABELS[kind], count) for kind, count in held.items() if count],
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "closure/checklist.html", context, status=status)


@head_or_officer
@require_safe
def certificate(request: HttpRequest, campaign_id: str) -> HttpResponseBase:
    """The certificate as a page: for the office and the schools concerned. It holds no name."""
    campaign, held = _held(request, campaign_id)
    document = _verified(held)
    purged = document.purged
    context = {
        "campaign": campaign,
        "document": document,
        "started": from_milliseconds(document.started_ms),
        "issued": from_milliseconds(document.issued_ms),
        "destroyed": [(LABELS.get(k, k), n) for k, n in document.destroyed.items() if n],
        "kept": [(LABELS.get(k, k), n) for k, n in document.kept.items()],
        "purged": purged
        and [
            (_("Places"), purged.seats),
            (_("Copies"), purged.sheets),
            (LABELS["strays"], purged.strays),
            (_("Cahiers et médias scellés"), purged.blobs),
        ],
        "checks": [(CHECKS[check.name], check) for check in document.checks],
    }
    return render(request, "closure/certificate.html", context)


@head_or_officer
@require_safe
def certificate_json(request: HttpRequest, campaign_id: str) -> HttpResponseBase:
    """The signed file, for `close verify`."""
    campaign, held = _held(request, campaign_id)
    content = exported(bytes(held.document), bytes(held.signature), _public_key())
    return _file(content, "application/json", f"certificat-{campaign.pk}.json")


@head_or_officer
@require_safe
def certificate_as_pdf(request: HttpRequest, campaign_id: str) -> HttpResponseBase:
    """The certificate for the file."""
    campaign, held = _held(request, campaign_id)
    content = certificate_pdf(_verified(held), bytes(held.signature), _public_key())
    return _file(content, "application/pdf", f"certificat-{campaign.pk}.pdf")


def _held(request: HttpRequest, campaign_id: str) -> tuple[Campaign, Certificate]:
    campaign = campaign_for(account_of(request), campaign_id, closed_too=True)
    held = Certificate.objects.filter(campaign=campaign).first()
    if held is None:
        raise Http404
    return campaign, held


def _verified(held: Certificate) -> CertificateDocument:
    return verify_certificate(bytes(held.document), bytes(held.signature), _public_key())


def _said(reason: Reason) -> str:
    return reason.fr if (get_language() or "fr").startswith("fr") else reason.en


def _public_key() -> bytes:
    key: bytes = settings.KEYRING.public_key()
    return key


def _renew_session(request: HttpRequest) -> None:
    """A closing ends everybody's session; whoever closed goes on in a new one."""
    account = account_of(request)
    request.session.flush()
    login(request, account)


def _file(content: bytes, media_type: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
