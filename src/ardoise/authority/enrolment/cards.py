"""Cards with numbers and codes, made in memory when they are asked for and never kept.

Whoever calls these has checked who may see the class, and logs that its names were shown.
"""

import io
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

import segno
from django.conf import settings
from msgspec import Struct

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.documents.typeset import typeset
from ardoise.authority.enrolment.models import Seat
from ardoise.authority.enrolment.rules import EnrolmentRefused, seat_code
from ardoise.authority.enrolment.wording import CARD_WORDS, LIST_WORDS
from ardoise.authority.keyring import CampaignKey
from ardoise.authority.linkage import rules as linkage
from ardoise.authority.registry.identity import Identity, open_identity
from ardoise.authority.registry.labels import open_label
from ardoise.authority.registry.models import ClassGroup, Pupil
from ardoise.seal import codes, numbers

CLASSES_IN_A_DOCUMENT = 200
_ROLE_ORDER = {"teacher": 0, "pupil": 1}


class CodeLine(Struct, frozen=True):
    """A seat in force, whose it is, and its code: a secret."""

    class_group: int
    school: str
    """UAI."""
    class_label: str
    role: str
    spare: bool
    number: str
    code: str
    pupil: str = ""
    """The pupil's identifier; empty for teachers' and spare seats."""
    name: str = ""
    """NOM Prénom; empty likewise."""


def code_list(campaign: Campaign, class_groups: Iterable[ClassGroup]) -> Iterator[CodeLine]:
    """The seats in force of each class: teachers, pupils on the roll by name, spares.

    Four queries a class. Raises CampaignKeyDestroyed.
    """
    key = settings.KEYRING.campaign_key(campaign.pk)
    for class_group in class_groups:
        open_label(key, class_group)
        lines = _lines(campaign, key, class_group)
        yield from sorted(lines, key=_place)


def cards_pdf(
    campaign: Campaign,
    class_groups: Iterable[ClassGroup],
    *,
    public_url: str | None = None,
    pupil_id: str | None = None,
) -> bytes:
    """A4 pages to cut, class by class, the teacher's page first; or one pupil's card alone.

    `public_url`: where the runner is; the setting's by default. Raises EnrolmentRefused if there
    is nothing to print or too much for one document, CampaignKeyDestroyed.
    """
    url = (public_url or settings.DELIVERY_PUBLIC_URL).rstrip("/")
    words = _words(CARD_WORDS, campaign)
    printer = _Printer(campaign, url, words, campaign.parts.filter(writer="pupil").exists())
    classes = [
        printer.page(class_group, lines, alone=pupil_id)
        for class_group, lines in _by_class(campaign, class_groups)
    ]
    if not any(each["cards"] or each["teachers"] for each in classes):
        raise EnrolmentRefused("there is no card to print: enrol first")
    address = url.removeprefix("https://").removeprefix("http://")
    return typeset("cards", _document(campaign, words, classes) | {"address": address})


def code_list_pdf(campaign: Campaign, class_groups: Iterable[ClassGroup]) -> bytes:
    """Names, numbers and codes of each class as a list, for the head. Raises like `cards_pdf`."""
    words = _words(LIST_WORDS, campaign)
    classes = [
        _heading(class_group)
        | {"lines": [_listed(line, words) | {"code": codes.shown(line.code)} for line in lines]}
        for class_group, lines in _by_class(campaign, class_groups)
    ]
    if not any(each["lines"] for each in classes):
        raise EnrolmentRefused("there is no code to list: enrol first")
    return typeset("codes", _document(campaign, words, classes))


def card_address(public_url: str, campaign_id: str, number: str, code: str) -> str:
    """What the QR code holds. What follows `#` never reaches a server."""
    return f"{public_url.rstrip('/')}/#{campaign_id}/{number}/{code}"


def _by_class(
    campaign: Campaign, class_groups: Iterable[ClassGroup]
) -> Iterator[tuple[ClassGroup, list[CodeLine]]]:
    held = {class_group.pk: class_group for class_group in class_groups}
    if len(held) > CLASSES_IN_A_DOCUMENT:
        raise EnrolmentRefused(
            f"over {CLASSES_IN_A_DOCUMENT} classes in one document: print school by school"
        )
    lines = code_list(campaign, held.values())
    for class_group_id, some in groupby(lines, key=attrgetter("class_group")):
        yield held[class_group_id], list(some)


