"""What results say of a pupil, and what a comparison may show."""

from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.collection.models import Sheet
from ardoise.authority.keyring import CampaignKeyDestroyed
from ardoise.authority.linkage.rules import NewLink, relink
from ardoise.authority.marking.models import Mark
from ardoise.authority.registry.models import Pupil
from ardoise.authority.restitution.commands import app
from ardoise.authority.restitution.models import CampaignSummary
from ardoise.authority.restitution.results import Cell, domains_of, results_of, summarise
from ardoise.authority.restitution.summaries import Total, comparison_mean, totals_of
from ardoise.seal import numbers
from tests.authority.restitution.world import World, sit


def _clear(world: World, pupil: Pupil) -> str:
    number = world.numbers[pupil.pk]
    Sheet.objects.filter(number=number).delete()
    Mark.objects.filter(number=number).delete()
    return number


def test_scores_and_groups_follow_the_campaign_file(world: World) -> None:
    number = _clear(world, world.pupil)
    sit(world, number, "francais", fate="scored", right=5)
    cells = results_of(world.campaign, [world.pupil.pk])[world.pupil.pk]
    assert cells["comprehension"] == Cell("scored", 4.0, 4.0, 2)
    assert cells["langue"] == Cell("scored", 1.0, 4.0, 0)
    assert cells["calcul"].status == "not-sat"


def test_absent_not_sat_and_in_progress_stay_distinct(world: World) -> None:
    first, second, third, fourth = world.pupils["6B"][:4]
    Campaign.objects.update(state=Campaign.State.OPEN)
    world.campaign.refresh_from_db()
    sit(world, _clear(world, first), "calcul", fate="absent", right=0)
    _clear(world, second)
    sit(world, _clear(world, third), "calcul", fate="partial", right=3)
    sit(world, _clear(world, fourth), "calcul", fate="unmarked", right=3)
    found = results_of(world.campaign, [one.pk for one in (first, second, third, fourth)])
    told = [found[one.pk]["calcul"].status for one in (first, second, third, fourth)]
    assert told == ["absent", "not-sat", "in-progress", "in-progress"]
    assert all(found[one.pk]["calcul"].score is None for one in (first, second, third, fourth))


def test_a_partial_sheet_counts_once_the_window_is_over(world: World) -> None:
    sit(world, _clear(world, world.pupil), "calcul", fate="partial", right=3)
    assert results_of(world.campaign, [world.pupil.pk])[world.pupil.pk]["calcul"] == Cell(
        "scored", 3.0, 8.0, 1
    )


def test_after_a_lost_card_the_newest_number_that_sat_a_part_counts(world: World) -> None:
    old = _clear(world, world.pupil)
    new = numbers.draw()
    relink(
        world.key,
        world.campaign.pk,
        NewLink(world.pupil.pk, world.groups["6A"].pk, new),
    )
    sit(world, old, "francais", fate="scored", right=8)
    sit(world, old, "calcul", fate="scored", right=1)
    sit(world, new, "calcul", fate="scored", right=7)
    cells = results_of(world.campaign, [world.pupil.pk])[world.pupil.pk]
    assert cells["comprehension"].score == 4.0
    assert cells["calcul"].score == 7.0


def test_before_enrolment_nobody_has_sat(world: World) -> None:
    world.campaign.parts.update(keymap=b"")
    cells = results_of(world.campaign, [world.pupil.pk])[world.pupil.pk]
    assert {cell.status for cell in cells.values()} == {"not-sat"}


def test_absent_and_not_sat_are_no_zeros_in_a_mean() -> None:
    cells = [
        Cell("scored", 2.0, 4.0, 0),
        Cell("scored", 4.0, 4.0, 2),
        Cell("absent"),
        Cell("not-sat"),
    ]
    summary = summarise(cells, 3)
    assert (summary.n, summary.mean, summary.groups) == (2, 3.0, (1, 0, 1))


@pytest.mark.parametrize(
    ("everybody", "own", "shown"),
    [(10, 0, False), (11, 0, True), (30, 25, False), (36, 25, True), (25, 25, False)],
)
def test_a_comparison_needs_enough_others(everybody: int, own: int, shown: bool) -> None:
    total = Total(n=everybody, score=everybody * 3.0, groups=[everybody])
    assert (comparison_mean(total, own, 11) is not None) is shown


def test_totals_are_kept_and_made_again_when_marks_change(world: World) -> None:
    before = totals_of(world.campaign, clock=lambda: datetime(2026, 12, 1, tzinfo=UTC))
    assert before["calcul"].n == 12
    totals_of(world.campaign, clock=lambda: datetime(2026, 12, 2, tzinfo=UTC))
    assert CampaignSummary.objects.get().made_at.day == 1
    sit(world, _clear(world, world.pupil), "calcul", fate="scored", right=8, seq=10_000)
    after = totals_of(world.campaign, clock=lambda: datetime(2026, 12, 3, tzinfo=UTC))
    assert CampaignSummary.objects.get().made_at.day == 3
    assert after["calcul"].score != before["calcul"].score
    assert after["calcul"].n == 12


def test_a_large_campaigns_totals_are_made_by_the_command_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ardoise.authority.restitution.summaries.AT_ONCE_LIMIT", 5)
    assert totals_of(world.campaign) == {}
    done = CliRunner().invoke(app, ["summarise", world.campaign.pk])
    assert done.exit_code == 0, done.output
    assert "calcul\t12\t" in done.output
    assert totals_of(world.campaign)["calcul"].n == 12
    assert CliRunner().invoke(app, ["summarise", "no-such"]).exit_code == 1


def test_a_pupil_who_left_is_in_no_total(world: World) -> None:
    n = totals_of(world.campaign)["calcul"].n
    CampaignSummary.objects.all().delete()
    Pupil.objects.filter(pk=world.pupil.pk).update(left=True)
    assert totals_of(world.campaign)["calcul"].n == n - 1


def test_domains_carry_the_groups_names(world: World) -> None:
    assert [domain.id for domain in domains_of(world.campaign)] == [
        "comprehension",
        "langue",
        "calcul",
    ]
    assert domains_of(world.campaign)[0].labels == ("À besoins", "Fragile", "Satisfaisant")


def test_no_total_is_kept_once_the_campaign_is_shut(world: World) -> None:
    CampaignSummary.objects.all().delete()
    Campaign.objects.filter(pk=world.campaign.pk).update(state=Campaign.State.CLOSED)
    with pytest.raises(CampaignKeyDestroyed):
        totals_of(world.campaign)
    assert not CampaignSummary.objects.exists()
