"""Sealed things open where they belong, and nowhere else."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ardoise.contract import limits
from ardoise.seal import envelope
from ardoise.seal.envelope import SealError
from ardoise.seal.fields import joined

KEY = bytes(range(32))
_payloads = st.binary(max_size=5_000)
_words = st.lists(st.text(max_size=12), max_size=5)


@given(_payloads, st.binary(max_size=40))
def test_what_is_sealed_opens(payload: bytes, context: bytes) -> None:
    sealed = envelope.seal(KEY, context, payload)
    assert limits.is_sealed_length(len(sealed), limits.SHEET)
    assert envelope.unseal(KEY, context, sealed) == payload


@given(_payloads, st.integers(0, 10**6), st.integers(0, 7))
def test_one_changed_bit_is_noticed(payload: bytes, place: int, bit: int) -> None:
    sealed = bytearray(envelope.seal(KEY, b"here", payload))
    sealed[place % len(sealed)] ^= 1 << bit
    with pytest.raises(SealError):
        envelope.unseal(KEY, b"here", bytes(sealed))


@given(st.binary(max_size=300))
def test_noise_never_opens(noise: bytes) -> None:
    with pytest.raises(SealError):
        envelope.unseal(KEY, b"", noise)


def test_a_sheet_opens_only_as_itself() -> None:
    place = {"campaign": "cp-2026", "number": "123456789", "part": "maths", "version": 3}
    sealed = envelope.seal(KEY, envelope.sheet_context(**place), b"x")  # type: ignore[arg-type]
    for moved in ({"campaign": "cp-2027"}, {"number": "987654321"}, {"part": "fr"}, {"version": 4}):
        with pytest.raises(SealError):
            envelope.unseal(KEY, envelope.sheet_context(**{**place, **moved}), sealed)  # type: ignore[arg-type]


def test_a_bomb_stops_at_the_limit() -> None:
    sealed = envelope.seal(KEY, b"", bytes(4 << 20))
    assert len(sealed) < 8_192
    with pytest.raises(SealError, match="larger"):
        envelope.unseal(KEY, b"", sealed, limit=1 << 20)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00\x00",
        b"\x00\x00\xff\xff" + bytes(1020),
        b"\x00\x00\x00\x08notagzip".ljust(1024, b"\0"),
        (len(gzip.compress(b"abc")) - 4).to_bytes(4, "big") + gzip.compress(b"abc").ljust(1020),
    ],
)
def test_malformed_padding_is_refused(body: bytes) -> None:
    with pytest.raises(SealError):
        envelope.unpadded(body, limit=100)


@given(_words, _words)
def test_different_fields_never_join_alike(one: list[str], two: list[str]) -> None:
    assert (joined(*one) == joined(*two)) == (one == two)


def test_a_field_beyond_its_length_prefix_is_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        joined("x" * 70_000)


def test_wrapping_alike_repeats_itself_and_nothing_else() -> None:
    secrets = [bytes([n]) * 32 for n in range(3)]
    made = envelope.wrap_alike(KEY, b"place", secrets[0], nonce_key=secrets[2])
    assert made == envelope.wrap_alike(KEY, b"place", secrets[0], nonce_key=secrets[2])
    assert envelope.unwrap(KEY, b"place", made) == secrets[0]
    nonces = {made[: envelope.NONCE]}
    for context, secret, nonce_key in (
        (b"other", secrets[0], secrets[2]),
        (b"place", secrets[1], secrets[2]),
        (b"place", secrets[0], secrets[1]),
    ):
        wrapped = envelope.wrap_alike(KEY, context, secret, nonce_key=nonce_key)
        nonces.add(wrapped[: envelope.NONCE])
    assert len(nonces) == 4
