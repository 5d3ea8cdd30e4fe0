"""Closing: what it refuses, what it destroys, and that a crash anywhere ends the same."""

from pathlib import Path
from unittest import mock

import msgspec
import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.closure import holdings, rules
from ardoise.authority.closure.certificate import CertificateDocument, verify_certificate
from ardoise.authority.closure.models import Certificate, Closing
from ardoise.authority.closure.rules import (
    ClosingInterrupted,
    ClosingRefused,
    close,
    refusals,
)
from ardoise.authority.delivery_calls import DeliveryCalls
from ardoise.authority.keyring import CampaignKeyDestroyed
from ardoise.authority.registry.labels import opened
from ardoise.authority.registry.models import ClassGroup
from ardoise.authority.restitution.models import NameView
from tests.authority.closure.ended import ended_exam
from tests.authority.collection.exam import LiveExam, live_exam
from tests.delivery.running import RunningDelivery, free_port

pytestmark = pytest.mark.django_db(transaction=True)


def read(certificate: Certificate) -> CertificateDocument:
    """Its document, verified."""
    public = settings.KEYRING.public_key()
    return verify_certificate(bytes(certificate.document), bytes(certificate.signature), public)


def unreachable() -> DeliveryCalls:
    """Calls that nobody answers."""
    return DeliveryCalls(
        f"http://127.0.0.1:{free_port()}",
        settings.KEYRING.signing_key(),
        attempts=1,
    )


def test_closing_destroys_every_kind_of_row_and_keeps_the_shell(
    delivery: RunningDelivery, tmp_path: Path
) -> None:
    live = ended_exam(delivery, tmp_path)
    before = holdings.counts(live.campaign)
    assert all(before.values()), "every kind must be there, or nothing is proven"
    held = read(close(live.campaign, by="bureau-1", calls=live.calls))
    assert held.destroyed == before
    assert not any(holdings.counts(live.campaign).values())
    assert live.campaign.state == Campaign.State.CLOSED
    assert held.kept == {"parts": 2, "class_groups": 1, "name_views": 1, "releases": 1}
    group = ClassGroup.objects.get(campaign=live.campaign)
    assert (bytes(group.sealed_label), group.label_index) == (b"", None)
    assert opened([group])[0].label == f"#{group.pk}"
    assert NameView.objects.get().subject == str(group.pk)
    assert not Session.objects.exists()
    assert not Closing.objects.exists()
    assert live.calls.status(live.campaign.pk).state == "purged"
    assert held.purged is not None
    assert (held.purged.sheets, held.purged.strays) == (5, 2)
    assert {check.name for check in held.checks if check.passed} == {
        "portal-shut",
        "key-destroyed",
        "rows-deleted",
        "delivery-purged",
        "delivery-counts",
        "database-vacuumed",
    }
    with pytest.raises(CampaignKeyDestroyed):
        settings.KEYRING.campaign_key(live.campaign.pk)


def test_closing_again_gives_the_same_certificate(
    delivery: RunningDelivery, tmp_path: Path
) -> None:
    live = ended_exam(delivery, tmp_path)
    first = close(live.campaign, by="bureau-1", calls=live.calls)
    again = close(live.campaign, by="bureau-2", calls=unreachable())
    assert bytes(again.document) == bytes(first.document)


def test_another_campaign_keeps_everything(delivery: RunningDelivery, tmp_path: Path) -> None:
    kept = live_exam(delivery, tmp_path)
    before = holdings.counts(kept.campaign)
    live = ended_exam(delivery, tmp_path)
    close(live.campaign, by="bureau-1", calls=live.calls)
    after = holdings.counts(kept.campaign)
    assert {**before, "browser_sessions": 0} == {**after, "browser_sessions": 0}
    seat = kept.seats()[0]
    kept.sit(seat).save(kept.sheet(seat.number, answer="c1"))


def test_a_campaign_that_is_not_done_is_refused_and_untouched(
    delivery: RunningDelivery, tmp_path: Path
) -> None:
    live = live_exam(delivery, tmp_path)
    before = holdings.counts(live.campaign)
    with pytest.raises(ClosingRefused) as refused:
        close(live.campaign, by="bureau-1", calls=live.calls)
    assert len(refused.value.reasons) == 2
    assert holdings.counts(live.campaign) == before
    assert settings.KEYRING.campaign_key(live.campaign.pk) == live.key


def test_undecided_strays_and_missing_returns_are_reasons_to_refuse(
    delivery: RunningDelivery, tmp_path: Path
) -> None:
    live = ended_exam(delivery, tmp_path, decide=False)
    assert any("decision: 2" in reason.en for reason in refusals(live.campaign, live.calls))
    from ardoise.authority.collection.models import Sheet

    Sheet.objects.filter(campaign=live.campaign).first().delete()  # type: ignore[union-attr]
    assert any("came back" in reason.en for reason in refusals(live.campaign, live.calls))
    assert any("does not answer" in reason.en for reason in refusals(live.campaign, unreachable()))


def test_a_forced_closing_says_so_and_closes_the_window_first(
    delivery: RunningDelivery, tmp_path: Path
) -> None:
    live = live_exam(delivery, tmp_path)
    seat = live.seats()[0]
    live.sit(seat).save(live.sheet(seat.number, answer="c1"))
    reason = "Campagne d’essai, abandonnée"
    held = read(close(live.campaign, by="bureau-1", calls=live.calls, forced=reason))
    assert held.forced == reason
    assert held.purged is not None
    assert held.purged.sheets == 1
    assert live.calls.status(live.campaign.pk).state == "purged"


