"""Data is printed as it is, in faces that have it, as an accessible PDF."""

import io
import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from ardoise.authority.documents import typeset as module
from ardoise.authority.documents.typeset import TypesetError, typeset

_PROBE = """
#import "style.typ": *
#let data = json(bytes(sys.inputs.data))
#show: document-of.with(title: "Essai", language: "fr")
= Essai
#block(data.name)
"""


@pytest.fixture(autouse=True)
def _probe_template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for template in module.TEMPLATES.glob("*.typ"):
        (tmp_path / template.name).write_text(template.read_text())
    (tmp_path / "probe.typ").write_text(_PROBE)
    (tmp_path / "broken.typ").write_text(
        '#let data = json(bytes(sys.inputs.data))\n#panic("with " + data.name)\n'
    )
    monkeypatch.setattr(module, "TEMPLATES", tmp_path)


def printed(pdf: bytes) -> str:
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    return squeezed(text)


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFC", text))


def is_accessible(pdf: bytes) -> bool:
    """PDF/UA-1, which typst grants only if every character has a glyph."""
    catalogue: Any = PdfReader(io.BytesIO(pdf)).trailer["/Root"]
    return b"<pdfuaid:part>1</pdfuaid:part>" in catalogue["/Metadata"].get_data()


# Spaces and ligatures are the extractor's weakness, not the document's: only marks and letters.
_MARKS = st.text(alphabet="#$\"'[]{}()*_`~=-+/\\<>@&%;:,.^|!?éÉçŁğa1", min_size=1, max_size=40)


@settings(max_examples=40, deadline=None)
@given(_MARKS)
def test_markup_in_a_name_is_printed_literally(name: str) -> None:
    assert printed(typeset("probe", {"name": name})) == "Essai" + name


@pytest.mark.parametrize(
    "name",
    [
        '#panic("x")',
        "$x^2$ *gras* _italique_",
        '#read("/etc/passwd")',
        "*/ // [a](b) @ref <label>",
        "\\u{41} \\#",
        "= Titre",
    ],
)
def test_code_in_a_name_is_never_run(name: str) -> None:
    assert printed(typeset("probe", {"name": name})) == "Essai" + squeezed(name)


@pytest.mark.parametrize(
    "name",
    [
        "Éléonore Çelik-L’Œuvre ÿ",
        "Wałęsa Żółć Łukasz",
        "Iğdır Şahin ĞÜŞİ",
        "Nguyễn Thị Ánh Ngọc Đặng",
        "Ștefan Țîrlea Ružička Jõgi",
        "Ελένη Παππά",
        "Иван Щербаков",
    ],
)
def test_names_of_other_languages_are_not_boxes(name: str) -> None:
    assert is_accessible(typeset("probe", {"name": name}))


def test_a_script_without_a_face_still_gives_a_document() -> None:
    pdf = typeset("probe", {"name": "王伟 Zoé"})
    assert not is_accessible(pdf)
    assert "Zoé" in printed(pdf)


def test_the_document_is_tagged_and_says_its_language_and_title() -> None:
    root = PdfReader(io.BytesIO(typeset("probe", {"name": "x"})))
    catalogue: Any = root.trailer["/Root"]
    assert catalogue["/MarkInfo"]["/Marked"]
    assert catalogue["/Lang"].lower().startswith("fr")
    assert root.metadata is not None
    assert root.metadata.title == "Essai"
    assert "x" not in str(root.metadata.title)


def test_an_error_does_not_repeat_the_data() -> None:
    with pytest.raises(TypesetError) as raised:
        typeset("broken", {"name": "Zoé Secrète"})
    assert "Secrète" not in str(raised.value)
    assert raised.value.__cause__ is None


@pytest.mark.parametrize("template", ["../cards", "", "none-such", "a/b", "Probe"])
def test_only_our_templates_are_typeset(template: str) -> None:
    with pytest.raises(ValueError):
        typeset(template, {})
