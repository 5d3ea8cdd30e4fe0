"""Check characters catch what fingers do."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ardoise.seal import codes, numbers, randomness

_sources = st.binary(min_size=64, max_size=64).map(lambda pool: lambda size: pool[:size])
_codes = st.text(codes.ALPHABET, min_size=11, max_size=11).map(
    lambda body: body + codes.check_character(body)
)
_numbers = st.from_regex(r"[0-9]{8}", fullmatch=True).map(
    lambda body: body + numbers.check_digit(body)
)


@given(_codes, st.integers(0, 11), st.sampled_from(codes.ALPHABET))
def test_every_single_error_in_a_code_is_caught(code: str, place: int, other: str) -> None:
    assume(code[place] != other)
    with pytest.raises(ValueError, match="typing error"):
        codes.parse(code[:place] + other + code[place + 1 :])


@given(_codes, st.integers(0, 11), st.integers(0, 11))
def test_every_transposition_in_a_code_is_caught(code: str, one: int, two: int) -> None:
    assume(code[one] != code[two])
    swapped = list(code)
    swapped[one], swapped[two] = swapped[two], swapped[one]
    with pytest.raises(ValueError, match="typing error"):
        codes.parse("".join(swapped))


@given(_codes)
def test_a_code_is_read_as_people_write_it(code: str) -> None:
    sloppy = codes.shown(code).lower().replace("0", "o").replace("1", "l").replace("-", " ")
    assert codes.parse(f"  {sloppy} ") == code


@given(_numbers, st.integers(0, 8), st.sampled_from("0123456789"))
def test_every_single_error_in_a_number_is_caught(number: str, place: int, other: str) -> None:
    assume(number[place] != other)
    with pytest.raises(ValueError, match="typing error"):
        numbers.parse(number[:place] + other + number[place + 1 :])


@given(_numbers, st.integers(0, 7))
def test_every_swap_of_neighbours_in_a_number_is_caught(number: str, place: int) -> None:
    assume(number[place] != number[place + 1])
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    with pytest.raises(ValueError, match="typing error"):
        numbers.parse(swapped)


@pytest.mark.parametrize("text", ["", "12345678", "1234567890", "12345678x", "١٢٣٤٥٦٧٨٩"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="order number"):
        numbers.parse(text)


@given(_sources)
def test_what_is_drawn_can_be_read_back(source: randomness.Source) -> None:
    code = codes.draw(source)
    assert codes.parse(codes.shown(code)) == code


def test_drawn_codes_and_numbers_do_not_repeat() -> None:
    assert len({codes.draw() for _ in range(2_000)}) == 2_000
    assert len({numbers.draw() for _ in range(200)}) == 200


@given(st.integers(1, 10**9))
def test_a_draw_below_a_limit_stays_below_it(limit: int) -> None:
    assert 0 <= randomness.below(limit) < limit


def test_draws_below_a_limit_reach_every_value_evenly() -> None:
    counts = [0] * 10
    for _ in range(5_000):
        counts[randomness.below(10)] += 1
    # Binomial(5000, 0.1): mean 500, standard deviation 21; nine deviations each way.
    assert all(310 < count < 690 for count in counts)
