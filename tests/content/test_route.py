"""Which items a seat is given: the vectors the runner reads too; what selection promises."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ardoise.content.route import administered, gives_all, layout, needs_seed
from ardoise.contract.booklet import Booklet, Item, Response
from ardoise.contract.plan import ItemRef, Plan, Section, Some, TestPart
from ardoise.contract.sheet import Sheet
from ardoise.scoring.values import parse_response

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "plan.json").read_text())["cases"]
every_case = pytest.mark.parametrize("case", VECTORS, ids=[case["name"] for case in VECTORS])


def booklet(plan: Plan | None, items: list[dict[str, Any]]) -> Booklet:
    """A booklet of these items."""
    made = tuple(
        Item(item["id"], "", (), tuple(msgspec.convert(r, Response) for r in item["responses"]))
        for item in items
    )
    return Booklet(
        "ardoise-booklet/2", "vecteurs", "maths", "pupil", "fr", "V", "V", 0, made, plan=plan
    )


def sheet(answers: dict[str, list[str]], visited: list[str], path: tuple[str, ...] = ()) -> Sheet:
    """A pupil's sheet."""
    responses = {item: {"r1": tuple(values)} for item, values in answers.items()}
    return Sheet(
        "ardoise-sheet/2", "vecteurs", "866668325", "maths", 1, "pupil", None, tuple(visited),
        responses, {}, path=path,
    )  # fmt: skip


def opened(case: dict[str, Any]) -> tuple[Booklet, Plan, bytes]:
    plan = msgspec.convert(case["plan"], Plan)
    return booklet(plan, case["items"]), plan, bytes.fromhex(case["seed"])


@every_case
def test_the_layout_is_the_vectors(case: dict[str, Any]) -> None:
    _, plan, seed = opened(case)
    found = {part.id: [stop.ref.item for stop in layout(part, seed)] for part in plan.parts}
    assert found == case["layout"]


@every_case
def test_a_seat_is_given_the_items_of_its_way(case: dict[str, Any]) -> None:
    made, _, seed = opened(case)
    for path in ((), tuple(case["path"]), (*case["path"], "end")):
        found = administered(
            made, seed, sheet(case["answers"], case["way"], path), capture=parse_response
        )
        assert (list(found.items), list(found.path)) == (case["way"], case["path"])
        assert found.agrees


TWO = next(case for case in VECTORS if case["name"].startswith("two stages: just below"))


def test_the_recorded_path_is_what_was_on_the_screen_even_against_the_rules() -> None:
    made, _, seed = opened(TWO)
    found = administered(made, seed, sheet(TWO["answers"], [], ("p1", "p3")))
    assert found.items == ("i1", "i2", "i3", "i4", "i7")
    assert not found.agrees


@pytest.mark.parametrize("path", [("p9",), ("p1", "p1"), ("p1", "p2", "p2", "p2")])
def test_a_forged_path_gives_nothing_twice(path: tuple[str, ...]) -> None:
    made, _, seed = opened(TWO)
    found = administered(made, seed, sheet({}, [], path))
    assert len(set(found.path)) == len(found.path)
    assert not found.agrees


def test_a_seat_whose_time_ran_out_was_given_what_its_answers_lead_to() -> None:
    made, _, seed = opened(TWO)
    found = administered(made, seed, sheet({"i1": ["c2"]}, ["i1"], ("p1",)))
    assert found.path == ("p1", "p2")  # i5 and i6 are not reached, i7 is not administered
    assert found.agrees


def test_a_booklet_without_a_plan_gives_every_item() -> None:
    made = booklet(None, TWO["items"])
    found = administered(made, b"", sheet({}, [], ("p1",)))
    assert found.items == tuple(item.id for item in made.items)
    assert found.agrees


@every_case
def test_who_is_given_all_and_whose_seed_counts_can_be_told_from_the_plan(
    case: dict[str, Any],
) -> None:
    made, plan, seed = opened(case)
    filled = sheet(case["answers"], case["way"])
    if gives_all(plan):
        assert sorted(case["way"]) == sorted(
            item for items in case["layout"].values() for item in items
        )
    if not needs_seed(plan):
        assert administered(made, seed, filled) == administered(made, bytes(32), filled)


@given(
    count=st.integers(1, 8),
    data=st.data(),
    shuffle=st.booleans(),
    seed=st.binary(min_size=32, max_size=32),
)
def test_selection_and_order_keep_what_the_author_asked_for(
    count: int, data: st.DataObject, shuffle: bool, seed: bytes
) -> None:
    flags = st.lists(st.booleans(), min_size=count, max_size=count)
    required, fixed = data.draw(flags), data.draw(flags)
    select = data.draw(st.integers(sum(required), count))
    children = tuple(ItemRef(f"i{n}", required=required[n], fixed=fixed[n]) for n in range(count))
    part = TestPart("p1", (Section("s1", children, select=select, shuffle=shuffle),))
    found = [stop.ref.item for stop in layout(part, seed)]
    assert found == [stop.ref.item for stop in layout(part, seed)]
    assert len(found) == len(set(found)) == select
    assert {f"i{n}" for n in range(count) if required[n]} <= set(found)
    in_order = sorted(found)
    if not shuffle:
        assert found == in_order
    for place, item in enumerate(in_order):
        if fixed[int(item[1:])]:
            assert found[place] == item  # fixed after selection, not before


def test_a_part_may_skip_as_many_items_as_a_test_can_hold() -> None:
    never = Some(())
    names = [f"i{n}" for n in range(500)]
    refs = tuple(ItemRef(name, when=never) for name in names[1:-1])
    section = Section("s1", (ItemRef(names[0]), *refs, ItemRef(names[-1])))
    plan = Plan((TestPart("p1", (section,), navigation="linear"),))
    made = booklet(plan, [{"id": name, "responses": []} for name in names])
    assert administered(made, bytes(32), sheet({}, [])).items == (names[0], names[-1])
