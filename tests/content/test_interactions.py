"""Every interaction is read into its own type; what cannot be shown is refused by name."""

import pytest

from ardoise.content import model
from ardoise.content.interactions import DELIVERED, REFUSED
from ardoise.content.interactions.graphic import coordinates
from ardoise.content.keymap import VALUES_LIMIT
from tests.content.asked import KINDS, asked
from tests.content.drafts import drafted
from tests.content.samples import declared, item, package, png, usable
from tests.content.test_package import one, refused

PICTURE = '<img src="a.png" alt="x"/>'
SPOT = '<qti-hotspot-choice identifier="A" shape="default" hotspot-label="all"/>'
TYPES: dict[str, type[model.Asked]] = {
    kind.kind: kind
    for kind in (
        model.Choice, model.InlineChoice, model.TextEntry, model.ExtendedText, model.Order,
        model.Match, model.Associate, model.GapMatch, model.GraphicGapMatch, model.Hotspot,
        model.Hottext, model.SelectPoint, model.Slider, model.Media, model.EndAttempt,
    )
}  # fmt: skip


def read(body: str, declarations: str) -> model.Question:
    found = usable(item(body, declarations=declarations), **{"a.png": png(200, 100)})
    return found.items[0].questions[0]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_interaction_becomes_its_own_type(kind: str) -> None:
    found = asked(kind).items[0]
    assert [type(question) for question in found.questions] == [TYPES[kind]]
    assert found.obstacles == ()


@pytest.mark.parametrize(
    ("name", "inside", "kind"),
    [
        ("graphic-order", PICTURE + SPOT, model.GraphicOrder),
        (
            "graphic-associate", PICTURE + SPOT.replace("hotspot-choice", "associable-hotspot"),
            model.GraphicAssociate,
        ),
        ("position-object", PICTURE, model.PositionObject),
        ("drawing", PICTURE, model.Drawing),
        ("upload", "", model.Upload),
        ("custom", "<p>mine</p>", model.Custom),
        ("portable-custom", "<qti-interaction-markup/>", model.PortableCustom),
    ],
)  # fmt: skip
def test_what_cannot_be_delivered_is_still_read_and_says_what_to_do_instead(
    name: str, inside: str, kind: type[model.Asked]
) -> None:
    element = f"qti-{name}-interaction"
    body = f'<{element} response-identifier="RESPONSE">{inside}</{element}>'
    found = package(item(body), **{"a.png": png()}).items[0]
    assert [type(question) for question in found.questions] == [kind]
    assert f"<{element}>: cannot be delivered: {REFUSED[element][1]}" in str(found.obstacles[0])
    assert found.unscorable == ()


def test_all_of_qti_s_interactions_are_known() -> None:
    assert (len(DELIVERED), len(REFUSED)) == (15, 7)


@pytest.mark.parametrize(
    ("shape", "text", "expected"),
    [
        ("rect", "1,2,3,4", (1, 2, 3, 4)), ("rect", "1, 2 ,3 4", (1, 2, 3, 4)),
        ("circle", "1.4,2.6,3", (1, 3, 3)), ("ellipse", "1,2,3,4", (1, 2, 3, 4)),
        ("poly", "0,0,9,0,9,9", (0, 0, 9, 0, 9, 9)),
        ("poly", "0,0,9,0,9,9,0,0", (0, 0, 9, 0, 9, 9)), ("default", "", ()),
        ("rect", "1,2,3", None), ("circle", "1,2", None), ("poly", "0,0,9,0", None),
        ("poly", "0,0,9,0,9", None), ("rect", "1,2,3,x", None), ("rect", "1,2,3,50%", None),
        ("star", "1,2,3", None), ("rect", "1,2,3,99999999999", None), ("rect", "1,2,3,INF", None),
        ("poly", ",".join("1" * 1000), None),
    ],
)  # fmt: skip
def test_coordinates_are_whole_pixels_that_fit_their_shape(
    shape: str, text: str, expected: tuple[int, ...] | None
) -> None:
    assert coordinates(shape, text) == expected


def test_a_picture_without_a_size_has_that_of_its_file() -> None:
    body = (
        f'<qti-select-point-interaction response-identifier="RESPONSE">{PICTURE}'
        "</qti-select-point-interaction>"
    )
    key = declared("5 5", base="point")
    made = drafted(usable(item(body, declarations=key), **{"a.png": png(200, 100)}))
    node = made.with_blobs({"a1": "0" * 64}).items[0].body[0]
    assert isinstance(node, list)
    assert (node[1]["width"], node[1]["height"]) == ("200", "100")
    keys = made.keymap
    assert keys.oddities("i1", {"r1": ("200 100",)}) == ()
    assert keys.oddities("i1", {"r1": ("201 100",)}) == ("r1: a point outside the picture",)


def test_an_order_without_bounds_wants_them_all() -> None:
    body = (
        '<qti-order-interaction response-identifier="RESPONSE">'
        '<qti-simple-choice identifier="A">a</qti-simple-choice>'
        '<qti-simple-choice identifier="B">b</qti-simple-choice></qti-order-interaction>'
    )
    found = read(body, declared("A", "B", cardinality="ordered"))
    assert (found.min_choices, found.max_choices) == (2, 2)


def test_a_gap_match_without_bounds_fills_every_gap() -> None:
    body = (
        '<qti-gap-match-interaction response-identifier="RESPONSE">'
        '<qti-gap-text identifier="A" match-max="2">a</qti-gap-text>'
        '<p><qti-gap identifier="G"/><qti-gap identifier="H"/></p></qti-gap-match-interaction>'
    )
    key = declared("A G", base="directed-pair", cardinality="multiple")
    assert read(body, key).max_choices == 2


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ("", "lower-bound below its upper-bound"),
        ('lower-bound="5" upper-bound="5"', "lower-bound below its upper-bound"),
        ('lower-bound="0" upper-bound="1e9" step="1"', "steps at most"),
        ('lower-bound="0" upper-bound="10" step="-1"', "must be above 0"),
        ('lower-bound="zero" upper-bound="10"', "must be a number"),
        ('lower-bound="0" upper-bound="INF"', "must be a number"),
    ],
)
def test_a_slider_that_cannot_be_drawn_is_refused(attributes: str, message: str) -> None:
    body = f'<qti-slider-interaction response-identifier="RESPONSE" {attributes}/>'
    one(refused(item(body, declarations=declared("1", base="integer"))), message)


def test_a_choice_of_thousands_is_refused_once() -> None:
    many = "".join(
        f'<qti-simple-choice identifier="C{n}">x</qti-simple-choice>' for n in range(5_000)
    )
    body = f'<qti-choice-interaction response-identifier="RESPONSE">{many}</qti-choice-interaction>'
    found = refused(item(body, declarations=declared("C1")))
    assert len(found) == 1
    one(found, "more than 200 options")


@pytest.mark.parametrize("count", ["9" * 9, "000000009"])
def test_a_huge_number_of_choices_is_no_limit(count: str) -> None:
    body = (
        f'<qti-choice-interaction response-identifier="RESPONSE" max-choices="{count}">'
        '<qti-simple-choice identifier="A">a</qti-simple-choice></qti-choice-interaction>'
    )
    found = read(body, declared("A", cardinality="multiple"))
    assert found.max_choices in (9, 10_000)
    keys = drafted(usable(item(body, declarations=declared("A", cardinality="multiple")))).keymap
    assert keys.misfit("i1", {"r1": ("c1",) * (VALUES_LIMIT + 1)}) == "too-many"
