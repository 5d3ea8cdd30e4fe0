"""The standard templates of response processing, exactly."""

from fractions import Fraction
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ardoise.content.processing import Processing, Template
from ardoise.content.scorable import Scorable
from ardoise.content.variables import (
    BaseType,
    MapEntry,
    Mapping,
    OutcomeDeclaration,
    ResponseDeclaration,
)
from ardoise.scoring import ItemScore, compile_item

SCORE = OutcomeDeclaration("SCORE", "single", "float")


def made(
    template: Template | None,
    *correct: str,
    base: BaseType = "identifier",
    cardinality: Literal["single", "multiple"] = "single",
    mapping: Mapping | None = None,
    outcomes: tuple[OutcomeDeclaration, ...] = (SCORE,),
    most: int = 0,
) -> Scorable:
    response = ResponseDeclaration("RESPONSE", cardinality, base, correct, mapping)
    processing = None if template is None else Processing("response", template)
    return Scorable(
        "q", "q.xml", responses=(response,), outcomes=outcomes,
        response_processing=processing, most_choices={"RESPONSE": most},
    )  # fmt: skip


def scored(item: Scorable, *given: str) -> ItemScore:
    return compile_item(item).score({"RESPONSE": given})


def points(item: Scorable, *given: str) -> float | None:
    return scored(item, *given).score


def table(*entries: tuple[str, float] | tuple[str, float, bool], **bounds: float) -> Mapping:
    rows = tuple(MapEntry(e[0], e[1], e[2] if len(e) > 2 else False) for e in entries)
    return Mapping(rows, bounds.get("default", 0.0), bounds.get("lower"), bounds.get("upper"))


def mapped(
    cardinality: Literal["single", "multiple"],
    *entries: tuple[str, float],
    most: int = 0,
    **bounds: float,
) -> Scorable:
    mapping = table(*entries, **bounds)
    return made("map_response", cardinality=cardinality, most=most, mapping=mapping)


def test_a_single_match_is_one_or_nothing() -> None:
    item = made("match_correct", "A")
    assert (points(item, "A"), points(item, "B"), points(item)) == (1, 0, 0)
    assert scored(item).max_score == 1


def test_several_values_for_a_single_response_are_none() -> None:
    assert points(made("match_correct", "A"), "A", "A") == 0


def test_identifiers_are_exact() -> None:
    item = made("match_correct", "A")
    assert points(item, "a") == points(item, " A") == 0


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (("A", "C"), 1), (("C", "A"), 1), (("A",), 0), (("A", "B", "C"), 0), ((), 0),
        (("A", "A", "C"), 0),
    ],
)  # fmt: skip
def test_a_multiple_match_wants_the_same_values_in_any_order(
    given: tuple[str, ...], expected: float
) -> None:
    assert points(made("match_correct", "A", "C", cardinality="multiple"), *given) == expected


@pytest.mark.parametrize(("text", "expected"), [("2,5", 1), ("2.50", 1), ("2,51", 0), ("x", 0)])
def test_numbers_match_by_value(text: str, expected: float) -> None:
    assert points(made("match_correct", "2.5", base="float"), text) == expected


def test_texts_match_with_case() -> None:
    item = made("match_correct", "L’Été", base="string")
    assert (points(item, "L'Été"), points(item, "l'été")) == (1, 0)


def test_a_mapping_folds_case_unless_told_otherwise() -> None:
    folded = made("map_response", base="string", mapping=table(("Oui", 1)))
    exact = made("map_response", base="string", mapping=table(("Oui", 1, True)))
    assert (points(folded, "OUI"), points(exact, "OUI"), points(exact, "Oui")) == (1, 0, 1)


def test_the_first_entry_that_fits_counts() -> None:
    insensitive_first = table(("oui", 1), ("OUI", 5, True))
    sensitive_first = table(("OUI", 5, True), ("oui", 1))
    assert points(made("map_response", base="string", mapping=insensitive_first), "OUI") == 1
    assert points(made("map_response", base="string", mapping=sensitive_first), "OUI") == 5


def test_several_spellings_of_a_text_entry_are_accepted() -> None:
    item = made("map_response", base="string", mapping=table(("quatre", 1), ("4", 1)))
    assert [points(item, text) for text in ("Quatre", "4", " 4 ", "cinq")] == [1, 1, 1, 0]


def test_duplicates_count_once() -> None:
    item = made("map_response", cardinality="multiple", mapping=table(("A", 2), ("B", 1)))
    assert points(item, "A", "A", "A") == 2


def test_what_no_entry_names_is_worth_the_default_once_for_each_value() -> None:
    mapping = table(("A", 2), default=-0.5)
    item = made("map_response", cardinality="multiple", mapping=mapping)
    assert points(item, "A", "X", "Y", "Y") == 1


def test_bounds_clip_the_sum_and_not_each_value() -> None:
    mapping = table(("A", 3), ("B", 3), ("C", -5), lower=0, upper=4)
    item = made("map_response", cardinality="multiple", mapping=mapping)
    assert points(item, "A", "B") == 4
    assert points(item, "C") == 0
    assert points(item, "A", "C") == 0
    assert points(item, "A", "B", "C") == 1


def test_nothing_given_is_nothing_even_with_a_default_or_a_lower_bound() -> None:
    item = made("map_response", mapping=table(("A", 1), default=3, lower=2))
    assert points(item) == 0
    assert (
        points(made("map_response", base="string", mapping=table(("a", 1), default=3)), "  ") == 0
    )


