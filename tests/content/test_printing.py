"""Drawn values in a booklet: printed, deciding what shows, never left as rules."""

from typing import Any

import pytest

from ardoise.content.faults import ContentFault
from tests.content.drafts import drafted, written
from tests.content.samples import CHOICE, declared, item, package

MATH = 'xmlns="http://www.w3.org/1998/Math/MathML"'


def template(name: str, base: str = "integer", cardinality: str = "single", more: str = "") -> str:
    return (
        f'<qti-template-declaration identifier="{name}" cardinality="{cardinality}" '
        f'base-type="{base}" {more}/>'
    )


def body(markup: str, values: dict[str, Any], *, base: str = "integer", more: str = "") -> Any:
    text = item(markup + CHOICE, declarations=declared("A") + template("N", base, more=more))
    text = text.replace('xml:lang="en"', 'xml:lang="fr"')
    return drafted(package(text), values={"q-1": values}).with_blobs({}).items[0].body[0]


@pytest.mark.parametrize(
    ("value", "attributes", "text"),
    [
        (12, "", "12"), (-3, "", "−3"), (2.5, "", "2,5"), (1 / 3, "", "0,3333333333"),
        (1 / 3, 'format="%.2f"', "0,33"), (2.0, "", "2"), (7, 'format="%03d"', "007"),
        (1500.0, 'format="%.1e" power-form="true"', "1,5×10³"), (True, "", "true"),
        ("mot", "", "mot"), (None, "", ""), ((1, 2, 3), "", "1;2;3"),
        ((1, 2, 3), 'delimiter=" et "', "1 et 2 et 3"), ((4, 5), 'index="2"', "5"),
        ((4, 5), 'index="9"', ""), (5, 'format="%n%n%s"', "5"), (5, 'format="%99999999d"', "5"),
    ],
)  # fmt: skip
def test_a_value_is_printed_as_its_format_and_language_say(
    value: object, attributes: str, text: str
) -> None:
    found = body(f'<p>a<qti-printed-variable identifier="N" {attributes}/>b</p>', {"N": value})
    assert found == ["p", {}, f"a{text}b"]


def test_a_variable_in_a_formula_is_its_value() -> None:
    markup = f"<p><math {MATH}><mi>N</mi><mo>+</mo><mi>x</mi></math></p>"
    math = 'math-variable="true"'
    assert body(markup, {"N": 4}, more=math)[2][2] == ["mn", {}, "4"]
    assert body(markup, {"N": -4}, more=math)[2][2] == [
        "mrow", {}, ["mo", {}, "−"], ["mn", {}, "4"],
    ]  # fmt: skip
    assert body(markup, {"N": 4})[2][2] == ["mi", {}, "N"]


@pytest.mark.parametrize(("value", "shown"), [("yes", "ab"), ("no", "ac")])
def test_a_part_shows_or_hides_by_a_variable(value: str, shown: str) -> None:
    parts = "".join(
        f'<qti-template-inline template-identifier="N" identifier="yes" show-hide="{show}">{text}'
        "</qti-template-inline>"
        for show, text in (("show", "b"), ("hide", "c"))
    )
    found = body(f"<p>a{parts}</p>", {"N": value}, base="identifier")
    assert found == ["p", {}, "a", ["span", {}, shown[1]]]


def test_an_option_that_is_not_drawn_is_neither_shown_nor_counted() -> None:
    choice = CHOICE.replace(
        'identifier="B"', 'identifier="B" template-identifier="N" identifier-x="" show-hide="show"'
    ).replace(' identifier-x=""', "")
    text = item(choice, declarations=declared("A") + template("N", "identifier"))
    for value, options in (("B", ["c1", "c2", "c3"]), ("other", ["c1", "c2"])):
        made = drafted(package(text), values={"q-1": {"N": value}})
        choice_node = made.with_blobs({}).items[0].body[0]
        assert isinstance(choice_node, list)
        nodes = choice_node[2:]
        assert [node[1]["value"] for node in nodes if node[0] == "option"] == options
        assert list(made.keymap.items["i1"].responses["r1"].options or {}) == options
    assert made.keymap.original("i1", {"r1": ("c2",)})[1] == {"RESPONSE": ("C",)}


def test_an_item_that_draws_is_not_printed_without_its_values() -> None:
    draws = (
        '<qti-template-processing><qti-set-template-value identifier="N"><qti-random-integer '
        'min="1" max="9"/></qti-set-template-value></qti-template-processing>'
    )
    text = item(declarations=declared("A") + template("N") + draws)
    with pytest.raises(ContentFault, match="values must be drawn"):
        drafted(package(text))
    raw = written(drafted(package(text), values={"q-1": {"N": 3}}))
    assert b"random" not in raw


def test_a_declared_default_is_enough_where_nothing_is_drawn() -> None:
    given = template("N").replace(
        "/>", "><qti-default-value><qti-value>8</qti-value></qti-default-value>"
        "</qti-template-declaration>",
    )  # fmt: skip
    text = item(
        '<p><qti-printed-variable identifier="N"/></p>' + CHOICE, declarations=declared("A") + given
    )
    assert drafted(package(text)).with_blobs({}).items[0].body[0] == ["p", {}, "8"]


def test_printing_what_is_no_template_variable_is_refused() -> None:
    text = item('<p><qti-printed-variable identifier="SCORE"/></p>' + CHOICE)
    assert "SCORE" in str(package(text).items[0].obstacles[0])
