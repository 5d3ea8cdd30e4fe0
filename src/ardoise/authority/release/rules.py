"""The gate: a release is proposed, judged, confirmed by two officers, and only then leaves."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

import msgspec
import numpy as np
from django.conf import settings
from django.db import transaction

import ardoise
from ardoise.authority.accounts.models import Staff
from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.campaigns.rules import refuse_if_closed
from ardoise.authority.keyring import CampaignKey, KeyRing
from ardoise.authority.release.budget import ledger_of, spend
from ardoise.authority.release.bundle import Bundle, sealed, unsealed
from ardoise.authority.release.frame import completed, frame_of, labels_of
from ardoise.authority.release.models import Decision, Release, SealedRelease
from ardoise.authority.restitution.models import NameView
from ardoise.clock import Clock, milliseconds, system_clock
from ardoise.disclosure.ledger import BudgetSpent
from ardoise.disclosure.release import Plan, read_plan
from ardoise.disclosure.release import Release as Made
from ardoise.disclosure.release import release as judge
from ardoise.disclosure.release.codebook import Study
from ardoise.disclosure.release.record import (
    Decided,
    Record,
    digest_of_record,
    digests,
)
from ardoise.disclosure.release.run import Publication
from ardoise.disclosure.release.writing import bytes_of
from ardoise.seal.randomness import Source, reference, system

OFFICERS = 2
"""So many accounts must confirm, each its own."""
Progress = Callable[[str, int, int], None]


class ReleaseRefused(Exception):
    """What was asked for cannot be done with this release. The message says why."""

    def __init__(self, fr: str, en: str) -> None:
        super().__init__(en)
        self.fr = fr


def propose(
    campaign: Campaign,
    text: str,
    *,
    name: str,
    by: str,
    ring: KeyRing | None = None,
    clock: Clock = system_clock,
    source: Source = system,
    progress: Progress = lambda _what, _done, _total: None,
) -> Release:
    """Judge a plan on a campaign and keep what would leave, sealed.

    `name` stands for the plan in messages, `by` is who asks. A failed verdict is kept as well, to
    be looked at: its files are not. Raises ReleaseRefused, DisclosureFault, CampaignKeyDestroyed.
    """
    if campaign.state != Campaign.State.REPORTED:
        raise ReleaseRefused(
            "La campagne n’est pas encore relevée et corrigée : une publication part de résultats "
            "définitifs.",
            f"the campaign is {campaign.state}, not reported: collect and mark it first",
        )
    key = (ring or settings.KEYRING).campaign_key(campaign.pk)
    plan = completed(read_plan(text, name=name), campaign)
    identifier, seed, now = reference(source), source(32), clock()
    record_act(campaign, by, "release-judged", identifier, at=now)
    frame = frame_of(campaign, ring=ring, announce=lambda n, of: progress("rows", n, of))
    judged_with = standing(campaign)
    made = judge(
        frame,
        plan,
        chance=np.random.default_rng(np.frombuffer(seed, dtype=np.uint32)),
        ledger=ledger_of(campaign),
        history=history_of(campaign),
        research_before=research_of(campaign),
        progress=progress,
    )
    files = _files(campaign, plan, identifier, made, now) if made.verdict.passed else {}
    record = _record(campaign, text, identifier, made, files, key, by=by, now=now)
    bundle = Bundle(
        record=record,
        seed=seed,
        published=made.published,
        costs=tuple((one.name, str(one.epsilon)) for one in plan.private),
        files=files,
    )
    return _kept(campaign, plan, bundle, key, judged_with, now)


def _files(
    campaign: Campaign, plan: Plan, identifier: str, made: Made, now: datetime
) -> dict[str, bytes]:
    french = plan.language == "fr"
    study = Study(
        identifier=f"{campaign.pk}/{plan.name}/{identifier}",
        title=f"{campaign.title} – {plan.title}",
        producer=str(settings.CONFIG.get("office", "Ardoise")),
        recipient=plan.recipient,
        purpose=plan.purpose,
        access=_ACCESS[french],
        day=f"{now:%Y-%m-%d}",
        language=plan.language,
    )
    return bytes_of(made, study, labels_of(campaign, french=french))


_ACCESS = {
    True: "Chercher à identifier une personne est interdit.",
    False: "Trying to identify anybody is forbidden.",
}


def _record(
    campaign: Campaign,
    text: str,
    identifier: str,
    made: Made,
    files: dict[str, bytes],
    key: CampaignKey,
    *,
    by: str,
    now: datetime,
) -> Record:
    # Under the key, so that nobody can try guessed rows on a plain hash of all of them.
    data = key.index("release/data", made.verdict.data).hex()
    return Record(
        format="ardoise-release-record/1",
        id=identifier,
        campaign=campaign.pk,
        campaign_title=campaign.title,
        software=f"ardoise {ardoise.__version__}",
        plan=text,
        proposed_ms=milliseconds(now),
        proposed_by=by,
        verdict=msgspec.structs.replace(made.verdict, data=data),
        summary=made.summary,
        files=digests(files),
        budget=plain(made.ledger.budget),
        budget_left=plain(made.ledger.left),
    )


def plain(amount: Decimal) -> str:
    """Without the zeros that a database adds."""
    return f"{amount.normalize():f}"


@transaction.atomic
def _kept(
    campaign: Campaign,
    plan: Plan,
    bundle: Bundle,
    key: CampaignKey,
    judged_with: str,
    now: datetime,
) -> Release:
    refuse_if_closed(campaign.pk)
    passed = bundle.record.verdict.passed
    row = Release.objects.create(
        id=bundle.record.id,
        campaign=campaign,
        name=plan.name,
        title=plan.title,
        state=Release.State.PROPOSED if passed else Release.State.FAILED,
        proposed_at=now,
        proposed_by=bundle.record.proposed_by,
        digest=digest_of_record(bundle.record),
        judged_with=judged_with,
    )
    SealedRelease.objects.create(release=row, content=sealed(key, row.pk, bundle))
    return row


def standing(campaign: Campaign) -> str:
    """Which releases have left so far: changes with each."""
    left = Release.objects.filter(campaign=campaign, state=Release.State.RELEASED)
    return hashlib.sha256("\n".join(sorted(left.values_list("pk", flat=True))).encode()).hexdigest()


def history_of(campaign: Campaign) -> tuple[Publication, ...]:
    """What everybody has of this campaign's tables."""
    left = Release.objects.filter(campaign=campaign, state=Release.State.RELEASED)
    return tuple(
        one
        for published in left.order_by("released_at").values_list("published", flat=True)
        for one in msgspec.json.decode(bytes(published), type=tuple[Publication, ...])
    )


