"""Results by domain: what counts, what is left out, which group."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ardoise.authority.campaigns.file import CampaignFile, DomainSpec, parse_campaign
from ardoise.authority.marking.domains import DomainResult, domain_results
from ardoise.authority.marking.rules import ItemMark, PartMarks
from ardoise.content.keymap import ItemKey, KeyMap

ITEMS = ("a", "b", "c", "d")
KEYMAP = KeyMap({f"i{place}": ItemKey(name, {}) for place, name in enumerate(ITEMS, start=1)})
FILE = """
format = "ardoise-campaign/1"
id = "essai-2026"
title = "Essai"
level = "6e"
language = "fr"
[window]
opens = 2026-11-23T07:00:00+01:00
closes = 2026-12-04T18:00:00+01:00
[groups]
labels = ["À besoins", "Fragile", "Satisfaisant"]
[[parts]]
id = "francais"
title = "Français"
package = "francais"
minutes = 50
writer = "pupil"
[[domains]]
id = "lire"
title = "Lire"
part = "francais"
items = ["a", "b", "c", "d"]
thresholds = [0.3, 2.0]
"""


def file() -> CampaignFile:
    return parse_campaign(FILE, filename="campaign.toml")


def result(*marks: ItemMark) -> DomainResult:
    held = PartMarks({f"i{place}": mark for place, mark in enumerate(marks, start=1)})
    (found,) = domain_results(file(), {"francais": KEYMAP}, {"francais": held})
    return found


def scored(points: float, most: float = 1.0) -> ItemMark:
    return ItemMark("scored", points, most)


OMITTED = ItemMark("omitted", None, 1.0)
ABSENT = ItemMark("absent", None, 1.0)
LATER = ItemMark("not-reached", None, 1.0)
UNRATED = ItemMark("unrated", None, 1.0)


def test_omitted_and_unreached_items_count_nothing_once_something_was_reached() -> None:
    found = result(scored(1.0), OMITTED, LATER, LATER)
    assert (found.score, found.max_score, found.group) == (1.0, 4.0, 1)
    assert (found.answered, found.omitted, found.not_reached) == (1, 1, 2)


def test_absent_and_unrated_items_are_left_out_of_score_and_maximum() -> None:
    found = result(scored(1.0), ABSENT, UNRATED, OMITTED)
    assert (found.score, found.max_score, found.absent) == (1.0, 2.0, 1)


@pytest.mark.parametrize("mark", [ABSENT, LATER])
def test_a_domain_of_which_nothing_was_reached_has_no_score(mark: ItemMark) -> None:
    found = result(mark, mark, mark, mark)
    assert (found.score, found.group) == (None, None)


def test_a_domain_that_only_raters_can_score_has_no_score() -> None:
    assert result(UNRATED, UNRATED, UNRATED, UNRATED).score is None


def test_an_answer_that_waits_for_a_rater_shows_that_the_domain_was_reached() -> None:
    found = result(UNRATED, LATER, LATER, LATER)
    assert (found.score, found.max_score, found.group) == (0.0, 3.0, 0)


def test_a_part_that_was_never_sat_is_told_apart_from_no_points() -> None:
    (never,) = domain_results(file(), {"francais": KEYMAP}, {})
    assert (never.score, never.group, never.not_reached) == (None, None, 4)
    blank = result(OMITTED, OMITTED, OMITTED, OMITTED)
    assert (blank.score, blank.group) == (0.0, 0)


def test_a_sum_of_tenths_reaches_its_threshold() -> None:
    assert result(scored(0.1), scored(0.2), OMITTED, OMITTED).group == 1


@given(
    st.lists(
        st.sampled_from([scored(0.0), scored(1.0), OMITTED, ABSENT, LATER, UNRATED]),
        min_size=4,
        max_size=4,
    )
)
def test_counts_add_up_to_the_items_and_the_score_stays_within_bounds(
    marks: list[ItemMark],
) -> None:
    found = result(*marks)
    assert found.answered + found.omitted + found.not_reached + found.absent == len(ITEMS)
    if found.score is not None:
        assert 0 <= found.score <= found.max_score
        assert found.group == sum(limit <= found.score for limit in (0.3, 2.0))


def test_what_a_seat_was_not_given_is_neither_its_fault_nor_in_the_maximum() -> None:
    spec = DomainSpec("d", "D", "p", ("a", "b", "c"), (1.0,))
    keymap = KeyMap({f"i-{name}": ItemKey(name, {}) for name in spec.items})
    marks = PartMarks(
        {
            "i-a": ItemMark("scored", 2.0, 2.0),
            "i-b": ItemMark("not-administered", None, 0.0),
            "i-c": ItemMark("not-reached", None, 3.0),
        }
    )
    file = SimpleNamespace(domains=(spec,))
    (found,) = domain_results(file, {"p": keymap}, {"p": marks})  # type: ignore[arg-type]
    assert (found.score, found.max_score, found.group) == (2.0, 5.0, None)
    assert (found.not_administered, found.not_reached) == (1, 1)
