"""Spreadsheets hold what the page shows, and no cell is ever a formula."""

import csv
import io
import zipfile
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from django.test import Client
from hypothesis import example, given
from hypothesis import strategies as st

from ardoise.authority.restitution.exports import as_csv, as_ods, neutral
from tests.authority.restitution.world import World

_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"


def _read_csv(content: bytes) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


def _read_ods(content: bytes) -> list[list[tuple[str | None, str]]]:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        assert package.testzip() is None
        root = ElementTree.fromstring(package.read("content.xml"))
    return [
        [
            (cell.get(f"{_OFFICE}value-type"), "".join(cell.itertext()))
            for cell in row.iter(f"{_TABLE}table-cell")
        ]
        for row in root.iter(f"{_TABLE}table-row")
    ]


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+33", "-Marie", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\u00a0=1", "|cmd", "＝1"],
)
def test_what_a_spreadsheet_would_run_becomes_text(text: str) -> None:
    assert neutral(text).startswith("'")


@pytest.mark.parametrize("text", ["D'Encrier", "Anne-Lise", "Zoé", "6A", "", "Œillet", "3e = 4e"])
def test_an_ordinary_name_stays_as_it_is(text: str) -> None:
    assert neutral(text) == text


@example([["", "\x1f@"], ["\u2003=", ""]])
@given(st.lists(st.lists(st.text(max_size=20), min_size=2, max_size=2), min_size=1, max_size=5))
def test_no_text_makes_a_dangerous_cell_or_another_row(rows: list[list[str]]) -> None:
    read = _read_csv(as_csv(["a", "b"], rows))
    assert len(read) == len(rows) + 1
    for row in read:
        assert len(row) == 2
        for cell in row:
            assert not cell.lstrip().startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    typed = _read_ods(as_ods("t", ["a", "b"], rows))
    assert len(typed) == len(rows) + 1
    assert all(kind == "string" for row in typed for kind, _ in row)


@given(st.floats(0, 1000, allow_nan=False))
def test_numbers_stay_numbers(value: float) -> None:
    cell = _read_csv(as_csv(["a"], [[value]]))[1][0]
    assert float(cell.replace(",", ".")) == pytest.approx(value, rel=1e-5)
    with_type = _read_ods(as_ods("t", ["a"], [[value]]))[1][0]
    assert with_type == ("float", str(value))


def test_a_class_is_exported_by_name_with_scores_and_groups(
    world: World, browser: Callable[[str], Client]
) -> None:
    url = f"/classes/{world.groups['6A'].pk}/resultats"
    header, *rows = _read_csv(browser("teacher").get(f"{url}.csv").content)
    assert header[:3] == ["Classe", "Nom", "Prénom"]
    assert len(rows) == 6
    assert rows[0][:3] == ["6A", "'=Formule", "'+Plus"]
    by_name = {row[1]: row for row in rows}
    assert by_name["Ardoisier"][-3:] == ["2", "8", "À besoins"]
    assert by_name["Œillet-Buvard"][-3:] == ["", "", "absent"]
    typed = _read_ods(browser("teacher").get(f"{url}.ods").content)
    assert len(typed) == 7
    assert typed[1][1] == ("string", "=Formule")
    assert all(kind in ("string", "float", None) for row in typed for kind, _ in row)


def test_a_school_is_exported_class_by_class(
    world: World, browser: Callable[[str], Client]
) -> None:
    url = f"/campagnes/{world.campaign.pk}/etablissements/{world.schools[0].pk}/resultats.csv"
    rows = _read_csv(browser("head").get(url).content)[1:]
    assert [row[0] for row in rows] == ["6A"] * 6 + ["6B"] * 6
