"""What needs a human's eye: which faults are told, and in which order."""

from dataclasses import replace

import pytest

from ardoise.psychometrics.attention import Circumstances, attention
from ardoise.psychometrics.report.attention_words import WORDINGS
from ardoise.psychometrics.tables import (
    AttentionRow,
    DifRow,
    DriftRow,
    GroupRow,
    InformationRow,
    ItemRow,
    LevelRow,
    OptionRow,
    ReachRow,
    Tables,
)

FINE = Circumstances(converged=True, iterations=9, parameters=4, scale_sd=50.0)
ITEM = ItemRow(
    item="q1", position=1, model="2PL", categories=2, administered=5000, omitted=0.01,
    not_reached=0.0, mean=0.6, item_rest=0.4, alpha_without=0.8, slope=1.0, slope_se=0.05,
    difficulty=-0.4, difficulty_se=0.05, guess=0.0, infit=1.0, outfit=1.0, s_x2=10.0,
    s_x2_df=10.0, s_x2_p=0.4, s_x2_rmsea=0.0, rmsd=0.01, weight=0.5, anchor=False, rapid=None,
)  # fmt: skip
EVERYBODY = GroupRow("", 5000, 0.0, 1.0, 250.0, 50.0, 0.7, 0.6, 0.85, 0.85)
SOUND = Tables(
    items=[ITEM, replace(ITEM, item="q2", position=2)],
    groups=[EVERYBODY],
    information=[InformationRow(0.0, 6.25, 0.4)],
)


def told(tables: Tables, about: Circumstances = FINE) -> list[AttentionRow]:
    return list(attention(tables, about))


def with_item(**changes: object) -> Tables:
    return replace(SOUND, items=[replace(ITEM, **changes), SOUND.items[1]])  # type: ignore[arg-type]


def test_a_sound_test_needs_nobody() -> None:
    assert told(SOUND) == []


@pytest.mark.parametrize(
    ("changes", "kind", "grade"),
    [
        ({"slope": -0.1, "slope_se": 0.04}, "negative-slope", 3),
        ({"slope": -0.1, "slope_se": 0.3}, "flat-slope", 2),
        ({"slope": 0.1}, "flat-slope", 2),
        ({"item_rest": -0.05}, "negative-item-rest", 3),
        ({"item_rest": 0.1, "slope": 0.3}, "low-item-rest", 2),
        ({"infit": 1.3}, "misfit", 2),
        ({"rmsd": 0.08}, "misfit", 2),
        ({"omitted": 0.3}, "omitted", 1),
        ({"rapid": 0.2}, "rapid", 2),
        ({"mean": 0.98}, "extreme", 1),
        ({"slope_se": 0.6}, "imprecise", 1),
    ],
)
def test_an_items_fault_is_told_once(changes: dict[str, object], kind: str, grade: int) -> None:
    (row,) = told(with_item(**changes))
    assert (row.kind, row.grade, row.item) == (kind, grade, "q1")
    assert row.kind in WORDINGS


def test_an_item_on_one_pupils_result_moves_it_by_its_share_of_the_error() -> None:
    (row,) = told(with_item(slope=-0.2))
    assert row.impact == pytest.approx(50 * 0.4 * 0.5**0.5)


def test_no_convergence_comes_before_every_item() -> None:
    rows = told(with_item(slope=-0.2), replace(FINE, converged=False))
    assert [row.kind for row in rows] == ["not-converged", "negative-slope"]
    assert [row.rank for row in rows] == [1, 2]


def test_of_one_gravity_the_larger_impact_comes_first() -> None:
    light = replace(ITEM, slope=-0.2, weight=0.1)
    heavy = replace(ITEM, item="q2", position=2, slope=-0.2, weight=0.4)
    rows = told(replace(SOUND, items=[light, heavy]))
    assert [row.item for row in rows] == ["q2", "q1"]


def test_a_drift_that_moves_the_trend_is_settled_first() -> None:
    small = DriftRow("q1", 1.0, 0.0, 1.0, 0.3, 0.07, 0.004, True)
    large = replace(small, item="q2", shift=-0.02)
    still = replace(small, item="q3", flagged=False)
    rows = told(replace(SOUND, drift=[small, large, still]))
    assert [(row.item, row.grade) for row in rows] == [("q2", 3), ("q1", 2)]
    assert rows[0].impact == pytest.approx(1.0)


def test_dif_is_told_by_its_class_and_moves_the_gap() -> None:
    row = DifRow("q1", "boys", "girls", -2.35, 0.1, "C", -0.1, 0.05)
    rows = told(replace(SOUND, dif=[row, replace(row, item="q2", ets="A")]))
    assert [(r.kind, r.other, r.on) for r in rows] == [("dif-c", "boys", "gap")]
    assert rows[0].impact == pytest.approx(50 * 0.5 * 1.0)


def test_a_rare_option_does_not_beat_the_key() -> None:
    key = OptionRow("q1", "a", True, 4000, 0.8, 0.6, 0.3)
    other = OptionRow("q1", "b", False, 900, 0.18, 0.7, 0.1)
    assert [r.other for r in told(replace(SOUND, options=[key, other]))] == ["b"]
    assert told(replace(SOUND, options=[key, replace(other, share=0.01)])) == []


def test_only_the_first_item_of_a_jump_is_told() -> None:
    shares = (0.0, 0.01, 0.09, 0.10, 0.11)
    rows = [ReachRow(k + 1, f"q{k + 1}", share) for k, share in enumerate(shares)]
    assert [r.item for r in told(replace(SOUND, reach=rows))] == ["q3"]


def test_small_samples_low_reliability_and_unsure_levels_are_told() -> None:
    few = replace(EVERYBODY, pupils=30, reliability=0.5)
    level = LevelRow("", 0, "low", None, None, 0.3, None, 0.6, None)
    rows = told(replace(SOUND, groups=[few, replace(few, group="g")], levels=[level]))
    assert {row.kind for row in rows} == {
        "few-pupils", "reliability", "small-group", "level-accuracy",
    }  # fmt: skip


def test_items_left_out_of_the_calibration_are_told() -> None:
    findings = (("q1", "constant"), ("q2", "never-seen"), ("q2", "few-answers"))
    rows = told(SOUND, replace(FINE, findings=findings))
    assert [(row.kind, row.item) for row in rows] == [("constant", "q1"), ("never-seen", "q2")]


def test_in_a_small_sample_chance_is_not_called_a_fault() -> None:
    few = {"administered": 80, "infit": 1.25, "rmsd": 0.07, "item_rest": -0.05, "slope": 0.3}
    assert [row.kind for row in told(with_item(**few))] == ["low-item-rest"]
    many = {**few, "administered": 80_000}
    assert {row.kind for row in told(with_item(**many))} == {"misfit", "negative-item-rest"}