def research_of(campaign: Campaign) -> tuple[str, ...]:
    """Research files that have left."""
    left = Release.objects.filter(campaign=campaign, state=Release.State.RELEASED)
    return tuple(
        one.name for row in left for one in record_of(row).summary.files if one.tier == "research"
    )


def confirm(
    release_id: str,
    account: Staff,
    digest: str,
    *,
    ring: KeyRing | None = None,
    clock: Clock = system_clock,
) -> Release:
    """One officer's yes to the record with this digest; the second one lets the release leave.

    One transaction: decision, ledger, history and state change together, and writers take turns.
    If another release has left since this one was judged, or the budget no longer suffices, it
    becomes stale: it must be proposed again. Raises ReleaseRefused, BundleChanged.
    """
    with transaction.atomic():
        row = _to_decide(release_id, account)
        if digest != row.digest:
            raise ReleaseRefused(
                "Ce n’est pas le procès-verbal que vous avez lu : ouvrez la page à nouveau.",
                "this is not the record that was read: open the page again",
            )
        key = (ring or settings.KEYRING).campaign_key(row.campaign_id)
        bundle = unsealed(key, row)
        now = clock()
        Decision.objects.create(release=row, login=account.login, at=now, confirmed=True)
        record_act(row.campaign, account.login, "release-confirmed", row.pk, at=now)
        if row.decisions.filter(confirmed=True).count() >= OFFICERS:
            _leave(row, bundle, now)
        return row


