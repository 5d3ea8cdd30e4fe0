"""The report as its readers get it: one page, no network, no script, the same bytes every time."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from ardoise.psychometrics.report import LANGUAGES, LanguageCode, render
from ardoise.psychometrics.report.attention_words import WORDINGS
from ardoise.psychometrics.report.words import Words
from ardoise.psychometrics.tables import AttentionRow, Tables
from tests.psychometrics.report.sample import attention, item_name, manifest, sample


class Page(HTMLParser):
    """What a browser would make of it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.attributes: set[str] = set()
        self.elements: set[str] = set()
        self.unnamed_plots = 0
        self.lang: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = dict(attrs)
        self.elements.add(tag)
        self.attributes |= set(held)
        if tag == "html":
            self.lang = held.get("lang")
        if "id" in held:
            self.ids.append(held["id"] or "")
        for name in ("href", "aria-labelledby"):
            if name in held:
                self.targets += (held[name] or "").replace("#", "").split()
        if tag == "svg" and not held.get("aria-labelledby"):
            self.unnamed_plots += 1


@pytest.fixture(scope="module")
def text() -> str:
    return render(sample(), manifest(), title="Français")


def test_the_page_needs_no_script_no_network_and_no_style_attribute(text: str) -> None:
    page = Page(text)
    assert not page.elements & {"script", "link", "iframe", "object", "img"}
    assert not {name for name in page.attributes if name.startswith("on")}
    assert "style" not in page.attributes
    outside = set(re.findall(r"(?:href|src|url)[=(]\"?(?!#)[a-z]+:[^\s\")]*", text))
    assert outside == set()
    assert "default-src 'none'" in text


def test_every_link_and_label_leads_to_one_place(text: str) -> None:
    page = Page(text)
    assert len(page.ids) == len(set(page.ids))
    assert set(page.targets) <= set(page.ids)
    assert page.unnamed_plots == 0


def test_what_needs_an_eye_comes_first_in_its_rank(text: str) -> None:
    first = text.index('id="eye"')
    assert first < text.index('id="test"') < text.index('id="cards"')
    words = Words("fr")
    placed = []
    for row in attention():
        says, _ = words.finding(
            row.kind, item=row.item, other=row.other, value=row.value, second=row.second
        )
        placed.append(text.index(says.replace("<", "&lt;"), first))
    assert placed == sorted(placed)


def test_the_same_tables_give_the_same_bytes(text: str) -> None:
    assert render(sample(), manifest(), title="Français") == text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_speaks_one_language(language: LanguageCode) -> None:
    page = render(sample(4), manifest(items=4), language=language)
    assert Page(page).lang == language
    told = "What needs a human’s eye" in page, "Ce qui demande un œil humain" in page
    assert told == ((True, False) if language == "en" else (False, True))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", sorted(WORDINGS))
def test_every_kind_of_finding_has_its_words(kind: str, language: LanguageCode) -> None:
    says, do = Words(language).finding(kind, item="fr-01", other="fr-02", value=0.5, second=None)
    assert says
    assert do
    assert "{" not in says + do


def test_a_name_that_is_markup_is_shown_as_text() -> None:
    tables = sample(4)
    evil = '<script>alert("x")</script>&'
    named = [replace(row, item=evil) if row.position == 1 else row for row in tables.items]
    curves = [replace(row, item=evil) if row.item == item_name(1) else row for row in tables.curves]
    steps = [replace(row, item=evil) if row.item == item_name(1) else row for row in tables.steps]
    evil_one = replace(tables, items=named, curves=curves, steps=steps)
    page = render(evil_one, manifest(items=4), title=evil)
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_tables_with_nothing_in_them_make_a_page_that_says_so() -> None:
    page = render(Tables(), manifest(pupils=0, items=0))
    assert "Rien n’a été relevé" in page
    assert Page(page).unnamed_plots == 0


def test_a_card_repeats_what_was_found_about_its_item(text: str) -> None:
    card = text[text.index('id="item-2"') : text.index('id="item-3"')]
    assert "la pente est négative (−0,41)" in card
    assert "Courbe caractéristique" in card


def test_numbers_are_written_as_the_language_does() -> None:
    fr, en = Words("fr"), Words("en")
    assert fr.number(12345.678, 1) == "12\u202f345,7"
    assert en.number(12345.678, 1) == "12,345.7"
    assert fr.number(-0.001) == "0,00"
    assert fr.percent(0.125, 1) == "12,5\u202f%"
    assert en.number(None) == "–"


def test_a_finding_without_a_card_is_told_without_a_link() -> None:
    row = AttentionRow(1, 3, "not-converged", "", "", 500.0, None, None, "everything")
    page = render(replace(sample(4), attention=[row]), manifest(items=4))
    assert "n’a pas convergé en 500" in page
