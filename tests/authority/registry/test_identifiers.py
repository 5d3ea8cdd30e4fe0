"""UAI and INE: forms, check letters, normal form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ardoise.authority.registry.identifiers import LETTERS, check_letter, parse_ine, parse_uai

DIGITS = st.from_regex(r"(0[0-8][0-9]|09[0-5]|9[78][0-9]|[67]20)[0-9]{4}", fullmatch=True)


@given(DIGITS)
def test_one_letter_in_23_goes_with_a_schools_digits(digits: str) -> None:
    good = digits + check_letter(digits)
    assert parse_uai(f" {good.lower()} ") == good
    for letter in set("ABCDEFGHIJKLMNOPQRSTUVWXYZ") - {good[-1]}:
        with pytest.raises(ValueError, match="letter"):
            parse_uai(digits + letter)


@given(DIGITS, st.integers(0, 6), st.integers(1, 9))
def test_a_wrong_digit_in_a_school_number_is_always_caught(digits: str, at: int, by: int) -> None:
    wrong = digits[:at] + str((int(digits[at]) + by) % 10) + digits[at + 1 :]
    with pytest.raises(ValueError, match="UAI"):
        parse_uai(wrong + check_letter(digits))


@pytest.mark.parametrize("text", ["", "9790001", "0990001A", "100AAAAB", "٠٧٥٠٠٠١A", "x" * 10**5])
def test_what_has_not_the_form_is_no_school_number(text: str) -> None:
    with pytest.raises(ValueError) as fault:
        parse_uai(text)
    assert not text or text not in str(fault.value)


def test_a_published_school_number_has_its_letter() -> None:
    # The Sorbonne's, which anyone can look up.
    assert parse_uai("0750736T") == "0750736T"


@pytest.mark.parametrize(
    ("text", "form", "fits"),
    [
        ("000000001zz", "rnie", True),
        (" 0000 0000 01B ", "bea", True),
        ("0000000001C", "bea", False),
        ("0000A00001Z", "apprentice", True),
        ("0000000AB06", "nne", True),
    ],
)
def test_the_four_forms_of_an_ine_are_told_apart(text: str, form: str, fits: bool) -> None:
    ine = parse_ine(text)
    assert ine.form == form
    assert ine.key_fits == fits
    assert ine.value == text.replace(" ", "").upper()
    assert ine.value not in repr(ine)


@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=10, max_size=10))
def test_a_universitys_key_is_six_times_the_sum_and_the_last(body: str) -> None:
    values = [int(c, 36) for c in body]
    key = (6 * sum(values[:9]) + values[9]) % 10
    assert parse_ine(body + str(key)).key_fits
    assert not parse_ine(body + str((key + 1) % 10)).key_fits


@pytest.mark.parametrize("text", ["", "123", "12345678901AA", "é" * 11, "0000000001é"])
def test_what_has_not_the_form_is_no_ine(text: str) -> None:
    with pytest.raises(ValueError, match="eleven"):
        parse_ine(text)


def test_the_alphabet_has_no_letter_that_looks_like_a_digit() -> None:
    assert len(LETTERS) == 23
    assert not set("IOQ") & set(LETTERS)
