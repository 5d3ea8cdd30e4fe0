"""The levels that are assessed, and the age that goes with each."""

from datetime import date

LEVELS = ("CP", "CE1", "CE2", "CM1", "CM2", "6e", "5e", "4e", "3e", "2de", "CAP")
"""From the first year of primary school to the lycée's first; CAP is its vocational first year."""
_FIRST_AGE = 6
_AGES = {level: _FIRST_AGE + place for place, level in enumerate(LEVELS)} | {"CAP": 15}
_YOUNGER, _OLDER, _OLDEST_APPRENTICE = 2, 4, 60
_TURN_OF_YEAR = 8


def school_year(on: date) -> int:
    """The calendar year in which the school year of that day began: August belongs to the next."""
    return on.year if on.month >= _TURN_OF_YEAR else on.year - 1


def plausible_birth_years(level: str, on: date) -> range:
    """Years in which a pupil of that level may be born: two years ahead to four behind.

    A pupil of CP turns six in the calendar year in which the school year begins, and so on.
    """
    usual = school_year(on) - _AGES[level]
    oldest = school_year(on) - _OLDEST_APPRENTICE if level == "CAP" else usual - _OLDER
    return range(oldest, usual + _YOUNGER + 1)
