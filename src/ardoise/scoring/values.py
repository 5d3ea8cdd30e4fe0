"""Capture: what a pupil typed or chose becomes a value of a base type, once, by these rules.

text     Unicode NFC; every run of white space (no-break spaces too) is one space; none at the ends;
         a typographic apostrophe is the typewriter's; invisible characters (zero-width space, soft
         hyphen) are not there. Nothing left: no value (QTI: NULL).
number   As text; then an optional sign (+, - or −), digits, at most one decimal comma or point,
         digits. Spaces may part the digits in threes, counted from the decimal sign. A power of
         ten (1e3) is read too. Points never part thousands: 1.000 is one. Anything else: no value.
integer  A number whose fraction is empty or all zeros and without a power of ten.
identifier  As it is.

The rules stand here alone; the runner sends what was typed.
"""

import math
import re
import unicodedata
from typing import Literal

Base = Literal["identifier", "string", "integer", "float"]
Value = str | int | float

TEXT_LIMIT = 20_000
DIGITS_LIMIT = 40

_SPACE = re.compile(r"\s+")
_CHARACTERS = str.maketrans(
    {"’": "'", "ʼ": "'", "＇": "'", "\u200b": None, "\u2060": None, "\ufeff": None, "\u00ad": None}
)
_INTEGER = re.compile(r"^[+-]?[0-9]{1,40}\Z")
_FLOAT = re.compile(
    r"^[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?\Z"
)
_NUMBER = re.compile(
    r"^(?P<sign>[+-]?) ?"
    r"(?P<whole>[0-9]{1,3}(?: [0-9]{3})+|[0-9]*)"
    r"(?:(?P<mark>[,.])(?P<part>(?:[0-9]{3} )+[0-9]{1,3}|[0-9]*))?"
    r"(?:[eE](?P<power>[+-]?[0-9]{1,3}))?$"
)


def captured(text: str) -> str:
    """A text in the form in which texts are compared."""
    plain = unicodedata.normalize("NFC", text[:TEXT_LIMIT].translate(_CHARACTERS))
    return _SPACE.sub(" ", plain).strip(" ")


def parse_response(base_type: Base, text: str) -> Value | None:
    """The value of a response of this base type, or None: no value."""
    if base_type == "identifier":
        return text or None
    plain = captured(text)
    if not plain:
        return None
    if base_type == "string":
        return plain
    return _integer(plain) if base_type == "integer" else _float(plain)


def parse_lexical(base_type: Base, text: str) -> Value | None:
    """The value of a text in QTI's own lexical form, with nothing forgiven; None: no value.

    For responses that another system captured: a text counts with its spaces.
    """
    if base_type in ("identifier", "string"):
        return text or None
    if base_type == "integer":
        return int(text) if _INTEGER.match(text) else None
    return float(text) if _FLOAT.match(text) and math.isfinite(float(text)) else None


def _split(plain: str) -> tuple[str, str, str, str] | None:
    found = _NUMBER.match(plain.replace("−", "-"))
    if found is None:
        return None
    whole, part = (found[name] or "" for name in ("whole", "part"))
    whole, part = whole.replace(" ", ""), part.replace(" ", "")
    if not whole + part or len(whole + part) > DIGITS_LIMIT:
        return None
    return found["sign"], whole, part, found["power"] or ""


def _integer(plain: str) -> int | None:
    pieces = _split(plain)
    if pieces is None:
        return None
    sign, whole, part, power = pieces
    if power or part.strip("0") or not whole:
        return None
    return int(sign + whole)


def _float(plain: str) -> float | None:
    pieces = _split(plain)
    if pieces is None:
        return None
    sign, whole, part, power = pieces
    # Through text, so that the nearest double is the one that a key "0.1" gives.
    value = float(f"{sign}{whole or 0}.{part or 0}e{power or 0}")
    return value if math.isfinite(value) else None
