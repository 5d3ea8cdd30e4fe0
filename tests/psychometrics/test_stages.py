"""Two-stage tests: routing may be ignored when its grounds are kept, and only then."""

from dataclasses import replace

import numpy as np
import pytest

from ardoise.psychometrics.calibration import calibrate
from ardoise.psychometrics.faults import PsychometricsError
from ardoise.psychometrics.models import ItemParameters
from ardoise.psychometrics.responses import MISSING, Responses
from ardoise.psychometrics.stages import (
    Module,
    TwoStage,
    routing_probabilities,
    simulate,
    simulated,
)


def bank() -> list[ItemParameters]:
    generator = np.random.default_rng(1)
    found = []
    for name, centre, count in (("r", 0.0, 8), ("e", -1.2, 10), ("h", 1.2, 10)):
        for j in range(count):
            a, b = float(generator.uniform(0.8, 1.6)), float(generator.normal(centre, 0.5))
            found.append(ItemParameters(f"{name}{j}", "2PL", a, (-a * b,)))
    return found


def design(cut: int = 4) -> TwoStage:
    names = [item.name for item in bank()]
    return TwoStage(
        tuple(names[:8]),
        (Module("easy", tuple(names[8:18])), Module("hard", tuple(names[18:]))),
        (cut,),
    )


def bias(found: dict[str, float], names: list[str]) -> float:
    true = {item.name: item.difficulty for item in bank()}
    return float(np.mean([found[name] - true[name] for name in names]))


def test_calibrating_router_and_modules_together_recovers_the_items() -> None:
    """And the modules alone do not: their pupils were selected."""
    generator = np.random.default_rng(2)
    data = simulated(design(), bank(), generator.normal(size=12_000), generator)
    assert (data.codes == MISSING).mean() > 0.3
    together = {item.name: item.difficulty for item in calibrate(data).items}
    easy, hard = (list(module.items) for module in design().modules)
    assert bias(together, easy) == pytest.approx(0, abs=0.06)
    assert bias(together, hard) == pytest.approx(0, abs=0.06)
    apart = calibrate(data.select(hard).take(data.codes[:, -1] != MISSING))
    alone = {item.name: item.difficulty for item in apart.items}
    assert bias(alone, hard) < -0.4


def test_routing_probabilities_are_the_shares_routed() -> None:
    generator = np.random.default_rng(3)
    theta = np.array([-1.0, 0.2, 1.5])
    exact = routing_probabilities(design(), bank(), theta)
    data = simulated(design(), bank(), np.repeat(theta, 20_000), generator)
    shares = (design().routed(data).reshape(3, -1) == 1).mean(axis=1)
    assert exact[:, 1] == pytest.approx(shares, abs=0.01)
    assert exact.sum(axis=1) == pytest.approx(1)


def test_a_simulated_design_tells_precision_exposure_and_misrouting() -> None:
    report = simulate(design(), bank(), generator=np.random.default_rng(4), replicates=300)
    assert report.exposure[:8].tolist() == [1.0] * 8
    assert report.exposure[8:18] == pytest.approx(report.loads[0])
    assert report.loads.sum() == pytest.approx(1)
    assert set(report.best) == {0, 1}
    assert report.misrouted[0] < 0.05 < report.misrouted[len(report.theta) // 2]
    assert report.misrouted[-1] < 0.05
    middle = np.abs(report.theta) < 1
    assert report.rmse[middle] == pytest.approx(report.se[middle], abs=0.08)
    assert report.coverage[middle].min() > 0.9
    single = replace(design(), cuts=(0,))  # everybody to the hard module
    wrong = simulate(single, bank(), generator=np.random.default_rng(4), replicates=300)
    assert wrong.population_rmse > report.population_rmse


def test_the_same_seed_gives_the_same_report() -> None:
    one, two = (
        simulate(design(), bank(), generator=np.random.default_rng(5), replicates=20)
        for _ in range(2)
    )
    assert (one.rmse == two.rmse).all()


def test_answers_where_the_routing_did_not_lead_are_named() -> None:
    generator = np.random.default_rng(6)
    data = simulated(design(), bank(), generator.normal(size=50), generator)
    design().check(data)
    codes = data.codes.copy()
    row = int(np.flatnonzero(design().routed(data) == 0)[0])
    codes[row, -1] = 1
    with pytest.raises(PsychometricsError, match=rf"item 'h9', row {row + 1}: answered"):
        design().check(replace(data, codes=codes))


def test_a_pupil_without_router_answers_has_no_module() -> None:
    codes = np.full((1, 28), MISSING, np.uint8)
    data = Responses(tuple(i.name for i in bank()), codes, np.full(28, 2))
    assert design().routed(data).tolist() == [-1]


def test_designs_that_cannot_be_given_are_refused() -> None:
    with pytest.raises(PsychometricsError, match="2 modules need 1 rising router cuts"):
        replace(design(), cuts=(3, 5))
    with pytest.raises(PsychometricsError, match="repeats the router's item 'r0'"):
        replace(design(), modules=(design().modules[0], Module("x", ("r0",))))
    with pytest.raises(PsychometricsError, match="item 'h9' of the design has no parameters"):
        simulate(design(), bank()[:-1], generator=np.random.default_rng(7))
