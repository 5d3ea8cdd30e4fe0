"""The estimates are the maximum of the likelihood, for every model, or say that they are not."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from ardoise.psychometrics.calibrated import Calibration
from ardoise.psychometrics.calibration import calibrate
from ardoise.psychometrics.faults import EstimationError, ModelError
from ardoise.psychometrics.models import ItemParameters, Model
from ardoise.psychometrics.priors import LogNormalPrior, NormalPrior, Priors
from ardoise.psychometrics.responses import MISSING, Responses
from tests.psychometrics.simulated import (
    answers,
    binary,
    log_likelihood,
    responses,
    some_items,
)

NUDGE = 2e-3


def slow(calibration: Calibration, data: Responses) -> float:
    return log_likelihood(
        list(calibration.items),
        data,
        calibration.means,
        calibration.sds,
        len(calibration.grid.nodes),
    )


def assert_at_the_top(
    calibration: Calibration,
    data: Responses,
    penalty: Callable[[ItemParameters], float] | None = None,
) -> None:
    """The slow likelihood agrees, and no single parameter can be moved to raise it."""

    def height(items: list[ItemParameters], means: np.ndarray, sds: np.ndarray) -> float:
        prior = sum(penalty(item) for item in items) if penalty else 0.0
        return prior + log_likelihood(items, data, means, sds, len(calibration.grid.nodes))

    items, means, sds = list(calibration.items), calibration.means, calibration.sds
    assert log_likelihood(items, data, means, sds, len(calibration.grid.nodes)) == pytest.approx(
        calibration.log_likelihood, abs=1e-6
    )
    top = height(items, means, sds)
    for j, item in enumerate(items):
        if item.name in calibration.anchors:
            continue
        changed = [
            replace(item, intercepts=(*item.intercepts[:k], d + s, *item.intercepts[k + 1 :]))
            for k, d in enumerate(item.intercepts)
            for s in (NUDGE, -NUDGE)
        ]
        if item.model not in ("1PL", "PCM"):
            changed += [replace(item, slope=item.slope + s) for s in (NUDGE, -NUDGE)]
        if item.model == "3PL":
            changed += [replace(item, guess=item.guess + s) for s in (NUDGE, -NUDGE)]
        for other in changed:
            assert height([*items[:j], other, *items[j + 1 :]], means, sds) < top
    for g, group in enumerate(calibration.groups):
        for sign in (NUDGE, -NUDGE):
            if group.free_mean:
                assert height(items, means + sign * (np.arange(len(means)) == g), sds) < top
            if group.free_sd:
                assert height(items, means, sds + sign * (np.arange(len(sds)) == g)) < top


MIXED = [
    binary(1.2, 0.3, "two"),
    ItemParameters("three", "3PL", 1.6, (-0.4,), 0.2),
    ItemParameters("steps", "GPCM", 0.9, (0.8, 0.2, -0.9)),
    ItemParameters("grades", "GRM", 1.3, (1.5, 0.1, -1.2)),
    binary(-0.6, 0.4, "wrong key"),
    binary(0.9, -0.8, "two more"),
]


def test_mixed_formats_reach_the_maximum_of_the_likelihood() -> None:
    generator = np.random.default_rng(5)
    data = responses(MIXED, generator.standard_normal(400), generator, missing=0.2)
    models: dict[str, Model] = {item.name: item.model for item in MIXED}
    calibration = calibrate(data, model=models, priors=Priors(guess=NormalPrior(-1.4, 0.5)))
    assert calibration.converged, calibration.reason

    def penalty(item: ItemParameters) -> float:
        if item.model != "3PL":
            return 0.0
        return float(-0.5 * ((np.log(item.guess / (1 - item.guess)) + 1.4) / 0.5) ** 2)

    assert_at_the_top(calibration, data, penalty)
    assert calibration.item("wrong key").slope < 0
    assert ("wrong key", "negative-slope") in {(f.item, f.kind) for f in calibration.findings}


def test_groups_with_free_means_and_sds_reach_the_maximum_of_the_likelihood() -> None:
    generator = np.random.default_rng(6)
    groups = np.repeat([0, 1], [200, 250]).astype(np.int32)
    theta = generator.standard_normal(450) * np.where(groups, 1.3, 1.0) + 0.5 * groups
    data = responses(
        some_items(6, generator), theta, generator, groups=groups, group_names=("old", "new")
    )
    data.codes[groups == 0, 5] = MISSING
    data.codes[groups == 1, 0] = MISSING
    calibration = calibrate(data, model="2PL")
    assert calibration.converged, calibration.reason
    assert (calibration.groups[0].mean, calibration.groups[0].sd) == (0.0, 1.0)
    assert_at_the_top(calibration, data)


@pytest.mark.parametrize("scale", ["unit-sd", "unit-slope"])
def test_a_rasch_model_with_partial_credit_reaches_the_maximum(scale: str) -> None:
    generator = np.random.default_rng(7)
    items = [*some_items(3, generator), ItemParameters("steps", "PCM", 1.0, (0.5, -0.7))]
    data = responses(items, generator.standard_normal(300), generator)
    calibration = calibrate(data, model="1PL", scale=scale)  # type: ignore[arg-type]
    assert calibration.converged, calibration.reason
    assert len({item.slope for item in calibration.items}) == 1
    assert [item.model for item in calibration.items] == ["1PL", "1PL", "1PL", "PCM"]
    assert_at_the_top(calibration, data)
    top = calibration.log_likelihood
    for slope in (calibration.items[0].slope + NUDGE, calibration.items[0].slope - NUDGE):
        if scale == "unit-sd":
            others = [replace(item, slope=slope) for item in calibration.items]
            assert log_likelihood(others, data, calibration.means, calibration.sds) < top


@pytest.mark.parametrize("model", ["1PL", "2PL"])
def test_anchors_stay_and_free_the_group(model: str) -> None:
    generator = np.random.default_rng(8)
    items = some_items(6, generator)
    data = responses(items, 0.4 + 1.2 * generator.standard_normal(400), generator)
    calibration = calibrate(data, model=model, anchors={i.name: i for i in items[:3]})
    assert calibration.converged, calibration.reason
    assert calibration.items[:3] == tuple(items[:3])
    assert_at_the_top(calibration, data)
    if model == "1PL":
        assert len({item.slope for item in calibration.items[3:]}) == 1
        for sign in (NUDGE, -NUDGE):
            moved = [*items[:3], *(replace(i, slope=i.slope + sign) for i in calibration.items[3:])]
            assert (
                log_likelihood(moved, data, calibration.means, calibration.sds)
                < calibration.log_likelihood
            )


def test_priors_on_slopes_pull_without_breaking_the_maximum() -> None:
    generator = np.random.default_rng(9)
    data = responses(some_items(4, generator), generator.standard_normal(150), generator)
    calibration = calibrate(data, model="2PL", priors=Priors(slope=LogNormalPrior(0.0, 0.3)))
    assert calibration.converged, calibration.reason

    def penalty(item: ItemParameters) -> float:
        return float(-np.log(item.slope) - 0.5 * (np.log(item.slope) / 0.3) ** 2)

    assert_at_the_top(calibration, data, penalty)


def test_weights_count_pupils_as_often_as_they_say() -> None:
    generator = np.random.default_rng(10)
    data = responses(some_items(5, generator), generator.standard_normal(300), generator)
    times = generator.integers(0, 4, 300)
    repeated = calibrate(data.take(np.repeat(np.arange(300), times)))
    weighted = calibrate(replace(data, weights=times.astype(np.float64) * 7))
    for one, other in zip(repeated.items, weighted.items, strict=True):
        assert one.slope == pytest.approx(other.slope, abs=5e-5)
        assert one.intercepts == pytest.approx(other.intercepts, abs=5e-5)


def test_the_same_bits_on_any_number_of_threads() -> None:
    generator = np.random.default_rng(11)
    data = responses(
        some_items(12, generator), generator.standard_normal(70_000), generator, missing=0.1
    )
    one, two, three = (calibrate(data, threads=threads) for threads in (1, 2, 3))
    assert one == two == three


def test_large_data_start_on_a_subsample_and_end_where_all_pupils_say() -> None:
    generator = np.random.default_rng(12)
    data = responses(some_items(8, generator), generator.standard_normal(40_000), generator)
    stages = []
    calibration = calibrate(data, progress=lambda p: stages.append(p.stage))
    assert "start" in stages
    assert calibration.converged
    assert slow(calibration, data.take(slice(0, 200))) < 0
    again = calibrate(data, tolerance=1e-8)
    for one, other in zip(calibration.items, again.items, strict=True):
        assert one.slope == pytest.approx(other.slope, abs=2e-5)


def test_items_that_cannot_be_calibrated_are_left_out_by_name_and_harm_no_other() -> None:
    generator = np.random.default_rng(13)
    items = some_items(6, generator)
    data = responses(items, generator.standard_normal(500), generator, missing=0.3)
    alone = calibrate(data)
    codes = np.concatenate([data.codes, np.zeros((500, 3), np.uint8)], axis=1)
    codes[:, 6], codes[:, 7], codes[:, 8] = 1, 0, MISSING
    names = (*data.items, "all right", "all wrong", "nobody")
    spoiled = Responses(names, codes, np.full(9, 2))
    calibration = calibrate(spoiled)
    assert {(f.item, f.kind) for f in calibration.findings if f.item in names[6:]} == {
        ("all right", "constant"),
        ("all wrong", "constant"),
        ("nobody", "never-seen"),
    }
    assert calibration.items == alone.items
    with pytest.raises(EstimationError, match=r"'all right'.*everybody who answered scores 1"):
        calibration.item("all right")


def test_a_near_zero_slope_is_estimated_and_reported() -> None:
    generator = np.random.default_rng(14)
    items = [*some_items(8, generator), binary(0.0, 0.5, "noise")]
    data = responses(items, generator.standard_normal(4000), generator)
    calibration = calibrate(data)
    assert calibration.converged, calibration.reason
    assert abs(calibration.item("noise").slope) < 0.12
    assert ("noise", "near-zero-slope") in {(f.item, f.kind) for f in calibration.findings}


def test_an_item_that_drifts_is_held_and_named_and_the_result_is_not_called_converged() -> None:
    generator = np.random.default_rng(15)
    theta = generator.standard_normal(300)
    items = some_items(3, generator)
    codes = answers(items, theta, generator)
    total = codes.sum(axis=1)
    perfect = np.stack([total >= 2, total >= 2], axis=1).astype(np.uint8)
    data = Responses(
        ("q0", "q1", "q2", "x", "y"), np.concatenate([codes, perfect], axis=1), np.full(5, 2)
    )
    calibration = calibrate(data)
    drifting = [f.item for f in calibration.findings if f.kind == "drifting"]
    assert drifting
    assert not calibration.converged
    assert all(name in calibration.reason for name in drifting)


@pytest.mark.parametrize("model", ["GPCM", "GRM"])
@pytest.mark.parametrize("unused", [0, 1, 3])
def test_a_score_that_nobody_gets_is_reported_and_has_no_probability(
    model: str, unused: int
) -> None:
    generator = np.random.default_rng(16)
    steps = ItemParameters("steps", "GPCM", 1.0, (0.9, 0.1, -0.8))
    items = [*some_items(5, generator), steps]
    data = responses(items, generator.standard_normal(1500), generator)
    data.codes[data.codes[:, 5] == unused, 5] = 2
    calibration = calibrate(data, model=model)
    assert calibration.converged, calibration.reason
    found = [f.what for f in calibration.findings if f.kind == "unused-category"]
    assert len(found) == 1
    assert f"nobody scores {unused}" in found[0]
    curve = calibration.item("steps").probabilities(np.linspace(-3, 3, 7))
    assert curve[:, unused].max() < 1e-9
    assert slow(calibration, data) == pytest.approx(calibration.log_likelihood, abs=1e-4)


def test_eighty_six_per_cent_planned_missing_recovers_the_items() -> None:
    generator = np.random.default_rng(17)
    items = some_items(70, generator)
    data = responses(items, generator.standard_normal(20_000), generator)
    booklet = generator.integers(0, 7, 20_000)
    given = (np.arange(70)[None, :] // 10) == booklet[:, None]
    data.codes[~given] = MISSING
    calibration = calibrate(data)
    assert calibration.converged, calibration.reason
    errors = [
        a.intercepts[0] - b.intercepts[0] for a, b in zip(calibration.items, items, strict=True)
    ]
    assert np.sqrt(np.mean(np.square(errors))) < 0.07


def test_a_group_that_shares_no_item_is_refused_by_name() -> None:
    generator = np.random.default_rng(18)
    groups = np.repeat([0, 1], 100).astype(np.int32)
    data = responses(
        some_items(4, generator),
        generator.standard_normal(200),
        generator,
        groups=groups,
        group_names=("2025", "2026"),
    )
    data.codes[:100, 2:] = MISSING
    data.codes[100:, :2] = MISSING
    with pytest.raises(EstimationError, match="'2026' shares no item with group '2025'"):
        calibrate(data)


def test_absurd_requests_name_what_is_wrong() -> None:
    generator = np.random.default_rng(19)
    data = responses(MIXED[:3], generator.standard_normal(50), generator)
    with pytest.raises(ModelError, match="'steps' has 4 categories: a 2PL has two"):
        calibrate(data, model={"two": "2PL", "three": "2PL", "steps": "2PL"})
    with pytest.raises(ModelError, match="'three' has no model"):
        calibrate(data, model={"two": "2PL"})
    with pytest.raises(ModelError, match="'4PL' is not one of"):
        calibrate(data, model="4PL")
    with pytest.raises(ModelError, match="anchor 'steps' has 2 categories"):
        calibrate(data, anchors={"steps": binary(1, 0, "steps")})
    with pytest.raises(ModelError, match="none of the 1 anchors"):
        calibrate(data, anchors={"other": binary(1, 0, "other")})
    with pytest.raises(EstimationError, match="no pupils"):
        calibrate(data.take(slice(0, 0)))
    with pytest.raises(EstimationError, match="no item can be calibrated: two: nobody"):
        calibrate(replace(data, codes=np.full_like(data.codes, MISSING)))


def test_a_calibration_that_is_stopped_early_says_so() -> None:
    generator = np.random.default_rng(20)
    data = responses(some_items(5, generator), generator.standard_normal(500), generator)
    calibration = calibrate(data, max_iterations=8, tolerance=1e-13)
    assert not calibration.converged
    assert calibration.reason.startswith("stopped")
    assert "from the fixed point" in calibration.reason


def test_a_group_beyond_the_grid_is_reported_and_breaks_nothing() -> None:
    generator = np.random.default_rng(21)
    groups = np.repeat([0, 1], [2000, 30]).astype(np.int32)
    theta = generator.standard_normal(2030) + 7.0 * groups
    data = responses(
        some_items(12, generator), theta, generator, groups=groups, group_names=("a", "far")
    )
    calibration = calibrate(data)
    assert ("far", "grid-edge") in {(f.item, f.kind) for f in calibration.findings}
    assert 0.3 < calibration.items[0].slope < 3


def test_too_few_items_to_tell_are_refused() -> None:
    generator = np.random.default_rng(22)
    data = responses(some_items(2, generator), generator.standard_normal(100), generator)
    with pytest.raises(EstimationError, match=r"only 2 item\(s\).*at least 3"):
        calibrate(data)
    assert calibrate(data, model="1PL").items[0].slope > 0


def test_groups_can_be_many() -> None:
    generator = np.random.default_rng(23)
    groups = np.repeat(np.arange(30), 300).astype(np.int32)
    theta = generator.standard_normal(9000) * 0.8 + groups * 0.03
    names = tuple(f"g{k:02}" for k in range(30))
    data = responses(some_items(20, generator), theta, generator, groups=groups, group_names=names)
    calibration = calibrate(data)
    assert calibration.converged, calibration.reason
    expected = (calibration.means * 0.8)[1:] - 0.03 * np.arange(1, 30)
    assert np.sqrt(np.mean((expected - expected.mean()) ** 2)) < 0.1