def test_a_campaign_in_order_is_not_marked_as_forced(
    delivery: RunningDelivery, tmp_path: Path
) -> None:
    live = ended_exam(delivery, tmp_path)
    held = read(close(live.campaign, by="bureau-1", calls=live.calls, forced="au cas où"))
    assert held.forced == ""


def test_an_unreachable_delivery_interrupts_and_the_next_try_ends_it(
    delivery: RunningDelivery, tmp_path: Path
) -> None:
    live = ended_exam(delivery, tmp_path)
    with (
        mock.patch.object(rules, "refusals", return_value=()),
        pytest.raises(ClosingInterrupted, match="close the campaign again"),
    ):
        close(live.campaign, by="bureau-1", calls=unreachable())
    assert live.campaign.state == Campaign.State.CLOSED
    assert not any(holdings.counts(live.campaign).values())
    held = read(close(live.campaign, by="bureau-2", calls=live.calls))
    assert held.by == "bureau-1"
    assert held.destroyed["pupils"] == 4


class _Crash(Exception):
    """The power goes."""


@pytest.mark.parametrize(
    "place",
    [
        "ring.destroy_campaign",
        "holdings.delete_all",
        "calls.send_order",
        "closing.save",
        "vacuum",
        "check_reopened",
        "sign",
    ],
)
@pytest.mark.parametrize("before", [True, False])
def test_a_crash_around_any_step_ends_the_same(
    delivery: RunningDelivery, tmp_path: Path, place: str, before: bool
) -> None:
    live = ended_exam(delivery, tmp_path)
    counted = holdings.counts(live.campaign)
    target, name = {
        "ring.destroy_campaign": (type(settings.KEYRING), "destroy_campaign"),
        "holdings.delete_all": (holdings, "delete_all"),
        "calls.send_order": (DeliveryCalls, "send_order"),
        "closing.save": (Closing, "save"),
        "vacuum": (rules, "vacuum"),
        "check_reopened": (rules, "check_reopened"),
        "sign": (rules, "sign"),
    }[place]
    real = getattr(target, name)

    def crashes(*arguments: object, **named: object) -> object:
        # `create` saves too: the crash is meant for the save after the purge.
        if place == "closing.save" and "update_fields" not in named:
            return real(*arguments, **named)
        if not before:
            real(*arguments, **named)
        raise _Crash

    with mock.patch.object(target, name, crashes), pytest.raises(_Crash):
        close(live.campaign, by="bureau-1", calls=live.calls)
    held = read(close(live.campaign, by="bureau-1", calls=live.calls))
    assert held.destroyed == counted
    assert held.purged is not None
    assert held.purged.sheets == 5
    assert not any(holdings.counts(live.campaign).values())


def test_no_certificate_is_issued_while_a_check_fails(
    delivery: RunningDelivery, tmp_path: Path
) -> None:
    live = ended_exam(delivery, tmp_path)
    with (
        mock.patch.object(rules, "check_reopened", return_value=("a row is left",)),
        pytest.raises(ClosingInterrupted, match="a row is left"),
    ):
        close(live.campaign, by="bureau-1", calls=live.calls)
    assert not Certificate.objects.exists()
    assert read(close(live.campaign, by="bureau-1", calls=live.calls))


def test_a_database_that_somebody_holds_open_interrupts_and_is_compacted_later(
    delivery: RunningDelivery, tmp_path: Path
) -> None:
    live = ended_exam(delivery, tmp_path)
    with connection.cursor() as own:
        own.execute("PRAGMA busy_timeout = 100")  # half a minute in real life
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT count(*) FROM registry_school")
        with pytest.raises(ClosingInterrupted, match="another program holds"):
            close(live.campaign, by="bureau-1", calls=live.calls)
        cursor.execute("ROLLBACK")
    other.close()
    connection.close()
    assert read(close(live.campaign, by="bureau-1", calls=live.calls))


def test_a_campaign_that_was_never_sent_can_be_closed_by_force(
    delivery: RunningDelivery, tmp_path: Path
) -> None:
    live = live_exam(delivery, tmp_path)
    Campaign.objects.filter(pk=live.campaign.pk).update(state="draft")
    from tests.authority.collection.exam import prepared

    campaign = prepared()
    held = read(close(campaign, by="bureau-1", calls=live.calls, forced="jamais envoyée"))
    assert held.purged is None
    assert any("absent" in check.detail for check in held.checks)


def test_every_model_of_a_campaign_is_either_destroyed_or_kept() -> None:
    holdings.check_known()
    with (
        mock.patch.object(holdings, "KEPT", holdings.KEPT[1:]),
        pytest.raises(holdings.UnknownHolding, match=r"campaigns\.Part"),
    ):
        holdings.check_known()


def test_sequences_do_not_tell_how_many_rows_there_were(
    delivery: RunningDelivery, tmp_path: Path
) -> None:
    live: LiveExam = ended_exam(delivery, tmp_path)
    close(live.campaign, by="bureau-1", calls=live.calls)
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, seq FROM sqlite_sequence")
        left = dict(cursor.fetchall())
    for table in ("collection_sheet", "enrolment_group", "marking_mark"):
        assert left[table] == 0, table


def test_the_document_is_plain_json_with_counts_alone(
    delivery: RunningDelivery, tmp_path: Path
) -> None:
    live = ended_exam(delivery, tmp_path)
    numbers = [seat.number for seat in live.seats()]
    held = close(live.campaign, by="bureau-1", calls=live.calls)
    text = bytes(held.document).decode()
    assert not any(number in text for number in numbers)
    assert msgspec.json.decode(text)["format"] == "ardoise-certificate/1"
