"""Nothing leaves but what was judged, when two officers have said so."""

import hashlib
import threading
from decimal import Decimal
from unittest import mock

import msgspec
import pytest
from django.conf import settings
from django.db import connection

from ardoise.authority.closure import holdings
from ardoise.authority.release import bundle
from ardoise.authority.release.budget import ledger_of, set_budget
from ardoise.authority.release.models import Decision, Release, SealedRelease, Spending
from ardoise.authority.release.report import as_html, as_pdf
from ardoise.authority.release.rules import (
    ReleaseRefused,
    confirm,
    decline,
    files_of,
    history_of,
    propose,
    record_of,
)
from ardoise.authority.restitution.models import NameView
from ardoise.disclosure.faults import DisclosureFault
from tests.authority.release.conftest import PLAN, SMALL, TABLES, agreed, proposed
from tests.authority.restitution.world import FAMILY, World
from tests.boundaries.canary import Scanner

WORLDLY = PLAN.replace("comprehension_group", "calcul_group").replace(
    'domain = { sex = ["F", "M"] }', 'domain = { sex = ["F", "M", "unknown"] }'
)


def test_a_release_leaves_when_two_officers_have_confirmed_and_is_what_was_judged(
    world: World,
) -> None:
    set_budget(world.campaign, "2.0", by="officer-1")
    row = proposed(world, WORLDLY)
    assert row.state == Release.State.PROPOSED, record_of(row).verdict.failed
    assert bytes(row.record) == b""
    with pytest.raises(ReleaseRefused, match="not released: nothing leaves"):
        files_of(row, by="officer-1")
    row = confirm(row.pk, world.staff["officer"], row.digest)
    assert row.state == Release.State.PROPOSED
    row = confirm(row.pk, world.staff["second"], row.digest)
    assert row.state == Release.State.RELEASED
    files = files_of(row, by="officer-1")
    assert {"pupils.csv", "pupils-scores.parquet", "schools.csv", "codebook.xml"} <= set(files)
    told = {one.name: one.sha256 for one in record_of(row).files}
    assert told == {name: hashlib.sha256(held).hexdigest() for name, held in files.items()}
    assert ledger_of(world.campaign).left == Decimal("1.5")
    whats = NameView.objects.order_by("pk").values_list("what", "names")
    assert list(whats) == [
        ("release-judged", 0), ("release-confirmed", 0), ("release-confirmed", 0),
        ("release-fetched", 0),
    ]  # fmt: skip


def test_no_name_number_school_or_label_is_in_any_byte_that_leaves(world: World) -> None:
    set_budget(world.campaign, "2.0", by="officer-1")
    row = agreed(world, proposed(world, WORLDLY))
    school = [world.key.index("release/school", one.pk).hex()[:16] for one in world.schools]
    planted = [name for name in FAMILY if len(name) > 5]
    planted += [*world.numbers.values(), *world.numbers, *(one.pk for one in world.schools)]
    scanner = Scanner([*planted, *school])
    written = files_of(row, by="x") | {
        "report.html": as_html(row, "fr"), "report.pdf": as_pdf(row, "fr"),
        "record": bytes(row.record), "published": bytes(row.published),
    }  # fmt: skip
    assert {name: scanner.scan(held) for name, held in written.items() if scanner.scan(held)} == {}
    assert scanner.scan(school[0].encode())


def test_one_officer_is_not_two(world: World) -> None:
    row = proposed(world)
    confirm(row.pk, world.staff["officer"], row.digest)
    with pytest.raises(ReleaseRefused, match="another one must confirm"):
        confirm(row.pk, world.staff["officer"], row.digest)
    assert Decision.objects.count() == 1


@pytest.mark.parametrize("role", ["head", "teacher", "rater"])
def test_only_officers_decide(world: World, role: str) -> None:
    row = proposed(world)
    with pytest.raises(ReleaseRefused, match="an officer decides"):
        confirm(row.pk, world.staff[role], row.digest)


def test_what_is_confirmed_is_the_record_that_was_read(world: World) -> None:
    row = proposed(world)
    with pytest.raises(ReleaseRefused, match="not the record that was read"):
        confirm(row.pk, world.staff["officer"], "0" * 64)


def test_a_failed_verdict_is_looked_at_and_never_confirmed(world: World) -> None:
    row = proposed(world, TABLES + _FILE)
    assert row.state == Release.State.FAILED
    record = record_of(row)
    assert record.files == ()
    assert "k ≥ 10" in {check.bound for check in record.verdict.failed}
    assert b"Ce qu\xe2\x80\x99il faut changer" in as_html(row, "fr")
    with pytest.raises(ReleaseRefused, match="nothing to decide"):
        confirm(row.pk, world.staff["officer"], row.digest)


