"""Pulling from a real delivery: everything comes back once, whatever happens on the way."""

import os
import signal
from pathlib import Path
from typing import NoReturn
from unittest import mock

import pytest
from django.db import connections

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.collection import rules, storing
from ardoise.authority.collection.models import Extent, Pull, Sheet, Stray, Unopened
from ardoise.authority.collection.orders import close_window, extend_window, grant_time
from ardoise.authority.collection.rules import CollectReport, collect, pull
from ardoise.authority.collection.sheets import open_sheet, open_stray
from ardoise.authority.delivery_calls import DeliveryRefusal
from ardoise.authority.keyring import CampaignKeyDestroyed
from ardoise.clock import milliseconds
from tests.authority.collection.exam import KEYED, ON_SCREEN, LiveExam, calls_to, live_exam
from tests.delivery.running import RunningDelivery


def collect_to_the_end(live: LiveExam) -> CollectReport:
    """Close the window, and pull until delivery takes no more."""
    close_window(live.campaign, live.calls)
    while True:
        report = collect(live.campaign, live.calls)
        if report.ended and not report.behind:
            return report


def answers(live: LiveExam, part: str = ON_SCREEN) -> dict[str, tuple[str, ...]]:
    """Number → what is stored of the only item."""
    rows = Sheet.objects.filter(campaign=live.campaign, part=part)
    return {row.number: open_sheet(live.key, row).responses["i1"]["r1"] for row in rows}


def test_what_pupils_and_teachers_saved_comes_back_as_they_saved_it(live: LiveExam) -> None:
    pupils, teacher = live.seats(), live.seats("teacher")[0]
    for seat, answer in zip(pupils, ("c1", "c2", "c1"), strict=True):
        live.sit(seat).save(live.sheet(seat.number, answer=answer))
    keying = live.sit(teacher, part=KEYED)
    keying.save(live.sheet(pupils[0].number, part=KEYED, answer="c2"))
    report = pull(live.campaign, live.calls)
    assert (report.read, report.sheets, report.strays, report.unopened) == (4, 4, 0, {})
    assert answers(live) == {
        seat.number: (answer,) for seat, answer in zip(pupils, ("c1", "c2", "c1"), strict=True)
    }
    assert answers(live, KEYED) == {pupils[0].number: ("c2",)}
    assert set(Sheet.objects.values_list("extent", flat=True)) == {Extent.COMPLETE}


def test_a_second_pull_reads_only_what_is_new(live: LiveExam) -> None:
    one, two, _ = live.seats()
    client = live.sit(one)
    client.save(live.sheet(one.number, answer="c1"))
    assert pull(live.campaign, live.calls).sheets == 1
    assert pull(live.campaign, live.calls).read == 0
    client.save(live.sheet(one.number, 2, answer="c2"), base=1)
    live.sit(two).save(live.sheet(two.number, answer="c1"))
    report = pull(live.campaign, live.calls)
    assert (report.read, report.sheets) == (2, 2)
    assert answers(live) == {one.number: ("c2",), two.number: ("c1",)}


def test_pages_of_one_record_give_the_same_as_one_page(live: LiveExam) -> None:
    for seat in live.seats():
        live.sit(seat).save(live.sheet(seat.number, answer="c1"))
    report = pull(live.campaign, live.calls, page=1)
    assert (report.read, report.sheets) == (3, 3)
    assert report.last_seq == live.calls.status(live.campaign.pk).last_seq


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("deadly", [1, 2, 3])
def test_a_run_killed_between_writing_and_committing_repeats_nothing_and_loses_nothing(
    delivery: RunningDelivery, tmp_path: Path, deadly: int
) -> None:
    live = live_exam(delivery, tmp_path)
    for seat in live.seats():
        live.sit(seat).save(live.sheet(seat.number, answer="c2"))
    connections.close_all()
    if (child := os.fork()) == 0:
        _pull_and_die(live, deadly)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    stored = Sheet.objects.filter(campaign=live.campaign).count()
    assert stored == deadly - 1
    report = pull(live.campaign, live.calls)
    assert (report.read, report.sheets, report.unchanged) == (3 - stored, 3 - stored, 0)
    assert len(answers(live)) == 3


