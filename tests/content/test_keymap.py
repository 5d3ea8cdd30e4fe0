"""Back from neutral names: what no runner sends counts as not given, and is named."""

import pytest

from ardoise.content import keymap
from ardoise.content.keymap import KeyMap, ResponseKey
from tests.content.asked import asked
from tests.content.drafts import drafted
from tests.content.samples import declared, item, package


def keys(kind: str) -> KeyMap:
    return drafted(asked(kind)).keymap


@pytest.mark.parametrize(
    ("kind", "given", "kept", "why"),
    [
        ("hotspot", ("c1", "c9"), ("A",), "a value that is no option"),
        ("hotspot", ("c1", "c1"), ("A",), "the same value twice"),
        ("hotspot", ("c1", "c2"), ("A", "B"), None),
        ("order", ("c2", "c1", "c4", "c3"), ("B", "A", "D", "C"), None),
        ("order", ("c2", "c2"), ("B",), "the same value twice"),
        ("match", ("c1 g2",), ("A H",), None),
        ("match", ("g2 c1",), (), "a pair that cannot be"),
        ("match", ("c1 c2",), (), "a pair that cannot be"),
        ("match", ("c1",), (), "a pair that cannot be"),
        ("match", ("c1 g1 g2",), (), "a pair that cannot be"),
        ("match", ("A G",), (), "a pair that cannot be"),
        ("associate", ("c1 c2", "c4 c3"), ("A B", "D C"), None),
        ("associate", ("c1 c1",), (), "a pair that cannot be"),
        ("gap-match", ("c1 g1", "c2 g1"), ("A G",), "more pairs than an option may stand in"),
        ("gap-match", ("c1 g1", "c1 g2"), ("A G", "A H"), None),
        ("graphic-gap-match", ("c4 g4",), ("D J",), None),
        ("select-point", ("0 0",), ("0 0",), None),
        ("select-point", ("100 100",), ("100 100",), None),
        ("select-point", ("101 5",), (), "a point outside the picture"),
        ("select-point", ("-1 5",), (), "a point outside the picture"),
        ("select-point", ("1.5 5",), (), "a point outside the picture"),
        ("select-point", ("5",), (), "a point outside the picture"),
        ("slider", ("2.5",), ("2.5",), None),
        ("slider", ("10",), ("10",), None),
        ("slider", ("2.6",), (), "a number that is not on the scale"),
        ("slider", ("10.5",), (), "a number that is not on the scale"),
        ("slider", ("NaN",), (), "a number that is not on the scale"),
        ("slider", ("INF",), (), "a number that is not on the scale"),
        ("slider", ("1", "2"), (), "more values than allowed"),
        ("media", ("3",), ("3",), None),
        ("media", ("-3",), (), "no number of plays"),
        ("media", ("9999999",), (), "no number of plays"),
        ("end-attempt", ("true",), ("true",), None),
        ("end-attempt", ("false",), (), "a button that says something else"),
        ("text-entry", (" l’été ",), (" l’été ",), None),
        ("text-entry", ("a", "b"), (), "more values than allowed"),
    ],
)
def test_only_what_the_runner_can_send_counts(
    kind: str, given: tuple[str, ...], kept: tuple[str, ...], why: str | None
) -> None:
    found = keys(kind)
    assert found.original("i1", {"r1": given}) == ("q-1", {"RESPONSE": kept})
    assert found.oddities("i1", {"r1": given}) == (() if why is None else (f"r1: {why}",))


def test_an_option_joins_as_often_as_it_may_and_with_whom_it_may() -> None:
    body = (
        '<qti-match-interaction response-identifier="RESPONSE" max-associations="0">'
        '<qti-simple-match-set><qti-simple-associable-choice identifier="A" match-max="1" '
        'match-group="X">a</qti-simple-associable-choice></qti-simple-match-set>'
        '<qti-simple-match-set><qti-simple-associable-choice identifier="X" match-max="1">x'
        '</qti-simple-associable-choice><qti-simple-associable-choice identifier="Y" '
        'match-max="1">y</qti-simple-associable-choice></qti-simple-match-set>'
        "</qti-match-interaction>"
    )
    key = declared("A X", base="directed-pair", cardinality="multiple")
    found = drafted(package(item(body, declarations=key))).keymap
    assert found.original("i1", {"r1": ("c1 g1",)})[1] == {"RESPONSE": ("A X",)}
    assert found.oddities("i1", {"r1": ("c1 g2",)}) == ("r1: a pair that cannot be",)


@pytest.mark.parametrize(
    ("responses", "misfit"),
    [
        ({"r1": ("c1", "c2")}, None), ({}, None), ({"r2": ("c1",)}, "unknown"),
        ({"r1": ("c1",) * 201}, "too-many"), ({"r1": ("nonsense",)}, None),
    ],
)  # fmt: skip
def test_what_is_of_another_booklet_is_told_from_what_does_not_count(
    responses: dict[str, tuple[str, ...]], misfit: str | None
) -> None:
    assert keys("hotspot").misfit("i1", responses) == misfit
    assert keys("hotspot").misfit("i2", responses) == "unknown"
    assert keys("slider").misfit("i1", {"r1": ("1", "2")}) == "too-many"


def test_a_key_map_of_an_earlier_version_still_leads_back() -> None:
    earlier = (
        b'{"items":{"i1":{"original":"q","responses":{"r1":{"original":"R","options":'
        b'{"c1":"A"},"most":1},"r2":{"original":"T","options":null,"most":1}}}},'
        b'"format":"ardoise-keymap/1"}'
    )
    found = keymap.decode(earlier)
    assert found.original("i1", {"r1": ("c1",), "r2": ("mot",)}) == (
        "q", {"R": ("A",), "T": ("mot",)},
    )  # fmt: skip


def test_names_are_found_without_walking_and_encoded_without_a_trace() -> None:
    found = keys("choice")
    before = found.encode()
    assert found.neutral("q-1") == "i1"
    assert found.encode() == before
    assert keymap.decode(before) == found


def test_a_scale_that_its_step_does_not_divide_ends_at_its_end() -> None:
    key = ResponseKey("R", None, 1, "number", bounds=(0.0, 10.0, 3.0))
    assert key.back(("9",)) == (("9",), ())
    assert key.back(("10",)) == (("10",), ())
    assert key.back(("8",))[0] == ()
