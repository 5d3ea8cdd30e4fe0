"""Drawings are well-formed, say what they show, and lose no pupil."""

from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ardoise.authority.restitution import drawing

_SVG = "{http://www.w3.org/2000/svg}"
scores = st.lists(st.floats(0, 60, allow_nan=False), max_size=60)


@given(scores, st.floats(0, 500, allow_nan=False), st.lists(st.floats(0, 60), max_size=5))
def test_every_score_is_in_exactly_one_bar(
    values: list[float], most: float, thresholds: list[float]
) -> None:
    bars = drawing.distribution(values, most, thresholds)
    assert sum(bar.count for bar in bars) == len(values)
    assert len(bars) <= drawing.MOST_BARS + 1
    assert all(one.end == two.start for one, two in pairwise(bars))
    assert bars[0].start == 0
    assert bars[-1].start <= most < bars[-1].end


def test_a_score_stands_in_its_own_groups_bar() -> None:
    bars = drawing.distribution([0, 2, 2.5, 3, 4], 4, [2.0, 3.0])
    assert [(bar.count, bar.group) for bar in bars] == [(1, 0), (0, 0), (2, 1), (1, 2), (1, 2)]


@pytest.mark.parametrize("most", [-1.0, float("nan"), float("inf")])
def test_an_impossible_maximum_is_refused(most: float) -> None:
    with pytest.raises(ValueError, match="max_score"):
        drawing.distribution([], most, [])


@given(scores, st.text(max_size=40), st.floats(0, 20, allow_nan=False))
def test_a_histogram_is_well_formed_and_says_what_it_shows(
    values: list[float], text: str, mean: float
) -> None:
    text = "".join(sign for sign in text if sign.isprintable())
    bars = drawing.distribution(values, 20, [7.0, 14.0])
    svg = drawing.histogram(
        bars, [7.0, 14.0], title=text, description="<&\"'>", identifier='a"b', groups=3, mean=mean
    )
    root = ElementTree.fromstring(svg)
    assert root.get("role") == "img"
    found = {root.find(f"{_SVG}title"), root.find(f"{_SVG}desc")}
    assert {one.text or "" for one in found if one is not None} == {text, "<&\"'>"}
    ids = {one.get("id") for one in found if one is not None}
    assert ids == set((root.get("aria-labelledby") or "").split(" "))
    assert " style=" not in svg
    assert len(root.findall(f"{_SVG}rect")) == sum(bar.count > 0 for bar in bars)


@given(st.integers(1, 6), st.data())
def test_a_groups_mark_has_one_more_step_filled_for_each_group(
    groups: int, data: st.DataObject
) -> None:
    group = data.draw(st.integers(0, groups - 1))
    mark = drawing.group_mark(group, groups)
    assert mark.count('class="on"') == group + 1
    assert mark.count("<rect") == groups
    assert 'aria-hidden="true"' in mark


@given(st.floats(-5, 50), st.floats(0, 40), st.lists(st.floats(0, 40), max_size=4))
def test_a_scale_keeps_its_mark_on_the_line(
    score: float, most: float, thresholds: list[float]
) -> None:
    svg = drawing.scale(score, most, thresholds, title="t", description="d", identifier="i")
    root = ElementTree.fromstring(svg)
    point = next(one for one in root.iter() if one.get("class") == "point")
    assert 8 <= float(point.get("x1") or 0) <= 332
    zones = [one for one in root.iter() if (one.get("class") or "").startswith("zone")]
    assert all(float(zone.get("width") or 0) > 0 for zone in zones)


def test_tones_run_from_low_to_high() -> None:
    assert [drawing.tone(k, 3) for k in range(3)] == ["low", "mid", "high"]
    assert [drawing.tone(k, 2) for k in range(2)] == ["low", "high"]
    assert drawing.tone(0, 1) == "high"