def _pull_and_die(live: LiveExam, deadly: int) -> NoReturn:
    """In a process of its own: one record a batch; kill -9 before the `deadly`th commit."""
    calls, write = [0], storing._write

    def dies(*arguments: object) -> None:
        write(*arguments)  # type: ignore[arg-type]
        calls[0] += 1
        if calls[0] == deadly:
            os.kill(os.getpid(), signal.SIGKILL)

    try:
        with mock.patch.object(rules, "BATCH", 1), mock.patch.object(storing, "_write", dies):
            pull(live.campaign, calls_to(live.delivery))
    finally:
        os._exit(1)


def test_strays_come_with_their_reason_and_are_never_the_sheet(live: LiveExam) -> None:
    seat = live.seats()[0]
    first = live.sit(seat)
    first.save(live.sheet(seat.number, answer="c1"))
    second = live.sit(seat)
    second.save(live.sheet(seat.number, 2, answer="c2"), base=1)
    with pytest.raises(Exception, match="superseded"):
        first.save(live.sheet(seat.number, 3, answer="c1"), base=1)
    pull(live.campaign, live.calls)
    assert answers(live) == {seat.number: ("c2",)}
    reasons = {row.reason: open_stray(live.key, row) for row in Stray.objects.all()}
    assert set(reasons) == {"replaced", "superseded"}
    assert reasons["superseded"].version == 3


def test_a_campaign_is_collected_once_the_window_is_over_and_every_count_agrees(
    live: LiveExam,
) -> None:
    assert live.campaign.state == Campaign.State.ENROLLED
    seat = live.seats()[0]
    client = live.sit(seat)
    client.save(live.sheet(seat.number, answer="c1"))
    report = collect(live.campaign, live.calls)
    assert (report.state, report.ended) == ("open", False)
    closed = close_window(live.campaign, live.calls)
    assert milliseconds(live.campaign.closes_at) == closed.closes_ms
    with pytest.raises(Exception, match="late"):
        client.save(live.sheet(seat.number, 2, answer="c2"), base=1)
    report = collect_to_the_end(live)
    assert (report.state, report.ended, report.mismatches) == ("collected", True, ())
    assert Stray.objects.get().reason == "late"


def test_a_sheet_that_is_missing_here_is_reported_and_the_campaign_not_collected(
    live: LiveExam,
) -> None:
    seat = live.seats()[0]
    live.sit(seat).save(live.sheet(seat.number, answer="c1"))
    collect(live.campaign, live.calls)
    Sheet.objects.all().delete()
    report = collect_to_the_end(live)
    assert report.mismatches == ("delivery counts 1 sheets, 0 came back",)
    assert report.state == "open"


def test_a_sheet_that_does_not_open_still_counts_as_come_back(live: LiveExam) -> None:
    seat = live.seats()[0]
    client = live.sit(seat)
    sealed = bytearray(client.seal(live.sheet(seat.number, answer="c1")))
    sealed[100] ^= 1
    client.put(bytes(sealed), live.sheet(seat.number, answer="c1"))
    report = collect_to_the_end(live)
    assert report.unopened == {"does-not-open": 1}
    assert (report.state, report.mismatches) == ("collected", ())
    assert bytes(Unopened.objects.get().sealed) == bytes(sealed)


def test_orders_keep_the_window_and_reach_the_seat(live: LiveExam) -> None:
    seat = live.seats()[0]
    client = live.sit(seat)
    later = live.campaign.closes_at.replace(microsecond=0).replace(minute=0)
    later = later.replace(year=later.year + 1)
    done = extend_window(live.campaign, later, live.calls)
    assert done.closes_ms == milliseconds(later)
    assert live.campaign.closes_at == later
    before = client.refresh().parts[0].deadline_ms
    grant_time(live.campaign, seat.number, 600, live.calls)
    after = client.refresh().parts[0].deadline_ms
    assert before is not None
    assert after == before + 600_000


def test_a_closed_campaign_cannot_be_written_to_by_a_run_that_still_holds_its_key(
    live: LiveExam,
) -> None:
    seat = live.seats()[0]
    live.sit(seat).save(live.sheet(seat.number, answer="c1"))
    Campaign.objects.filter(pk=live.campaign.pk).update(state="closed")
    with pytest.raises(CampaignKeyDestroyed):
        pull(live.campaign, live.calls)
    assert not Pull.objects.exists()


def test_a_campaign_that_delivery_does_not_know_is_refused_with_a_remedy(live: LiveExam) -> None:
    with pytest.raises(DeliveryRefusal, match="send its kit first"):
        live.calls.status("jamais-envoyee")
