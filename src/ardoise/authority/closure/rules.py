"""Closing a campaign: seven steps, each of which may be repeated."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
from django.conf import settings
from django.db import OperationalError, connection, transaction

import ardoise
from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.closure import holdings
from ardoise.authority.closure.certificate import CHECKS, CertificateDocument, Check, sign
from ardoise.authority.closure.models import Certificate, Closing
from ardoise.authority.closure.vacuum import check_reopened, vacuum
from ardoise.authority.collection.models import Stray
from ardoise.authority.collection.orders import close_window
from ardoise.authority.collection.rules import cross_check, has_ended, returned
from ardoise.authority.delivery_calls import DeliveryCalls, DeliveryRefusal, DeliveryUnreachable
from ardoise.authority.keyring import CampaignKeyDestroyed, KeyRing
from ardoise.clock import Clock, milliseconds, system_clock
from ardoise.contract.kit import CampaignStatus
from ardoise.contract.orders import Purge, Purged
from ardoise.seal.randomness import Source, reference, system

STEPS = (
    "check that it may be closed",
    "shut the portal",
    "destroy the campaign key",
    "delete every row",
    "have delivery purge",
    "compact the database and read it again",
    "issue the certificate",
)
Announce = Callable[[str], None]


@dataclass(frozen=True)
class Reason:
    """Why a campaign may not be closed yet, and what to do about it."""

    fr: str
    en: str


class ClosingRefused(Exception):
    """The campaign may not be closed yet. Nothing was changed. `reasons` say what is missing."""

    def __init__(self, reasons: tuple[Reason, ...]) -> None:
        super().__init__("; ".join(reason.en for reason in reasons))
        self.reasons = reasons


class ClosingInterrupted(Exception):
    """A step did not succeed. What was done is done; closing again goes on from there."""

    def __init__(self, fr: str, en: str) -> None:
        super().__init__(en)
        self.fr = fr


def close(
    campaign: Campaign,
    *,
    by: str,
    calls: DeliveryCalls,
    clock: Clock = system_clock,
    ring: KeyRing | None = None,
    forced: str = "",
    source: Source = system,
    announce: Announce = lambda _: None,
) -> Certificate:
    """Close a campaign for good; its certificate. Of a closed campaign: the one it has.

    1. Refuse unless it is reported, its window over, everything pulled and every stray decided;
       `forced`, a reason of up to 300 characters, overrides that and stands in the certificate.
    2. Shut the portal: from here on every page answers that the campaign is closed.
    3. Destroy the campaign key: what was sealed is gone, here and in every backup.
    4. Delete every personal or pseudonymous row.
    5. Have delivery purge, and check that it says so afterwards.
    6. Compact the database, empty its journal, and check both by opening them anew.
    7. Sign and store the certificate.

    A crash or an unreachable delivery in the middle loses nothing: call again, it ends the same.
    Raises ClosingRefused before step 2, ClosingInterrupted after it.
    """
    held = Certificate.objects.filter(campaign=campaign).first()
    if held is not None:
        return held
    ring = ring or settings.KEYRING
    closing = Closing.objects.filter(campaign=campaign).first()
    if closing is None:
        announce(STEPS[0])  # 1.
        holdings.check_known()
        reasons = refusals(campaign, calls)
        if reasons and not forced:
            raise ClosingRefused(reasons)
        announce(STEPS[1])  # 2.
        closing = _shut(
            campaign, by=by, forced=forced if reasons else "", clock=clock, source=source
        )
    return _go_on(campaign, closing, calls=calls, clock=clock, ring=ring, announce=announce)


def _go_on(
    campaign: Campaign,
    closing: Closing,
    *,
    calls: DeliveryCalls,
    clock: Clock,
    ring: KeyRing,
    announce: Announce,
) -> Certificate:
    """Steps 3 to 7 of `close`, from wherever an earlier try stopped."""
    announce(STEPS[2])  # 3.
    ring.destroy_campaign(campaign.pk)
    announce(STEPS[3])  # 4.
    holdings.delete_all(campaign)
    announce(STEPS[4])  # 5.
    purged = _purge(campaign, closing, calls)
    announce(STEPS[5])  # 6.
    vacuumed = _vacuum(campaign)
    announce(STEPS[6])  # 7.
    checks = (*_checks(campaign, closing, ring), *purged, vacuumed)
    return _issue(campaign, closing, checks, ring, clock)


def refusals(campaign: Campaign, calls: DeliveryCalls) -> tuple[Reason, ...]:
    """Why a campaign may not be closed yet; empty: it may."""
    found = []
    if campaign.state != Campaign.State.REPORTED:
        found.append(
            Reason(
                "Elle n’est pas encore relevée et corrigée : faites-le d’abord.",
                f"the campaign is {campaign.state}, not reported: collect and mark it first",
            )
        )
    waiting = Stray.objects.filter(campaign=campaign, decision=Stray.Decision.OPEN).count()
    if waiting:
        found.append(
            Reason(
                f"Sauvegardes à examiner : {waiting}. Retenez-les ou mettez-les de côté.",
                f"strays that wait for a decision: {waiting}; use them or set them aside",
            )
        )
    return (*found, *_reasons_at_delivery(campaign, calls))


def _reasons_at_delivery(campaign: Campaign, calls: DeliveryCalls) -> tuple[Reason, ...]:
    try:
        status = calls.status(campaign.pk)
    except DeliveryRefusal as refusal:
        if refusal.problem.problem in ("absent", "purged"):
            return ()
        return (Reason(f"La plateforme de passation refuse : {refusal}", str(refusal)),)
    except DeliveryUnreachable as fault:
        return (Reason("La plateforme de passation ne répond pas.", str(fault)),)
    if status.state == "purged":
        return ()
    if not has_ended(campaign, status):
        return (
            Reason(
                "La fenêtre de passation, ou son délai de grâce, n’est pas terminée.",
                "the window, or its grace, is not over: close it, or wait for its end",
            ),
        )
    return tuple(
        Reason(f"Les comptes de la plateforme et les nôtres diffèrent ({found}).", found)
        for found in cross_check(campaign, status)
    )


@transaction.atomic
def _shut(campaign: Campaign, *, by: str, forced: str, clock: Clock, source: Source) -> Closing:
    """Count what there is, and close the pages: one transaction, the point of no return."""
    sheets, strays = returned(campaign)
    closing = Closing.objects.create(
        campaign=campaign,
        by=by[:150],
        forced=forced[:300],
        started_at=clock(),
        order=reference(source),
        counts=holdings.counts(campaign),
        came_back={"sheets": sheets, "strays": strays},
    )
    # Not `advance`: a forced closing may come from any state.
    campaign.state = Campaign.State.CLOSED
    campaign.closed_at = closing.started_at
    campaign.save(update_fields=["state", "closed_at"])
    return closing


def _purge(campaign: Campaign, closing: Closing, calls: DeliveryCalls) -> tuple[Check, ...]:
    try:
        if closing.purged is None:
            closing.purged = _purged(campaign, closing, calls)
            closing.save(update_fields=["purged"])
        state = _state_at_delivery(campaign, calls)
    except (DeliveryRefusal, DeliveryUnreachable) as fault:
        raise ClosingInterrupted(
            "Ici, tout est détruit, mais la plateforme de passation n’a pas encore purgé ce "
            "qu’elle détient : elle ne répond pas, ou refuse. Confirmez à nouveau plus tard.",
            f"everything here is destroyed, but delivery is not purged yet: {fault} "
            "Then close the campaign again: it goes on from here.",
        ) from fault
    passed = state in ("purged", "absent")
    checks = [Check("delivery-purged", passed, f"asked afterwards, delivery says: {state}")]
    if "seats" in closing.purged:
        told = msgspec.convert(closing.purged, Purged)
        came = closing.came_back
        same = (told.sheets, told.strays) == (came["sheets"], came["strays"])
        detail = (
            f"delivery purged {told.sheets} sheets and {told.strays} strays; "
            f"{came['sheets']} and {came['strays']} had come back"
        )
        checks.append(Check("delivery-counts", same or bool(closing.forced), detail))
    return tuple(checks)


def _purged(campaign: Campaign, closing: Closing, calls: DeliveryCalls) -> dict[str, int]:
    """What delivery destroyed; empty if it never held the campaign, or purged it unasked."""
    try:
        if calls.status(campaign.pk).state == "open":
            close_window(campaign, calls)
        done = calls.send_order(Purge(closing.order, campaign.pk))
    except DeliveryRefusal as refusal:
        if refusal.problem.problem in ("absent", "purged"):
            return {}
        raise
    return msgspec.to_builtins(done.purged) if done.purged else {}


def _state_at_delivery(campaign: Campaign, calls: DeliveryCalls) -> str:
    try:
        status: CampaignStatus = calls.status(campaign.pk)
    except DeliveryRefusal as refusal:
        if refusal.problem.problem in ("absent", "purged"):
            return refusal.problem.problem
        raise
    return status.state


def _vacuum(campaign: Campaign) -> Check:
    try:
        vacuum(connection)
    except OperationalError as fault:
        detail = f"the database cannot be compacted now ({fault}): stop what else has it open"
        return Check("database-vacuumed", False, detail)
    queries = [holdings.rows(kind, campaign).order_by().values("pk") for kind in holdings.DESTROYED]
    faults = check_reopened(connection, queries)
    detail = "; ".join(faults) or "reopened: no fault, no free page, empty journal, no row left"
    return Check("database-vacuumed", not faults, detail)


def _checks(campaign: Campaign, closing: Closing, ring: KeyRing) -> tuple[Check, ...]:
    campaign.refresh_from_db()
    left = {
        name: count
        for name, count in holdings.counts(campaign).items()
        if count and name != "browser_sessions"
    }
    shut = campaign.state == Campaign.State.CLOSED
    return (
        Check("portal-shut", shut, f"the campaign's state is {campaign.state}"),
        _key_check(campaign, ring),
        Check("rows-deleted", not left, f"rows left: {left or 'none'}"),
    )


def _key_check(campaign: Campaign, ring: KeyRing) -> Check:
    """Read the file anew, and look for what replacing it may have left beside it."""
    fresh = KeyRing(Path(ring.path))
    copies = [
        path.name
        for path in fresh.path.parent.glob(f"{fresh.path.stem}.*")
        if path.suffix in (".old", ".new")
    ]
    try:
        fresh.campaign_key(campaign.pk)
    except CampaignKeyDestroyed:
        detail = f"no entry; copies beside the file: {', '.join(copies) or 'none'}"
        return Check("key-destroyed", not copies, detail)
    return Check("key-destroyed", False, "the key is still in the file")


def _issue(
    campaign: Campaign,
    closing: Closing,
    checks: tuple[Check, ...],
    ring: KeyRing,
    clock: Clock,
) -> Certificate:
    failed = [f"{check.name} ({check.detail})" for check in checks if not check.passed]
    if failed:
        raise ClosingInterrupted(
            "Pas de certificat : une vérification n’a pas abouti. "
            + "; ".join(str(CHECKS[check.name]) for check in checks if not check.passed)
            + ". Remédiez-y, puis confirmez à nouveau.",
            f"no certificate: {'; '.join(failed)}. Put that right, then close the campaign again.",
        )
    now = clock()
    document = CertificateDocument(
        format="ardoise-certificate/1",
        campaign=campaign.pk,
        title=campaign.title,
        level=campaign.level,
        software=f"ardoise {ardoise.__version__}",
        by=closing.by,
        forced=closing.forced,
        started_ms=milliseconds(closing.started_at),
        issued_ms=milliseconds(now),
        destroyed=closing.counts,
        kept=holdings.kept_counts(campaign),
        purged=msgspec.convert(closing.purged, Purged) if closing.purged else None,
        checks=checks,
    )
    encoded, signature = sign(document, ring.signing_key())
    with transaction.atomic():
        certificate, _ = Certificate.objects.get_or_create(
            campaign=campaign,
            defaults={"issued_at": now, "document": encoded, "signature": signature},
        )
        Closing.objects.filter(campaign=campaign).delete()
    return certificate
