"""Keys never leave: from a booklet nobody can tell which of two equivalent keys is meant."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ardoise.content.interactions import DELIVERED
from ardoise.contract import booklet as contract
from tests.content.asked import KINDS, Telling, asked
from tests.content.drafts import drafted, written
from tests.content.samples import CHOICE, declared, item, package

NAMES = ("CORRECT", "WRONG", "good", "distractor", "KEY", "solution", "A", "B", "x1", "k1", "c1")
TEMPLATES = st.sampled_from(["match_correct", "map_response"])
OTHERS = ("here", "not-here", "g4", "RIGHT", "target", "S")


@st.composite
def tellings(draw: st.DrawFn) -> Telling:
    return Telling(
        names=draw(st.lists(st.sampled_from(NAMES), min_size=4, max_size=4, unique=True)),
        right=draw(st.integers(0, 3)),
        points=draw(st.lists(st.integers(-3, 3), min_size=4, max_size=4)),
        word=draw(st.sampled_from(["x", "correct", "answer-is-b", "fausse"])),
        identifier=draw(st.sampled_from(["q-1", "the-answer-is-two"])),
        others=draw(st.lists(st.sampled_from(OTHERS), min_size=4, max_size=4, unique=True)),
    )


@pytest.mark.parametrize("kind", sorted(KINDS))
@settings(max_examples=25, deadline=None)
@given(
    one=tellings(),
    other=tellings(),
    templates=st.tuples(*[st.sampled_from(["match_correct", "map_response"])] * 2),
)
def test_two_items_that_differ_only_in_their_key_give_the_same_bytes(
    kind: str, one: Telling, other: Telling, templates: tuple[str, str]
) -> None:
    first = written(drafted(asked(kind, one, templates[0])))
    assert first == written(drafted(asked(kind, other, templates[1])))


def test_every_delivered_interaction_is_tried() -> None:
    assert {f"qti-{kind}-interaction" for kind in KINDS} == set(DELIVERED)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_no_name_of_the_author_s_is_in_a_booklet(kind: str) -> None:
    told = Telling(
        ("CORRECT", "WRONG1", "WRONG2", "WRONG3"),
        word="telling",
        others=("HE1", "HE2", "HE3", "HE4"),
    )
    raw = written(drafted(asked(kind, told)))
    told_names = (b"CORRECT", b"WRONG", b"HE1", b"telling", b"RESPONSE", b"q-1", b"SCORE", b"right")
    for name in told_names:
        assert name not in raw, name


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_what_leaves_is_what_the_contract_says(kind: str) -> None:
    found = contract.decode(written(drafted(asked(kind)))).items[0]
    assert [response.interaction for response in found.responses] == [kind]
    nodes: list[Any] = []

    def walk(node: Any) -> None:
        if isinstance(node, list):
            nodes.append(node)
            for child in node[2:]:
                walk(child)

    for node in found.body:
        walk(node)
    assert [node[1]["response"] for node in nodes if "response" in node[1]] == ["r1"]
    assert all(isinstance(value, str) for node in nodes for value in node[1].values())
    values = [node[1]["value"] for node in nodes if "value" in node[1]]
    assert len(set(values)) == len(values)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_right_answer_finds_its_way_back(kind: str) -> None:
    package = asked(kind)
    made = drafted(package)
    key = made.keymap.items["i1"].responses["r1"]
    correct = package.items[0].responses[0].correct
    halves = [*(key.options or {}).items(), *(key.targets or {}).items()]
    neutral = {identifier: value for value, identifier in halves}
    sent = tuple(" ".join(neutral.get(half, half) for half in one.split(" ")) for one in correct)
    assert made.keymap.original("i1", {"r1": sent}) == ("q-1", {"RESPONSE": correct})
    assert made.keymap.oddities("i1", {"r1": sent}) == ()


def test_a_class_on_one_option_alone_is_dropped_even_if_a_style_sheet_names_it() -> None:
    sheet = '<qti-stylesheet href="a.css" type="text/css"/>'
    marked = CHOICE.replace('identifier="B"', 'identifier="B" class="gold" id="gold"')
    css = ".gold { color: gold } #gold { color: gold } p.gold { color: gold }"
    text = item(f'<p class="gold">x</p>{marked}', declarations=declared("A") + sheet)
    found = contract.decode(written(drafted(package(text, **{"a.css": css})))).items[0]
    assert found.body[0] == ["p", {"class": "k1"}, "x"]
    assert all("class" not in node[1] for node in found.body[1][2:])
