"""Cards: every pupil's own, legible, with nothing more than it needs."""

import io
import re
import unicodedata
from typing import Any

import pytest
from django.conf import settings
from pypdf import PdfReader

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.enrolment import cards as module
from ardoise.authority.enrolment.cards import (
    card_address,
    cards_pdf,
    code_list,
    code_list_pdf,
)
from ardoise.authority.enrolment.models import Seat
from ardoise.authority.enrolment.rules import EnrolmentRefused, enrol
from ardoise.authority.registry.models import ClassGroup, Pupil
from ardoise.seal import codes, numbers
from tests.authority.enrolment import town

URL = "https://evaluations.exemple.fr/"


def pages(pdf: bytes) -> list[str]:
    found = [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]
    return [re.sub(r"\s", "", unicodedata.normalize("NFC", text)) for text in found]


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def classes(campaign: Campaign) -> list[ClassGroup]:
    return list(ClassGroup.objects.filter(campaign=campaign).select_related("school"))


@pytest.fixture
def on_paper(db: None) -> Campaign:
    """A campaign whose parts teachers key."""
    campaign = town.campaign_of()
    town.part_of(campaign, "dictee", writer="teacher")
    town.class_of(campaign, town.NAMES)
    enrol(campaign)
    return campaign


def test_each_class_has_a_teachers_page_and_cards_of_its_own(campaign: Campaign) -> None:
    first, second = classes(campaign)
    one, cards_one, two, cards_two = pages(cards_pdf(campaign, [first, second], public_url=URL))
    lines = list(code_list(campaign, [first, second]))
    for line in lines:
        number, code = numbers.shown(line.number), codes.shown(line.code)
        teachers, pupils = (one, cards_one) if line.class_group == first.pk else (two, cards_two)
        if line.role == "teacher":
            assert number in teachers
            assert code in teachers
            assert number not in pupils
            continue
        assert number in pupils
        assert code in pupils
        assert code not in teachers
        assert (number in teachers) is not line.spare
    assert "6eB" in two
    assert "CollègedesTrois-Ormes,Valmorel" in one
    assert "Cartederéserve" in cards_one
    assert "evaluations.exemple.fr" in cards_one


def test_names_stand_on_the_teachers_list_and_the_cards(campaign: Campaign) -> None:
    teachers, cards = pages(cards_pdf(campaign, classes(campaign)[:1], public_url=URL))
    for page in (teachers, cards):
        for shown in ("D’AULNAY-VEXINÉléonore", "ŻAKOWSKIIanek", "BARTHOLOMÉMaximilien"):
            assert shown in page


def test_ten_cards_fill_a_page(campaign: Campaign) -> None:
    class_group = classes(campaign)[0]
    for index in range(25):
        town.join(campaign, class_group, f"Ana Lé{index}")
    enrol(campaign)
    _, *sheets = pages(cards_pdf(campaign, [class_group], public_url=URL))
    counts = [page.count("Codepersonnel") for page in sheets]
    assert counts == [10, 10, 10, 1]


def test_pupils_who_answer_on_paper_get_a_list_and_no_cards(on_paper: Campaign) -> None:
    (only,) = pages(cards_pdf(on_paper, classes(on_paper), public_url=URL))
    for line in code_list(on_paper, classes(on_paper)):
        assert (codes.shown(line.code) in only) is (line.role == "teacher")
        assert (numbers.shown(line.number) in only) is not line.spare


def test_one_card_again_shows_nobody_else(campaign: Campaign) -> None:
    class_group = classes(campaign)[0]
    pupil = Pupil.objects.filter(class_group=class_group)[0]
    (page,) = pages(cards_pdf(campaign, [class_group], public_url=URL, pupil_id=pupil.pk))
    for line in code_list(campaign, [class_group]):
        assert (numbers.shown(line.number) in page) is (line.pupil == pupil.pk)


