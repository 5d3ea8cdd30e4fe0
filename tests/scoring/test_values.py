"""Capture: what a pupil typed becomes a value by written rules."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ardoise.scoring.values import Base, captured, parse_lexical, parse_response

SPACES = [" ", "\u00a0", "\u202f", "\u2009"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3,5", 3.5), ("3.5", 3.5), (" 3,50 ", 3.5), (",5", 0.5), ("5,", 5.0), ("-2,5", -2.5),
        ("− 2,5", -2.5), ("+4", 4.0), ("12 345,6", 12345.6), ("12\u202f345", 12345.0),
        ("0,333 333 3", 0.3333333), ("1.000", 1.0), ("1,000", 1.0), ("1e3", 1000.0),
        ("007", 7.0), ("0", 0.0),
        ("", None), (" ", None), (",", None), ("-", None), ("3,5,1", None), ("1.234.567", None),
        ("1,234.5", None), ("12 34", None), ("1 2", None), ("1234 567", None), ("3 ,5", None),
        ("douze", None), ("12 cm", None), ("50 %", None), ("1/2", None), ("NaN", None),
        ("INF", None), ("1e999", None), ("٣", None), ("0x10", None), ("1_000", None),
        ("9" * 41, None),
    ],
)  # fmt: skip
def test_numbers_as_they_are_typed(text: str, value: float | None) -> None:
    assert parse_response("float", text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12), ("12 000", 12000), ("-3", -3), ("3,0", 3), ("3,", 3), ("003", 3),
        ("3,5", None), ("1e3", None), (",0", None), ("trois", None), ("", None),
    ],
)  # fmt: skip
def test_whole_numbers_as_they_are_typed(text: str, value: int | None) -> None:
    found = parse_response("integer", text)
    assert found == value
    assert found is None or isinstance(found, int)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("  l’été\n", "l'été"), ("l'e\u0301te\u0301", "l'été"), ("deux\u00a0 mots", "deux mots"),
        ("a\u200bb\ufeff", "ab"), ("e\u00ad\u0301", "é"),
        ("\u202f", None), ("", None), ("Été", "Été"),
    ],
)  # fmt: skip
def test_texts_as_they_are_typed(text: str, value: str | None) -> None:
    assert parse_response("string", text) == value


@given(st.floats(allow_nan=False, allow_infinity=False, width=32), st.sampled_from([",", "."]))
def test_a_decimal_comma_and_a_point_mean_the_same(number: float, mark: str) -> None:
    written = f"{number:.6f}"
    assert parse_response("float", written.replace(".", mark)) == (
        float(written) if len(written.strip("-")) <= 41 else None
    )


@given(st.integers(-(10**15), 10**15), st.sampled_from(SPACES))
def test_thousands_parted_by_any_space_mean_the_same(number: int, space: str) -> None:
    written = f"{number:,}".replace(",", space)
    assert parse_response("integer", written) == number
    assert parse_response("float", written) == float(number)


@given(st.text(max_size=60), st.sampled_from(["string", "integer", "float"]))
def test_white_space_around_changes_nothing(text: str, base: Base) -> None:
    assert parse_response(base, f" \u202f{text}\u00a0\n") == parse_response(base, text)


@given(st.text(max_size=60))
def test_capturing_twice_is_capturing_once(text: str) -> None:
    assert captured(captured(text)) == captured(text)


@given(st.text(max_size=60))
def test_the_unicode_form_does_not_matter(text: str) -> None:
    decomposed = unicodedata.normalize("NFD", text)
    assert parse_response("string", decomposed) == parse_response("string", text)


@given(st.text(max_size=80), st.sampled_from(["identifier", "string", "integer", "float"]))
def test_any_text_is_a_value_or_none(text: str, base: Base) -> None:
    value = parse_response(base, text)
    assert value is None or isinstance(value, str | int | float)
    assert value != ""


@pytest.mark.parametrize(
    ("base", "text", "value"),
    [
        ("float", "2.5", 2.5), ("float", "2,5", None), ("float", " 2.5", None),
        ("float", "1e2", 100.0), ("float", "NaN", None), ("integer", "12", 12),
        ("integer", "12\n", None), ("integer", "1.0", None), ("string", " a ", " a "),
        ("string", "", None), ("identifier", "A", "A"), ("identifier", "", None),
    ],
)  # fmt: skip
def test_qti_s_own_lexical_forms_forgive_nothing(
    base: Base, text: str, value: str | float | None
) -> None:
    assert parse_lexical(base, text) == value
