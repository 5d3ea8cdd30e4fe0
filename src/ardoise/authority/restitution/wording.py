"""Words and numbers as the reader's language writes them."""

import unicodedata

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from ardoise.authority.restitution.results import Status

_LIGATURES = str.maketrans(
    {"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th"}
)


def bare(text: str) -> str:
    """Without accents, strokes and case: how French lists sort and how people search."""
    spread = unicodedata.normalize("NFKD", text.casefold().translate(_LIGATURES))
    return "".join(sign for sign in spread if not unicodedata.combining(sign))


def status_word(status: Status) -> str:
    """How a page or file says it."""
    return {
        "scored": _("évalué"),
        "absent": _("absent"),
        "in-progress": _("en cours"),
        "not-sat": _("non passé"),
    }[status]


def points(value: float) -> str:
    """Score points: at most one decimal, none where there is nothing behind it."""
    near = round(value, 1)
    return str(number_format(int(near) if near == int(near) else near))
