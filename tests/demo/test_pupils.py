"""Simulated people answer as people do, and the same card always alike."""

from hypothesis import given
from hypothesis import strategies as st

from ardoise.contract.booklet import Item, KeyStroke, Response
from ardoise.demo.pupils import Mind, options

_CHOICE = Response(id="r1", interaction="choice", cardinality="single", base="identifier")
_TREE: list[object] = ["choice", {"response": "r1"}]
_TREE += [["option", {"value": f"c{place}"}, ["p", {}, "x"]] for place in range(1, 5)]
CHOICE = Item(id="i1", label="1", body=(["div", {}, _TREE],), responses=(_CHOICE,))
RIGHT = {"r1": ("c2",)}


def test_options_are_found_wherever_the_interaction_stands() -> None:
    assert options(CHOICE, _CHOICE) == ("c1", "c2", "c3", "c4")


def test_a_keyed_items_options_are_its_keys() -> None:
    keys = (KeyStroke("1", "right", "juste"), KeyStroke("0", "wrong", "faux"))
    response = Response("r1", "choice", "single", "identifier", keys=keys)
    assert options(CHOICE, response) == ("right", "wrong")


@given(st.text(max_size=20))
def test_the_same_card_answers_alike(seed: str) -> None:
    one, two = Mind(seed), Mind(seed)
    assert [one.answers(CHOICE, RIGHT) for _ in range(9)] == [
        two.answers(CHOICE, RIGHT) for _ in range(9)
    ]


def test_who_is_able_is_right_more_often_and_some_leave_out() -> None:
    able, weak, left_out = 0, 0, 0
    for card in range(600):
        mind = Mind(str(card))
        (given,) = mind.answers(CHOICE, RIGHT).values()
        left_out += given == ()
        assert given in {(), ("c1",), ("c2",), ("c3",), ("c4",)}
        if mind.ability > 1:
            able += given == ("c2",)
        elif mind.ability < -0.5:
            weak += given == ("c2",)
    strong = sum(Mind(str(card)).ability > 1 for card in range(600))
    feeble = sum(Mind(str(card)).ability < -0.5 for card in range(600))
    assert able / strong > weak / feeble
    assert 0 < left_out < 90