def test_an_unreadable_number_is_no_value_so_the_default_is_not_given() -> None:
    item = made("map_response", base="float", mapping=table(("2", 1), default=0.5))
    assert (points(item, "deux"), points(item, "3"), points(item, "2,0")) == (0, 0.5, 1)


@pytest.mark.parametrize(
    ("template", "worth", "feedback", "basic"),
    [
        ("CC2_match", (1, 0, 0), (None, None, None), (None, None, None)),
        ("CC2_match_inline", (3, 0, 0), ("A", "B", None), (None, None, None)),
        ("CC2_match_basic", (3, 0, 0), (None, None, None), ("correct", "incorrect", "incorrect")),
        ("CC2_map_response", (3, 1, 0), ("correct", "incorrect", "incorrect"), (None, None, None)),
    ],
)
def test_the_templates_of_common_cartridges_set_what_they_publish(
    template: Template, worth: Any, feedback: Any, basic: Any
) -> None:
    outcomes = (
        SCORE,
        OutcomeDeclaration("MAXSCORE", "single", "float", ("3",)),
        OutcomeDeclaration("FEEDBACK", "single", "identifier"),
        OutcomeDeclaration("FEEDBACKBASIC", "single", "identifier"),
    )
    item = made(template, "A", outcomes=outcomes, mapping=table(("A", 3), ("B", 1)))
    found = [scored(item, *given).outcomes for given in (("A",), ("B",), ())]
    assert tuple(one["SCORE"] for one in found) == worth
    assert tuple(one["FEEDBACK"] for one in found) == feedback
    assert tuple(one["FEEDBACKBASIC"] for one in found) == basic


def test_a_cartridge_item_without_feedback_declares_none() -> None:
    outcomes = (SCORE, OutcomeDeclaration("MAXSCORE", "single", "float", ("3",)))
    for template in ("CC2_match_inline", "CC2_match_basic", "CC2_map_response"):
        item = made(template, "A", outcomes=outcomes, mapping=table(("A", 3)))
        assert (points(item, "A"), points(item, "B")) == (3, 0)


def test_an_item_without_processing_needs_a_rater() -> None:
    essay = OutcomeDeclaration("SCORE", "single", "float", normal_maximum=4)
    result = scored(made(None, base="string", outcomes=(essay,)), "Once upon a time")
    assert (result.score, result.max_score) == (None, 4)
    assert "SCORE" not in result.outcomes
    assert not compile_item(made(None)).machine_scored


@pytest.mark.parametrize(
    ("item", "maximum"),
    [
        (mapped("single", ("A", 2), ("B", 3)), 3),
        (mapped("multiple", ("A", 2), ("B", 3), ("C", -1)), 5),
        (mapped("multiple", ("A", 2), ("B", 3), most=1), 3),
        (mapped("multiple", ("A", 2), ("B", 3), upper=4), 4),
        (
            made("match_correct", "A", outcomes=(
                OutcomeDeclaration("SCORE", "single", "float", normal_maximum=2),)), 2,
        ),
    ],
)  # fmt: skip
def test_the_maximum_is_stated_or_what_the_mapping_can_give(item: Scorable, maximum: float) -> None:
    assert compile_item(item).max_score == maximum


def test_outcomes_start_at_their_defaults() -> None:
    outcomes = (
        SCORE,
        OutcomeDeclaration("LEVEL", "single", "integer"),
        OutcomeDeclaration("GRADE", "single", "identifier", ("none",)),
        OutcomeDeclaration("NOTE", "single", "string"),
        OutcomeDeclaration("LIST", "multiple", "integer", ("1", "2")),
    )
    found = scored(made("match_correct", "A", outcomes=outcomes), "A").outcomes
    assert dict(found) == {"SCORE": 1.0, "LEVEL": 0, "GRADE": "none", "NOTE": None, "LIST": (1, 2)}


OPTIONS = "ABCDEF"


@given(
    st.dictionaries(st.sampled_from(OPTIONS), st.integers(-5, 5), min_size=1),
    st.integers(-3, 3),
    st.none() | st.integers(-5, 0),
    st.none() | st.integers(0, 9),
    st.lists(st.sampled_from(OPTIONS), max_size=9),
)
def test_a_mapping_is_the_bounded_sum_over_distinct_values(
    entries: dict[str, int],
    default: int,
    lower: int | None,
    upper: int | None,
    given: list[str],
) -> None:
    mapping = Mapping(
        tuple(MapEntry(k, v, False) for k, v in entries.items()), default, lower, upper
    )
    item = made("map_response", cardinality="multiple", mapping=mapping)
    expected = Fraction(sum(entries.get(value, default) for value in set(given)))
    if lower is not None:
        expected = max(expected, Fraction(lower))
    if upper is not None:
        expected = min(expected, Fraction(upper))
    assert points(item, *given) == (expected if given else 0)


@given(st.lists(st.sampled_from(OPTIONS), unique=True, min_size=1), st.permutations(OPTIONS))
def test_the_order_of_choices_never_matters(key: list[str], order: list[str]) -> None:
    item = made("match_correct", *key, cardinality="multiple")
    assert points(item, *(value for value in order if value in key)) == 1


@pytest.mark.parametrize(("declared", "full"), [((), 1), (("MAXSCORE",), 3)])
def test_match_nothing_is_worth_the_full_mark_without_a_response(
    declared: tuple[str, ...], full: float
) -> None:
    most = tuple(OutcomeDeclaration(name, "single", "float", ("3",)) for name in declared)
    item = made("match_nothing", outcomes=(SCORE, *most))
    assert (points(item), points(item, "A")) == (full, 0)
    assert scored(item).max_score == full