def _leave(row: Release, bundle: Bundle, now: datetime) -> None:
    if not bundle.record.verdict.passed:
        raise ReleaseRefused("Une garantie ne tient pas.", "the verdict did not pass")
    # Noise hides a person whatever else is known; the rest was judged with what left before.
    crossed = bool(bundle.published or bundle.record.summary.files)
    if crossed and row.judged_with != standing(row.campaign):
        row.state = Release.State.STALE
        row.save(update_fields=["state"])
        return
    try:
        with transaction.atomic():
            spend(row, bundle.costs)
    except BudgetSpent:
        row.state = Release.State.STALE
        row.save(update_fields=["state"])
        return
    row.state, row.released_at = Release.State.RELEASED, now
    row.record = msgspec.json.encode(bundle.record)
    row.published = msgspec.json.encode(bundle.published)
    row.save(update_fields=["state", "released_at", "record", "published"])


def decline(
    release_id: str, account: Staff, reason: str, *, clock: Clock = system_clock
) -> Release:
    """One officer's no is enough. Raises ReleaseRefused."""
    with transaction.atomic():
        row = _to_decide(release_id, account)
        now = clock()
        Decision.objects.create(
            release=row, login=account.login, at=now, confirmed=False, reason=reason[:300]
        )
        record_act(row.campaign, account.login, "release-declined", row.pk, at=now)
        row.state = Release.State.DECLINED
        row.save(update_fields=["state"])
        return row


def _to_decide(release_id: str, account: Staff) -> Release:
    """Locked, for one who may decide on it and has not yet."""
    # The campaign's row first: two releases of one campaign must not leave at once.
    held = Release.objects.filter(pk=release_id).values_list("campaign_id", flat=True).first()
    if held is not None:
        Campaign.objects.select_for_update().get(pk=held)
    row = Release.objects.select_for_update().filter(pk=release_id).first()
    if row is None:
        raise ReleaseRefused("Cette publication n’existe pas.", "there is no such release")
    refuse_if_closed(row.campaign_id)
    if account.role != Staff.Role.OFFICER or not account.is_active:
        raise ReleaseRefused(
            "Seule une personne habilitée se prononce.", "an officer decides, nobody else"
        )
    if row.state != Release.State.PROPOSED:
        raise ReleaseRefused(
            "Cette publication n’attend plus de décision.",
            f"the release is {row.state}: there is nothing to decide",
        )
    if row.decisions.filter(login=account.login).exists():
        raise ReleaseRefused(
            "Vous vous êtes déjà prononcé : il faut l’accord d’une autre personne.",
            "this officer has decided already: another one must confirm",
        )
    return row


def record_of(row: Release, *, ring: KeyRing | None = None) -> Record:
    """What was judged, sealed or not. Raises CampaignKeyDestroyed: it died with the key."""
    if row.record:
        return msgspec.json.decode(bytes(row.record), type=Record)
    return unsealed((ring or settings.KEYRING).campaign_key(row.campaign_id), row).record


def decisions_of(row: Release) -> tuple[Decided, ...]:
    """In order."""
    return tuple(
        Decided(one.login, milliseconds(one.at), one.confirmed, one.reason)
        for one in row.decisions.all()
    )


def files_of(row: Release, *, by: str, ring: KeyRing | None = None) -> dict[str, bytes]:
    """The bytes that were judged, of a release that two officers confirmed; the log has its line.

    Raises ReleaseRefused, BundleChanged, CampaignKeyDestroyed.
    """
    if row.state != Release.State.RELEASED:
        raise ReleaseRefused(
            "Cette publication n’est pas confirmée : rien ne sort.",
            f"the release is {row.state}, not released: nothing leaves",
        )
    key = (ring or settings.KEYRING).campaign_key(row.campaign_id)
    record_act(row.campaign, by, "release-fetched", row.pk, at=system_clock())
    return unsealed(key, row).files


def record_act(campaign: Campaign, login: str, what: str, subject: str, *, at: datetime) -> None:
    """A line in the log of views: it showed no name."""
    NameView.objects.create(
        at=at, login=login, role=Staff.Role.OFFICER, campaign=campaign, what=what,
        subject=subject, names=0,
    )  # fmt: skip
