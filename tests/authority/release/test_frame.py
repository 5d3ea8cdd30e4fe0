"""Rows without names: what stands in them, and what cannot."""

import polars as pl

from ardoise.authority.registry.models import Pupil
from ardoise.authority.release.frame import completed, frame_of, schema_of
from ardoise.disclosure.release import read_plan
from tests.authority.release.conftest import TABLES
from tests.authority.restitution.world import World


def test_a_row_is_a_pupil_with_results_and_without_identifier(world: World) -> None:
    frame = frame_of(world.campaign)
    assert frame.height == 120
    assert frame.schema == schema_of(world.campaign)
    assert set(frame["sex"]) == {"unknown"}
    assert set(frame["commune"]) == {"Craie-sur-Bois (99)"}
    assert frame["school"].n_unique() == 2
    text = frame.write_csv()
    held = [*world.numbers, *world.numbers.values(), *(school.pk for school in world.schools)]
    assert not any(one in text for one in held)


def test_what_was_skipped_counts_nothing_and_who_was_away_has_no_result(world: World) -> None:
    frame = frame_of(world.campaign)
    # One in six was noted as absent in arithmetic, another sat nothing.
    assert frame["calcul_score"].null_count() == 36
    gone = frame.filter(pl.col("calcul_score").is_null())
    items = [f"calcul-{n}" for n in range(1, 9)]
    assert gone.select(items).null_count().row(0) == (36,) * 8
    there = frame.filter(pl.col("calcul_score").is_not_null())
    assert there.select(pl.sum_horizontal(items)).to_series().to_list() == (
        there["calcul_score"].to_list()
    )
    assert set(there["calcul_group"]) == {1, 2, 3}


def test_rows_come_in_the_keys_order_each_time(world: World) -> None:
    one = frame_of(world.campaign)
    assert one.equals(frame_of(world.campaign))
    rolled = Pupil.objects.filter(campaign=world.campaign).order_by("pk")
    assert rolled.count() == one.height


def test_a_plan_is_told_every_item_and_score(world: World) -> None:
    plan = completed(read_plan(TABLES, name="plan.toml"), world.campaign)
    assert {"francais-1", "calcul-8", "langue_score"} <= set(plan.answers)
    assert plan.units == ("school",)
    assert plan.missing == "drop"
