"""What needs a human's eye, from whole analyses: sound tests raise no alarm, planted faults do."""

import numpy as np
import pytest
from numpy.typing import NDArray

from ardoise.psychometrics.analysis import analyse
from ardoise.psychometrics.faults import PsychometricsError
from ardoise.psychometrics.models import ItemParameters
from ardoise.psychometrics.plan import Plan
from ardoise.psychometrics.responses import NOT_ADMINISTERED, NOT_REACHED, Answers
from ardoise.psychometrics.simulation import Population, draw_answers, draw_items
from ardoise.psychometrics.tables import AttentionRow

OF_THE_WHOLE = {"reliability", "few-pupils", "imprecise", "extreme"}
"""True of a short or sparse test, or of an item that was drawn so; no alarm about a fault."""
TWO = Population(("a", "b"), (0.5, 0.5), (0.1, -0.1), (1.0, 1.0))


def told(answers: Answers) -> list[AttentionRow]:
    return list(analyse(answers, Plan(errors="none")).tables.attention)


def booklets(codes: NDArray[np.uint8], blocks: int, given: int, draw: np.random.Generator) -> None:
    """Each pupil keeps `given` of so many blocks of items."""
    block = np.arange(codes.shape[1]) % blocks
    first = draw.integers(0, blocks, len(codes))
    codes[(block - first[:, None]) % blocks >= given] = NOT_ADMINISTERED


@pytest.mark.parametrize(
    ("pupils", "items", "blocks", "given"),
    [(1_000, 60, 1, 1), (3_000, 5, 1, 1), (8_000, 60, 7, 2), (8_000, 60, 7, 1), (8_000, 60, 15, 2)],
)
def test_sound_items_raise_less_than_one_alarm_in_sixty(
    pupils: int, items: int, blocks: int, given: int
) -> None:
    alarms = 0
    for seed in (1, 2, 3):
        draw = np.random.default_rng(seed)
        answers, _ = draw_answers(draw_items(items, draw), pupils, draw, population=TWO)
        if blocks > 1:
            booklets(answers.codes, blocks, given, draw)
        alarms += sum(row.kind not in OF_THE_WHOLE for row in told(answers))
    assert alarms <= 2


def test_a_group_that_is_not_there_is_named() -> None:
    draw = np.random.default_rng(1)
    answers, _ = draw_answers(draw_items(6, draw), 300, draw, population=TWO)
    with pytest.raises(PsychometricsError, match=r"'north'.*a, b"):
        analyse(answers, Plan(reference="north"))


def faulty(draw: np.random.Generator) -> Answers:
    """Forty items: 3 miskeyed, 6 DIF, 10 answered like 9, 36 and later not reached by many."""
    items = [
        ItemParameters(item.name, "2PL", 1.1, (float(d),))
        for item, d in zip(draw_items(40, draw), np.linspace(-1.5, 1.5, 40), strict=True)
    ]
    answers, theta = draw_answers(items, 4_000, draw, population=TWO)
    codes = answers.codes
    codes[:, 2] = 1 - codes[:, 2]
    assert answers.groups is not None
    harder = 1 / (1 + np.exp(-(1.1 * theta - 1.2 * answers.groups)))
    codes[:, 5] = draw.random(len(theta)) < harder
    alike = draw.random(len(theta)) < 0.6
    codes[alike, 9] = codes[alike, 8]
    codes[draw.random(len(theta)) < 0.15, 35:] = NOT_REACHED
    return answers


def test_planted_faults_are_found_and_the_broken_key_comes_first() -> None:
    rows = told(faulty(np.random.default_rng(4)))
    found = {(row.kind, row.item) for row in rows}
    assert (rows[0].kind, rows[0].item) == ("negative-slope", "item03")
    assert {("dif-c", "item06"), ("dependence", "item09"), ("not-reached", "item36")} <= found
    planted = {"item03", "item06", "item09", "item10", "item36", ""}
    assert {row.item for row in rows} <= planted