def _lines(campaign: Campaign, key: CampaignKey, class_group: ClassGroup) -> Iterator[CodeLine]:
    """Seats are found by pupil, so that one who changed class is listed in the new one."""
    pupils = {
        pupil.pk: pupil for pupil in Pupil.objects.filter(class_group=class_group, left=False)
    }
    whose = {
        number: pupil_id
        for pupil_id, number in linkage.numbers_of(key, campaign.pk, pupils).items()
    }
    in_force = Seat.objects.filter(campaign=campaign, voided_at=None)
    seats = list(in_force.filter(number__in=list(whose)))
    of_group = in_force.filter(group__class_group=class_group)
    seats += of_group.filter(role="teacher") | of_group.filter(spare=True)
    for seat in seats:
        pupil = pupils.get(whose.get(seat.number, ""))
        yield CodeLine(
            class_group=class_group.pk,
            school=class_group.school_id,
            class_label=class_group.label,
            role=seat.role,
            spare=seat.spare,
            number=seat.number,
            code=seat_code(key, seat),
            pupil=pupil.pk if pupil else "",
            name=_identity(key, pupil).shown if pupil else "",
        )


def _identity(key: CampaignKey, pupil: Pupil) -> Identity:
    return open_identity(key, pupil.pk, bytes(pupil.identity))


def _place(line: CodeLine) -> tuple[int, bool, str, str]:
    """Teachers first, then pupils by name as French lists have them, then spares."""
    letters = unicodedata.normalize("NFKD", line.name)
    plain = "".join(char for char in letters if not unicodedata.combining(char))
    return _ROLE_ORDER[line.role], line.spare, plain.casefold(), line.number


def _words(wording: dict[str, dict[str, str]], campaign: Campaign) -> dict[str, str]:
    return wording.get(campaign.language[:2], wording["fr"])


def _document(
    campaign: Campaign, words: dict[str, str], classes: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "title": words["title"],
        "language": campaign.language[:2],
        "campaign": campaign.title,
        "words": words,
        "classes": classes,
    }


def _heading(class_group: ClassGroup) -> dict[str, Any]:
    school = class_group.school
    place = ", ".join(filter(None, (school.name or school.uai, school.commune)))
    return {"label": class_group.label, "school": place}


def _listed(line: CodeLine, words: dict[str, str]) -> dict[str, str]:
    nobody = words["teacher" if line.role == "teacher" else "spare"]
    return {"name": line.name or nobody, "number": numbers.shown(line.number)}


@dataclass(frozen=True)
class _Printer:
    campaign: Campaign
    url: str
    words: dict[str, str]
    pupils_write: bool
    """Otherwise only teachers log in, and pupils need no card."""

    def page(
        self, class_group: ClassGroup, lines: Iterable[CodeLine], *, alone: str | None
    ) -> dict[str, Any]:
        """A class as the template takes it; `alone`: of the one pupil nothing but the card."""
        chosen = [line for line in lines if alone is None or line.pupil == alone]
        pupils = [line for line in chosen if line.role == "pupil"]
        return _heading(class_group) | {
            "teachers": [self._card(line) for line in chosen if line.role == "teacher"],
            "listed": [
                _listed(line, self.words) for line in pupils if line.pupil and alone is None
            ],
            "cards": [self._card(line) for line in pupils if self.pupils_write],
        }

    def _card(self, line: CodeLine) -> dict[str, Any]:
        address = card_address(self.url, self.campaign.pk, line.number, line.code)
        code = codes.shown(line.code)
        card = {"code": code, "qr": _qr(address), "spare": line.spare}
        return _listed(line, self.words) | card


def _qr(text: str) -> str:
    """An SVG. Level M: a card in a schoolbag gets creased."""
    drawn = io.BytesIO()
    segno.make_qr(text, error="m").save(
        drawn, kind="svg", border=2, scale=1, xmldecl=False, svgns=True, dark="#000000"
    )
    return drawn.getvalue().decode()
