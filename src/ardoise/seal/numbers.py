"""Order numbers: eight random decimal digits and a Damm check digit, shown 3-3-3.

Check: H. M. Damm, *Total anti-symmetrische Quasigruppen* (2004): every single error and every
swap of neighbours is caught.
"""

from ardoise.seal.randomness import Source, below, system

_QUASIGROUP = (
    "0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
    "3674209581", "5869720134", "8945362017", "9438617205", "2581436790",
)  # fmt: skip
LENGTH = 9


def check_digit(digits: str) -> str:
    """The Damm check digit of a string of decimal digits."""
    interim = 0
    for digit in digits:
        interim = int(_QUASIGROUP[interim][int(digit)])
    return str(interim)


def draw(source: Source = system) -> str:
    """A fresh order number, nine digits. Uniqueness in a campaign is the caller's to keep."""
    body = f"{below(10**8, source):08d}"
    return body + check_digit(body)


def shown(number: str) -> str:
    """123456789 → 123-456-789."""
    return f"{number[:3]}-{number[3:6]}-{number[6:]}"


def parse(text: str) -> str:
    """The nine digits of an order number as somebody typed it (spaces and hyphens ignored).

    Raises ValueError: wrong length, a character that is no digit, or the check digit.
    """
    digits = text.translate({ord(c): None for c in " -\u00a0\u202f\u2011"})
    if len(digits) != LENGTH or not (digits.isascii() and digits.isdigit()):
        raise ValueError("an order number has nine digits")
    if check_digit(digits) != "0":
        raise ValueError("this order number has a typing error: compare it with the card")
    return digits
