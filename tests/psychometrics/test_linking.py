"""Linking constants: recovered, minimised blindly, with honest errors; and drifting anchors."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from ardoise.psychometrics.calibration import calibrate
from ardoise.psychometrics.drift import drift
from ardoise.psychometrics.errors import standard_errors
from ardoise.psychometrics.faults import EstimationError, PsychometricsError
from ardoise.psychometrics.linking import METHODS, Comparison, Direction, Method, link, moved
from ardoise.psychometrics.linking_errors import bootstrapped, joint_covariance, with_errors
from ardoise.psychometrics.models import ItemParameters
from tests.psychometrics.simulated import responses, some_items


def bank(seed: int, count: int = 15) -> list[ItemParameters]:
    generator = np.random.default_rng(seed)
    found = []
    for j in range(count):
        a, d = float(generator.uniform(0.5, 2)), np.sort(generator.normal(size=3))[::-1].tolist()
        found.append(
            (
                ItemParameters(f"q{j}", "2PL", a, (d[0],)),
                ItemParameters(f"q{j}", "3PL", a, (d[1],), 0.2),
                ItemParameters(f"q{j}", "GPCM", a, tuple(d[::-1])),
                ItemParameters(f"q{j}", "GRM", a, tuple(d)),
                ItemParameters(f"q{j}", "PCM", a, tuple(d[:2])),
            )[j % 5]
        )
    return found


def noisy(items: list[ItemParameters], seed: int, size: float = 0.1) -> list[ItemParameters]:
    generator = np.random.default_rng(seed)
    return [
        replace(
            item,
            slope=item.slope * float(np.exp(size * generator.normal())),
            intercepts=tuple(
                np.sort(np.array(item.intercepts) + size * generator.normal(size=steps))[
                    :: -1 if item.model == "GRM" else 1
                ].tolist()
            ),
        )
        for item in items
        for steps in [len(item.intercepts)]
    ]


def curves(item: ItemParameters, theta: np.ndarray) -> np.ndarray:
    """Category probabilities written out, (categories, points)."""
    z = item.slope * theta
    if item.model in ("PCM", "GPCM"):
        steps = np.concatenate([[0], np.cumsum(item.intercepts)])
        e = np.exp([k * z + step for k, step in enumerate(steps)])
        return np.asarray(e / e.sum(axis=0))
    above = [item.guess + (1 - item.guess) / (1 + np.exp(-z - d)) for d in item.intercepts]
    return np.asarray(-np.diff([1 + 0 * z, *above, 0 * z], axis=0))


def criterion(
    at: np.ndarray,
    new: list[ItemParameters],
    base: list[ItemParameters],
    method: Method,
    over: Comparison,
) -> float:
    slope, intercept = at
    theta, weights = np.array(over.theta), np.array(over.weights)
    total = 0.0
    for forward in (True, False):
        if over.direction == ("backward" if forward else "forward"):
            continue
        tests = 0.0 * theta
        for x, y in zip(new, base, strict=True):
            if forward:
                away = curves(y, theta) - curves(x, (theta - intercept) / slope)
            else:
                away = curves(x, theta) - curves(y, slope * theta + intercept)
            tests = tests + np.arange(len(away)) @ away
            total += float((weights * away**2).sum()) if method == "haebara" else 0.0
        total += float(weights @ tests**2) if method == "stocking-lord" else 0.0
    return total


@given(
    st.integers(0, 10_000),
    st.floats(0.4, 2.5),
    st.floats(-2, 2),
    st.sampled_from(METHODS),
    st.sampled_from(["forward", "backward", "symmetric"]),
)
@settings(max_examples=40, deadline=None)
def test_a_form_that_was_only_moved_is_brought_back(
    seed: int, slope: float, intercept: float, method: Method, direction: Direction
) -> None:
    base = bank(seed)
    new = [moved(item, 1 / slope, -intercept / slope) for item in base]
    found = link(new, base, method, comparison=Comparison.normal(direction=direction))
    assert (found.slope, found.intercept) == pytest.approx((slope, intercept), abs=1e-8)
    for item, target in zip(new, base, strict=True):
        back = found.item(item)
        assert back.vector == pytest.approx(target.vector, abs=1e-7)


@pytest.mark.parametrize("method", ["haebara", "stocking-lord"])
@pytest.mark.parametrize("direction", ["forward", "backward", "symmetric"])
@pytest.mark.parametrize("even", [False, True])
def test_curve_methods_agree_with_a_blind_minimiser(
    method: Method, direction: Direction, even: bool
) -> None:
    base = bank(1)
    new = noisy([moved(item, 1 / 1.2, 0.4 / 1.2) for item in base], 2)
    over = Comparison.even(direction=direction) if even else Comparison.normal(direction=direction)
    found = link(new, base, method, comparison=over)
    blind = minimize(
        criterion,
        [1.0, 0.0],
        args=(new, base, method, over),
        method="Nelder-Mead",
        options={"xatol": 1e-10, "fatol": 1e-16, "maxiter": 2_000},
    )
    assert (found.slope, found.intercept) == pytest.approx(tuple(blind.x), abs=1e-7)
    assert found.loss == pytest.approx(blind.fun, rel=1e-8)
    assert found.comparison == over


def test_moment_methods_are_the_closed_forms() -> None:
    base, new = some_items(8, np.random.default_rng(3)), some_items(8, np.random.default_rng(4))
    b_base, b_new = (np.array([item.difficulty for item in x]) for x in (base, new))
    sigma = link(new, base, "mean-sigma")
    assert sigma.slope == pytest.approx(b_base.std() / b_new.std())
    assert sigma.intercept == pytest.approx(b_base.mean() - sigma.slope * b_new.mean())
    mean = link(new, base, "mean-mean")
    ratio = np.mean([i.slope for i in new]) / np.mean([i.slope for i in base])
    assert mean.slope == pytest.approx(ratio)


@pytest.mark.parametrize("method", METHODS)
def test_linking_back_undoes_linking_forth(method: Method) -> None:
    """For curve methods, comparing on the same scale; both directions at once are symmetric."""
    base, new = bank(5), noisy(bank(5), 6)
    there = link(new, base, method, comparison=Comparison.normal(direction="forward"))
    back = link(base, new, method, comparison=Comparison.normal(direction="backward"))
    assert there.slope * back.slope == pytest.approx(1)
    assert there.slope * back.intercept + there.intercept == pytest.approx(0, abs=1e-9)


def test_the_constants_depend_on_the_weights_and_say_on_which() -> None:
    base, new = bank(7), noisy(bank(7), 8, 0.3)
    low = link(new, base, comparison=Comparison.normal(mean=-2))
    high = link(new, base, comparison=Comparison.normal(mean=2))
    assert abs(low.intercept - high.intercept) > 1e-3
    assert low.comparison is not None
    assert low.comparison.theta[30] == -2


def test_a_flat_item_stops_moment_methods_by_name_and_not_the_others() -> None:
    base = some_items(6, np.random.default_rng(9))
    new = [replace(base[0], slope=0.0), *base[1:]]
    with pytest.raises(EstimationError, match="item 'q0' has slope 0"):
        link(new, base, "mean-sigma")
    assert link(new, base, "haebara").slope == pytest.approx(1, abs=0.2)


def test_items_that_say_nothing_at_these_abilities_give_an_error_and_no_constants() -> None:
    far = [ItemParameters(f"q{j}", "2PL", 3.0, (90.0 + j,)) for j in range(3)]
    with pytest.raises(EstimationError, match="linking"):
        link(noisy(far, 21), far)


def test_weak_and_negative_slopes_do_not_stop_the_curve_methods() -> None:
    base = some_items(12, np.random.default_rng(22))
    base[0] = replace(base[0], slope=0.01)
    base[1] = replace(base[1], slope=-0.4)
    new = [moved(item, 1 / 1.3, -0.7 / 1.3) for item in base]
    for method in ("haebara", "stocking-lord"):
        found = link(new, base, method)
        assert (found.slope, found.intercept) == pytest.approx((1.3, 0.7), abs=1e-8)


def test_unlike_items_and_too_few_are_refused() -> None:
    base = bank(10)
    with pytest.raises(PsychometricsError, match=r"1 common item\(s\)"):
        link(base[:1], base)
    other = [base[0], replace(base[1], name="q2"), base[3]]
    with pytest.raises(PsychometricsError, match="item 'q2': 3PL with 2 categories"):
        link(other, base)
    with pytest.raises(PsychometricsError, match="method is 'best'"):
        link(base, base, "best")  # type: ignore[arg-type]


@pytest.mark.parametrize("method", METHODS)
def test_standard_errors_agree_with_the_bootstrap(method: Method) -> None:
    base = bank(11)
    new = noisy(base, 12, 0.05)
    size = sum(len(item.vector) for item in base)
    root = np.random.default_rng(13).normal(scale=0.01, size=(size, size))
    covariance = root @ root.T / size + np.eye(size) * 4e-4
    found = link(new, base, method)
    exact = with_errors(found, new, base, covariance, covariance / 2)
    drawn = bootstrapped(
        found, new, base, covariance, covariance / 2, generator=np.random.default_rng(14), draws=150
    )
    assert exact.slope_se == pytest.approx(drawn.slope_se, rel=0.2)
    assert exact.intercept_se == pytest.approx(drawn.intercept_se, rel=0.2)


@pytest.mark.parametrize("model", ["2PL", "1PL"])
def test_standard_errors_cover_the_truth_from_calibrations(model: str) -> None:
    items = some_items(12, np.random.default_rng(15))
    if model == "1PL":
        items = [replace(item, model="1PL", slope=1.0) for item in items]
    z = []
    for seed in range(25):
        generator = np.random.default_rng(seed)
        sides = []
        for mean, sd in ((0.0, 1.0), (0.5, 1.25)):
            data = responses(items, generator.normal(mean, sd, 1_000), generator)
            calibration = calibrate(data, model=model)
            sides.append((calibration.items, standard_errors(calibration, data)))
        (base, base_errors), (new, new_errors) = sides
        found = link(new, base, "stocking-lord")
        found = with_errors(
            found,
            new,
            base,
            joint_covariance(new_errors, found.items),
            joint_covariance(base_errors, found.items),
        )
        assert found.slope_se is not None
        assert found.intercept_se is not None
        z += [(found.slope - 1.25) / found.slope_se, (found.intercept - 0.5) / found.intercept_se]
    assert np.sqrt(np.mean(np.square(z))) == pytest.approx(1, abs=0.25)


def test_a_drifting_anchor_is_ranked_first_with_what_it_moves() -> None:
    base = some_items(20, np.random.default_rng(16))
    new = noisy([moved(item, 1 / 1.1, -0.3 / 1.1) for item in base], 17, 0.02)
    new[4] = replace(new[4], intercepts=(new[4].intercepts[0] - 1.0,))
    full = link(new, base)
    report = drift(new, base, full, mean=0.1)
    worst = report.anchors[0]
    assert worst.item == "q4"
    clean = link([i for i in new if i.name != "q4"], base)
    moves = clean.slope * 0.1 + clean.intercept - full.slope * 0.1 - full.intercept
    assert worst.shift == pytest.approx(moves, abs=1e-9)
    assert worst.difficulty_z > 4
    assert worst.distance == max(anchor.distance for anchor in report.anchors)
    assert abs(worst.shift) > 3 * abs(report.anchors[1].shift)
    assert report.linking_error > abs(worst.shift) / 2


def test_the_linking_error_is_the_jackknife_over_anchors() -> None:
    base = some_items(10, np.random.default_rng(18))
    new = noisy(base, 19, 0.1)
    full = link(new, base, "mean-mean")
    report = drift(new, base, full)
    shifts = np.array([anchor.shift for anchor in report.anchors])
    assert report.linking_error**2 == pytest.approx(9 / 10 * ((shifts - shifts.mean()) ** 2).sum())


def test_two_anchors_cannot_spare_one() -> None:
    base = some_items(2, np.random.default_rng(20))
    with pytest.raises(PsychometricsError, match="at least three"):
        drift(base, base, link(base, base, "mean-mean"))
