"""Template processing: reproducible draws, keys that follow from them, constraints."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ardoise.content.faults import ContentFault
from ardoise.scoring import compile_item, instantiate
from ardoise.scoring.draws import Draws
from ardoise.scoring.values import parse_lexical
from tests.scoring.items import SCORE, number, put, read, scorer

SEED = bytes(range(32))


def template(name: str, inside: str = "") -> str:
    return (
        f'<qti-template-declaration identifier="{name}" cardinality="single" base-type="integer">'
        f"{inside}</qti-template-declaration>"
    )


def draw(name: str, low: int, high: int) -> str:
    value = f'<qti-random-integer min="{low}" max="{high}"/>'
    return put(name, value, rule="set-template-value")


A, B = '<qti-variable identifier="A"/>', '<qti-variable identifier="B"/>'
ANSWER = (
    '<qti-response-declaration identifier="RESPONSE" cardinality="single" base-type="integer"/>'
)
MATCH = '<qti-response-processing template="https://x/rptemplates/match_correct.xml"/>'


def adding(more: str = "") -> str:
    inside = (
        draw("A", 1, 6) + draw("B", 1, 6) + more
        + put("RESPONSE", f"<qti-sum>{A}{B}</qti-sum>", rule="set-correct-response")
    )  # fmt: skip
    return (
        ANSWER + SCORE + template("A") + template("B")
        + f"<qti-template-processing>{inside}</qti-template-processing>" + MATCH
    )  # fmt: skip


@given(st.binary(min_size=16, max_size=32))
def test_the_key_follows_from_what_was_drawn(seed: bytes) -> None:
    item = read(adding())
    drawn = instantiate(item, seed=seed)
    one, other = drawn.values["A"], drawn.values["B"]
    assert isinstance(one, int)
    assert isinstance(other, int)
    assert drawn.correct["RESPONSE"] == one + other
    found = compile_item(item, capture=parse_lexical)
    assert found.score({"RESPONSE": (str(one + other),)}, templates=drawn).score == 1
    assert found.score({"RESPONSE": ("99",)}, templates=drawn).score == 0


def test_the_same_seed_draws_the_same_and_another_differs() -> None:
    item = read(adding())
    again = [instantiate(item, seed=SEED).values for _ in range(3)]
    assert again[0] == again[1] == again[2]
    many = {tuple(instantiate(item, seed=bytes([n]) * 16).values.values()) for n in range(30)}
    assert len(many) > 10


def test_the_stream_of_draws_never_changes() -> None:
    """Written down: a booklet drawn today must be scored alike in ten years."""
    draws = Draws(SEED, "q1")
    assert [draws.below(1000) for _ in range(6)] == FIXED
    assert Draws(SEED, "q1").fraction() == FRACTION
    assert Draws(SEED, "q2").below(1000) != FIXED[0]


FIXED = [229, 598, 71, 326, 541, 803]
FRACTION = 0.7124778061316809


def test_a_seed_is_long_enough_and_a_bound_sane() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        Draws(bytes(15), "q")
    for bound in (0, (1 << 62) + 1):
        with pytest.raises(ValueError, match="between 1"):
            Draws(SEED, "q").below(bound)


def test_a_constraint_is_drawn_for_until_it_holds() -> None:
    unlike = f"<qti-template-constraint><qti-gt>{A}{B}</qti-gt></qti-template-constraint>"
    item = read(adding(unlike))
    for n in range(20):
        values = instantiate(item, seed=bytes([n]) * 16).values
        assert values["A"] > values["B"]  # type: ignore[operator]


def test_a_constraint_that_never_holds_is_a_fault() -> None:
    never = f"<qti-template-constraint><qti-gt>{A}{number(9)}</qti-gt></qti-template-constraint>"
    with pytest.raises(ContentFault, match="no draw of 1000 satisfies the template constraint"):
        instantiate(read(adding(never)), seed=SEED)


def test_an_exit_ends_template_processing() -> None:
    inside = put("A", number(2, "integer"), rule="set-template-value") + "<qti-exit-template/>"
    inside += put("A", number(3, "integer"), rule="set-template-value")
    item = read(template("A") + f"<qti-template-processing>{inside}</qti-template-processing>")
    assert instantiate(item, seed=SEED).values == {"A": 2}


def test_conditions_choose_and_defaults_are_set() -> None:
    one, two = (put("B", number(n, "integer"), rule="set-template-value") for n in (1, 2))
    low = f"<qti-lt>{A}{number(4)}</qti-lt>"
    inside = f"""{draw("A", 1, 6)}<qti-template-condition>
    <qti-template-if>{low}{one}</qti-template-if>
    <qti-template-else>{two}</qti-template-else>
    </qti-template-condition>{put("SCORE", number(7), rule="set-default-value")}"""
    item = read(
        ANSWER + SCORE + template("A") + template("B")
        + f"<qti-template-processing>{inside}</qti-template-processing>"
    )  # fmt: skip
    for n in range(12):
        drawn = instantiate(item, seed=bytes([n]) * 16)
        assert drawn.values["B"] == (1 if drawn.values["A"] < 4 else 2)  # type: ignore[operator]
        assert drawn.defaults == {"SCORE": 7.0}


def test_a_default_that_template_processing_set_is_where_the_outcome_starts() -> None:
    inside = put("SCORE", number(7), rule="set-default-value")
    more = put("SCORE", f'<qti-sum><qti-variable identifier="SCORE"/>{number(1)}</qti-sum>')
    item = scorer(
        SCORE + f"<qti-template-processing>{inside}</qti-template-processing>"
        + f"<qti-response-processing>{more}</qti-response-processing>"
    )  # fmt: skip
    assert item.score({}).score == 8


def test_an_item_that_draws_is_not_scored_without_its_draw() -> None:
    item = scorer(adding())
    assert item.draws
    with pytest.raises(ContentFault, match="draws at random: give a seed"):
        item.score({"RESPONSE": ("4",)})


def test_template_variables_start_at_their_defaults() -> None:
    held = "<qti-default-value><qti-value>5</qti-value></qti-default-value>"
    rule = f"<qti-response-processing>{put('SCORE', A)}</qti-response-processing>"
    item = scorer(ANSWER + SCORE + template("A", held) + rule)
    assert not item.draws
    assert item.score({}).score == 5
    assert item.score({}, templates={"A": 3}).score == 3