_FILE = """
[[files]]
name = "pupils"
tier = "research"
quasi = ["sector"]
sensitive = [{ column = "calcul_group", ordered = true }]
k = 5
"""


def test_one_no_is_enough(world: World) -> None:
    row = proposed(world)
    confirm(row.pk, world.staff["officer"], row.digest)
    assert decline(row.pk, world.staff["second"], "trop fin").state == Release.State.DECLINED
    with pytest.raises(ReleaseRefused, match="declined"):
        confirm(row.pk, world.staff["second"], row.digest)


def test_a_changed_byte_stops_everything(world: World) -> None:
    row = proposed(world)
    held = bundle.unsealed(world.key, row)
    worse = msgspec.structs.replace(held, files=held.files | {"groupes.csv": b"a,b\n"})
    SealedRelease.objects.update(content=bundle.sealed(world.key, row.pk, worse))
    with pytest.raises(bundle.BundleChanged, match="not the one that was judged"):
        confirm(row.pk, world.staff["officer"], row.digest)


def test_a_release_judged_before_another_left_is_stale(world: World) -> None:
    first, second = proposed(world), proposed(world)
    assert agreed(world, first).state == Release.State.RELEASED
    assert agreed(world, second).state == Release.State.STALE
    again = proposed(world)
    assert record_of(again).summary.tables[0].attacked_with == 1
    assert agreed(world, again).state == Release.State.RELEASED
    assert len(history_of(world.campaign)) == 2


def test_two_at_once_cannot_overspend_the_budget(world: World) -> None:
    set_budget(world.campaign, "1.0", by="officer-1")
    rows = [proposed(world, SMALL), proposed(world, SMALL)]
    for row in rows:
        confirm(row.pk, world.staff["officer"], row.digest)
    barrier, states = threading.Barrier(2), []

    def second_word(row: Release) -> None:
        try:
            barrier.wait(10)
            states.append(confirm(row.pk, world.staff["second"], row.digest).state)
        finally:
            connection.close()

    threads = [threading.Thread(target=second_word, args=(row,)) for row in rows]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    assert sorted(states) == [Release.State.RELEASED, Release.State.STALE]
    assert [row.epsilon for row in Spending.objects.all()] == [Decimal("0.6")]


def test_a_budget_is_set_once_and_changed_only_with_a_reason(world: World) -> None:
    set_budget(world.campaign, "1.0", by="officer-1")
    with pytest.raises(DisclosureFault, match="say why"):
        set_budget(world.campaign, "5", by="officer-1")
    set_budget(world.campaign, "5", by="officer-1", reason="décision du comité")
    agreed(world, proposed(world, SMALL))
    with pytest.raises(DisclosureFault, match=r"0\.6 is spent"):
        set_budget(world.campaign, "0.5", by="officer-1", reason="moins")
    assert [row.reason for row in world.campaign.budgets.all()] == ["", "décision du comité"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ('keep = ["calcul-1"]', "column calcul-1: holds answers"),
        ('keep = ["comprehension_score"]', "column comprehension_score: holds answers"),
        ('keep = ["school"]', "column school: names whom persons belong to"),
    ],
)
def test_a_plan_cannot_forget_what_is_an_answer_or_a_school(
    world: World, change: str, words: str
) -> None:
    text = TABLES + _FILE.replace("k = 5", change)
    with pytest.raises(DisclosureFault, match=words):
        proposed(world, text)


def test_a_campaign_that_is_not_marked_is_refused(world: World) -> None:
    world.campaign.state = "open"
    with pytest.raises(ReleaseRefused, match="not reported"):
        propose(world.campaign, TABLES, name="plan.toml", by="x")


def test_closing_leaves_the_report_of_what_left_and_nothing_of_the_rest(world: World) -> None:
    left, waiting = agreed(world, proposed(world)), proposed(world)
    with mock.patch.object(settings.KEYRING, "destroy_campaign"):
        assert holdings.counts(world.campaign)["sealed_releases"] == 2
    holdings.delete_all(world.campaign)
    assert not SealedRelease.objects.exists()
    left.refresh_from_db()
    assert record_of(left).verdict.passed
    assert b"<html" in as_html(left, "en")
    with pytest.raises(SealedRelease.DoesNotExist):
        record_of(waiting)
    assert holdings.kept_counts(world.campaign)["releases"] == 2
