"""Codes: eleven random Crockford base-32 characters and a check character, shown 4-4-4.

The check is a weighted sum over GF(32) = GF(2)[x]/(x⁵+x²+1), weights αⁱ with α = x: every single
error and every transposition of two characters is caught before anything is sent.
"""

from ardoise.seal.randomness import Source, system

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 12
_VALUE = {char: value for value, char in enumerate(ALPHABET)}
_LOOKALIKE = str.maketrans("ILO", "110")
_IGNORED = {ord(c): None for c in " -\u00a0\u202f\u2011"}


def _times_alpha(value: int) -> int:
    value <<= 1
    return value ^ 0b100101 if value & 0b100000 else value


def check_character(body: str) -> str:
    """Σ αⁱ⁺¹·dᵢ over GF(32), by Horner's rule from the last character to the first."""
    total = 0
    for char in reversed(body):
        total = _times_alpha(total ^ _VALUE[char])
    return ALPHABET[total]


def draw(source: Source = system) -> str:
    """A fresh code: twelve characters, 55 random bits and the check."""
    bits = int.from_bytes(source(7), "big") >> 1
    body = "".join(ALPHABET[(bits >> (5 * i)) & 31] for i in range(LENGTH - 1))
    return body + check_character(body)


def shown(code: str) -> str:
    """ABCDEFGHJKMN → ABCD-EFGH-JKMN."""
    return f"{code[:4]}-{code[4:8]}-{code[8:]}"


def parse(text: str) -> str:
    """The twelve characters of a code as somebody typed it.

    Case, spaces and hyphens do not matter; I and L are read as 1, O as 0 (Crockford).
    Raises ValueError: wrong length, a character outside the alphabet, or the check character.
    """
    code = text.translate(_IGNORED).upper().translate(_LOOKALIKE)
    if len(code) != LENGTH or any(char not in _VALUE for char in code):
        raise ValueError("a code has twelve letters and digits (never U)")
    if check_character(code[:-1]) != code[-1]:
        raise ValueError("this code has a typing error: compare it with the card")
    return code
