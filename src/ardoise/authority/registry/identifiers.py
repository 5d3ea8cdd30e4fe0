"""UAI (a school) and INE (a pupil): their forms and check letters.

Both check letters are the number modulo 23 in an alphabet without I, O and Q. Sources: the
ministry's forms as other people's code reads them; the key of the RNIE form is not published.
"""

import re
from dataclasses import dataclass
from typing import Literal

LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
_UAI = re.compile(r"(0[0-8]\d|09[0-5]|9[78]\d|[67]20)\d{4}[A-Z]")
_UAI_WITHIN = re.compile(r"(?<![0-9A-Za-z])\d{7}[A-Za-z](?![0-9A-Za-z])", re.ASCII)
_RNIE = re.compile(r"\d{9}[A-Z]{2}", re.ASCII)
_BEA = re.compile(r"\d{10}[A-Z]", re.ASCII)
_APPRENTICE = re.compile(r"\d{4}A\d{5}[A-Z]", re.ASCII)
_NNE = re.compile(r"[0-9A-Z]{10}\d", re.ASCII)

IneForm = Literal["rnie", "bea", "apprentice", "nne"]


@dataclass(frozen=True, slots=True)
class Ine:
    """A pupil's national identifier in normal form. `key_fits` is True where no key is known."""

    value: str
    form: IneForm
    key_fits: bool

    def __repr__(self) -> str:
        return f"Ine({self.form})"


def check_letter(digits: str) -> str:
    """The letter that closes a UAI (seven digits) or a BEA's INE (ten)."""
    return LETTERS[int(digits) % 23]


def parse_uai(text: str) -> str:
    """A UAI in normal form: seven digits and their letter.

    Raises ValueError (never quoting it): wrong form, no such département, or the letter.
    """
    uai = text.strip().upper()
    if not (uai.isascii() and _UAI.fullmatch(uai)):
        raise ValueError("a UAI has seven digits, beginning with the département, and a letter")
    if check_letter(uai[:7]) != uai[7]:
        raise ValueError("the letter of this UAI does not go with its digits")
    return uai


def uai_in(name: str) -> str | None:
    """The one valid UAI in a file's name (`CSVExtraction-9790002G.csv`), if there is just one."""
    found: set[str] = set()
    for word in _UAI_WITHIN.findall(name):
        try:
            found.add(parse_uai(word))
        except ValueError:
            continue
    return found.pop() if len(found) == 1 else None


def parse_ine(text: str) -> Ine:
    """An INE in normal form: eleven characters, spaces and hyphens out, capitals.

    Raises ValueError (never quoting it) if it has none of the four forms.
    """
    value = "".join(c for c in text.upper() if not c.isspace() and c not in "-.")
    if _RNIE.fullmatch(value):
        return Ine(value, "rnie", key_fits=True)
    if _BEA.fullmatch(value):
        return Ine(value, "bea", key_fits=check_letter(value[:10]) == value[10])
    if _APPRENTICE.fullmatch(value):
        return Ine(value, "apprentice", key_fits=True)
    if _NNE.fullmatch(value):
        digits = [int(c, 36) for c in value[:10]]
        key = (6 * sum(digits[:9]) + digits[9]) % 10
        return Ine(value, "nne", key_fits=key == int(value[10]))
    raise ValueError("an INE has eleven characters in one of four known forms")
