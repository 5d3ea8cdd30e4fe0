"""Cohorts: columns in, columns out, each distinct response once, and why there is no score."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ardoise.content.scorable import Scorable
from ardoise.content.variables import OutcomeDeclaration
from ardoise.scoring import cohort as module
from ardoise.scoring import compile_item
from ardoise.scoring.cohort import Cohort
from ardoise.scoring.cohort_columns import CREDIT, CohortFault
from tests.scoring.test_scorer import SCORE, made, mapped


def named(name: str, item: Scorable) -> Scorable:
    return replace(item, identifier=name)


CHOICE = named("choice", made("match_correct", "A"))
SEVERAL = named("several", mapped("multiple", ("A", 1.0), ("B", 2.0), ("C", -1.0)))
TEXT = named("text", made("match_correct", "Seine", base="string"))
NUMBER = named("number", made("match_correct", "12", base="integer"))
ESSAY = named("essay", made(None, base="string"))


def scored(
    item: Scorable, *cells: Any, state: list[str | None] | None = None
) -> list[tuple[Any, Any]]:
    columns = {f"{item.identifier}:RESPONSE": cells}
    if state is not None:
        columns[item.identifier] = tuple(state)
    out = Cohort([item]).score(pl.DataFrame(columns, strict=False))
    return list(out.select(f"{item.identifier}:SCORE", item.identifier).iter_rows())


def test_credit_is_full_partial_or_none() -> None:
    found = scored(SEVERAL, ["A", "B"], ["B"], ["C"], ["A", "B", "C"])
    assert found == [(3.0, "full"), (2.0, "partial"), (-1.0, "none"), (2.0, "partial")]


def test_nothing_given_is_omitted_and_processed_as_null() -> None:
    assert scored(SEVERAL, [], None, ["B"]) == [
        (0.0, "omitted"),
        (0.0, "omitted"),
        (2.0, "partial"),
    ]
    assert scored(CHOICE, "", None) == [(0.0, "omitted"), (0.0, "omitted")]


def test_a_text_that_cannot_be_read_is_an_answer_without_credit() -> None:
    assert scored(NUMBER, "twelve", " 12,0 ") == [(0.0, "none"), (1.0, "full")]


def test_not_reached_not_administered_and_absent_have_no_score() -> None:
    states = ["not-reached", "not-administered", "absent", "omitted", "answered", None]
    found = scored(CHOICE, *[None] * 6, state=states)
    assert found == [
        (None, "not-reached"), (None, "not-administered"), (None, "absent"),
        (0.0, "omitted"), (0.0, "omitted"), (0.0, "omitted"),
    ]  # fmt: skip


def test_what_was_given_counts_whatever_the_state_says() -> None:
    assert scored(CHOICE, "A", state=["not-reached"]) == [(1.0, "full")]


def test_what_no_machine_scores_is_unrated_with_nothing_for_a_score() -> None:
    assert scored(ESSAY, "Il était une fois", None) == [(None, "unrated"), (None, "omitted")]


def test_a_text_column_parts_the_values_of_a_container() -> None:
    assert scored(SEVERAL, "A;B", "B") == [(3.0, "full"), (2.0, "partial")]


def test_a_distinct_response_is_scored_once() -> None:
    cohort = Cohort([CHOICE, SEVERAL])
    frame = pl.DataFrame(
        {
            "choice:RESPONSE": ["A", "B", "A", None] * 50,
            "several:RESPONSE": [["A"], ["A"], ["B", "A"], []] * 50,
        }
    )
    cohort.score(frame)
    assert cohort.distinct == 3 + 3
    cohort.score(frame.reverse())
    assert cohort.distinct == 3 + 3


def test_other_columns_are_carried_along_first() -> None:
    out = Cohort([CHOICE]).score(pl.DataFrame({"choice:RESPONSE": ["A"], "number": [7]}))
    assert out.columns == ["number", "choice:SCORE", "choice"]
    assert out.schema["choice"] == CREDIT


def test_every_declared_outcome_is_given_if_asked_for() -> None:
    outcomes = (SCORE, OutcomeDeclaration("MAXSCORE", "single", "integer", ("3",)))
    item = named("i", made("CC2_match_basic", "A", outcomes=outcomes))
    out = Cohort([item], outcomes="declared").score(pl.DataFrame({"i:RESPONSE": ["A", "B"]}))
    assert out.to_dict(as_series=False) == {
        "i:SCORE": [3.0, 0.0], "i:MAXSCORE": [3, 3], "i": ["full", "none"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"other": ["A"]}, "there is no column choice:RESPONSE"),
        ({"choice:RESPONSE": [1]}, "choice:RESPONSE holds Int64"),
        ({"choice:RESPONSE": [["A", None]]}, "choice:RESPONSE has a list with a null"),
        ({"choice:RESPONSE": ["A"], "choice": [1]}, "choice holds Int64"),
        ({"choice:RESPONSE": ["A"], "choice:SCORE": [1]}, "has the name of an outcome"),
    ],
)
def test_a_column_that_cannot_be_used_is_named(columns: dict[str, Any], message: str) -> None:
    with pytest.raises(CohortFault, match=message):
        Cohort([CHOICE]).score(pl.DataFrame(columns))


def test_a_text_column_cannot_hold_several_texts() -> None:
    words = named("words", made("match_correct", "a", base="string", cardinality="multiple"))
    with pytest.raises(CohortFault, match="make it a list column"):
        Cohort([words]).score(pl.DataFrame({"words:RESPONSE": ["a"]}))


def test_an_item_given_twice_is_refused() -> None:
    with pytest.raises(CohortFault, match="choice is given twice"):
        Cohort([CHOICE, CHOICE])


ANSWERS = st.fixed_dictionaries(
    {
        "choice": st.one_of(st.none(), st.sampled_from(["", "A", "B", "a", " A"])),
        "several": st.one_of(
            st.none(), st.lists(st.sampled_from(["A", "B", "C", "D", ""]), max_size=4)
        ),
        "text": st.one_of(st.none(), st.text(max_size=4), st.sampled_from(["Seine", " Seine "])),
        "number": st.one_of(st.none(), st.sampled_from(["12", "12,0", "+12", "1 2", "12.", "x"])),
    }
)
ITEMS = (CHOICE, SEVERAL, TEXT, NUMBER)


@settings(deadline=None, max_examples=60)
@given(st.lists(ANSWERS, max_size=30))
def test_a_cohort_gives_what_scoring_row_by_row_gives(rows: list[dict[str, Any]]) -> None:
    columns = {
        f"{item.identifier}:RESPONSE": pl.Series(
            [row[item.identifier] for row in rows],
            dtype=pl.List(pl.String) if item is SEVERAL else pl.String,
        )
        for item in ITEMS
    }
    out = Cohort(ITEMS).score(pl.DataFrame(columns))
    for item in ITEMS:
        scorer = compile_item(item)
        wanted = []
        for row in rows:
            cell = row[item.identifier]
            values = () if cell is None else (cell,) if isinstance(cell, str) else tuple(cell)
            wanted.append(scorer.score({"RESPONSE": values}).score)
        assert out[f"{item.identifier}:SCORE"].to_list() == wanted


def test_streaming_to_a_file_gives_the_same_rows_in_the_same_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH", 7)
    frame = pl.DataFrame(
        {
            "row": range(100),
            "choice:RESPONSE": [("A", "B", "", None)[i % 4] for i in range(100)],
            "choice": [("answered", None, "not-reached", "absent")[i % 4] for i in range(100)],
            "several:RESPONSE": [["A", "B", "C"][: i % 4] for i in range(100)],
        }
    )
    wanted = Cohort([CHOICE, SEVERAL]).score(frame)
    frame.write_parquet(tmp_path / "in.parquet")
    Cohort([CHOICE, SEVERAL]).write(pl.scan_parquet(tmp_path / "in.parquet"), tmp_path / "out")
    assert pl.read_parquet(tmp_path / "out").equals(wanted)