def test_the_secret_of_the_address_stands_behind_the_hash(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []
    real = module._qr
    monkeypatch.setattr(module, "_qr", lambda text: drawn.append(text) or real(text))  # type: ignore[func-returns-value]
    cards_pdf(campaign, classes(campaign), public_url=URL)
    expected = {
        f"https://evaluations.exemple.fr/#{campaign.pk}/{line.number}/{line.code}"
        for line in code_list(campaign, classes(campaign))
    }
    assert set(drawn) == expected
    assert card_address("http://x", "abc", "1", "2") == "http://x/#abc/1/2"


def test_the_document_names_nobody_outside_its_pages(campaign: Campaign) -> None:
    reader = PdfReader(io.BytesIO(cards_pdf(campaign, classes(campaign), public_url=URL)))
    assert reader.metadata is not None
    assert reader.metadata.title == "Cartes de connexion"
    assert set(reader.metadata) <= {"/Title", "/Creator", "/Producer"}
    catalogue: Any = reader.trailer["/Root"]
    described = catalogue["/Metadata"].get_data().decode()
    for name in town.NAMES:
        assert not any(word in described for word in name.split())
    assert "Trois-Ormes" not in described


def test_a_document_in_every_language_has_all_its_words() -> None:
    from ardoise.authority.enrolment.wording import CARD_WORDS, LIST_WORDS

    for wording in (CARD_WORDS, LIST_WORDS):
        assert {frozenset(words) for words in wording.values()} == {frozenset(wording["fr"])}


def test_the_heads_list_has_every_code(campaign: Campaign) -> None:
    one, two = pages(code_list_pdf(campaign, classes(campaign)))
    first = classes(campaign)[0]
    for line in code_list(campaign, classes(campaign)):
        page = one if line.class_group == first.pk else two
        assert codes.shown(line.code) in page
        # Vietnamese letters stand there (test_typeset); only the extractor doubles them.
        assert squeezed(line.name) in page or "NGUY" in line.name


def test_lines_are_sorted_as_french_lists_are(campaign: Campaign) -> None:
    class_group = classes(campaign)[0]
    for name in ("Zoé Éon", "Léa Eluard", "Ana Ezra"):
        town.join(campaign, class_group, name)
    enrol(campaign)
    lines = list(code_list(campaign, [class_group]))
    assert lines[0].role == "teacher"
    assert lines[-1].spare
    families = [line.name.split()[0] for line in lines if line.name]
    assert families == [
        *("BARTHOLOMÉ", "D’AULNAY-VEXIN", "ELUARD", "ÉON", "EZRA", "KO-BA", "NGUYỄN", "ŻAKOWSKI"),
    ]


def test_a_pupil_that_left_or_moved_is_listed_where_it_is(campaign: Campaign) -> None:
    first, second = classes(campaign)
    left, moved = Pupil.objects.filter(class_group=first)[:2]
    Pupil.objects.filter(pk=left.pk).update(left=True)
    Pupil.objects.filter(pk=moved.pk).update(class_group=second)
    here = {line.pupil for line in code_list(campaign, [first])}
    there = {line.pupil for line in code_list(campaign, [second])}
    assert left.pk not in here | there
    assert moved.pk in there - here


def test_nothing_to_print_is_said(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = town.class_of(campaign, [], label="6e vide")
    for printed in (cards_pdf, code_list_pdf):
        with pytest.raises(EnrolmentRefused, match="enrol first"):
            printed(campaign, [empty])
    monkeypatch.setattr(module, "CLASSES_IN_A_DOCUMENT", 1)
    with pytest.raises(EnrolmentRefused, match="school by school"):
        cards_pdf(campaign, classes(campaign))


def test_by_default_cards_lead_to_deliverys_public_address(campaign: Campaign) -> None:
    address = settings.DELIVERY_PUBLIC_URL.removeprefix("http://")
    assert address in pages(cards_pdf(campaign, classes(campaign)[:1]))[1]
    assert Seat.objects.exists()
