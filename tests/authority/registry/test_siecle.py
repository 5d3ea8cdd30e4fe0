"""SIECLE's XML: what is read, what never is, and what each fault is called."""

import io
import zipfile
from dataclasses import astuple
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ardoise.authority.registry import archive
from ardoise.authority.registry import siecle as module
from ardoise.authority.registry.reading import read_roll
from ardoise.authority.registry.roll import RollFile, RollPupil
from ardoise.authority.registry.siecle import read_siecle
from tests.authority.registry import rolls
from tests.authority.registry.rolls import (
    COLLEGE,
    TODAY,
    eleve,
    kinds,
    pupil,
    siecle,
    siecle_xml,
    structures,
)

SIXTH = pupil(level="6e", birth_date=date(2015, 4, 2), class_label="6A", class_ref="6A")
OTHER = pupil(
    level="6e", birth_date=date(2015, 5, 3), class_label="6A", class_ref="6A",
    ine="000000002ZZ", first_name="Wivine",
)  # fmt: skip


def read(data: bytes, uai: str | None = None) -> RollFile:
    return read_siecle(data, filename="ElevesSansAdresses.xml", on=TODAY, uai=uai)


def one(**more: str) -> bytes:
    return siecle_xml([eleve(SIXTH, 1, **more)], [structures(SIXTH, 1)])


def zipped(*files: tuple[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how) as target:
        for name, content in files:
            target.writestr(name, content)
    return out.getvalue()


def test_a_pupil_is_read_with_all_that_is_needed() -> None:
    roll = read(one(), COLLEGE)
    assert roll.findings == ()
    assert (roll.kind, roll.uai, roll.encoding) == ("siecle", COLLEGE, "ISO-8859-15")
    assert roll.pupils == (SIXTH,)


@given(
    rolls.rolls(levels=["6e", "5e", "4e"], births=(2012, 2015)),
    st.sampled_from(["UTF-8", "ISO-8859-15", "ISO-8859-1", "windows-1252"]),
    st.sampled_from(["\n", "\r\n", ""]),
    st.booleans(),
)
def test_every_dialect_gives_the_same_pupils(
    pupils: list[RollPupil], encoding: str, newline: str, packed: bool
) -> None:
    data = siecle(pupils, encoding=encoding, newline=newline)
    roll = read(zipped(("ElevesSansAdresses.xml", data)) if packed else data)
    assert kinds(roll.findings, "error") == []
    assert list(roll.pupils) == pupils
    assert roll.encoding == encoding


def test_line_and_column_are_those_of_the_element_even_on_one_line() -> None:
    data = siecle_xml(
        [eleve(SIXTH, 1, DATE_NAISS="31/02/2015")], [structures(SIXTH, 1)], newline=""
    )
    (finding,) = read(data).findings
    assert (finding.id, finding.line, finding.field) == ("date-impossible", 1, "DATE_NAISS")
    assert finding.column == data.index(b"<DATE_NAISS") + 1


def test_births_places_and_other_first_names_reach_nothing_that_is_returned() -> None:
    roll = read(one(VILLE_NAISS="Cachetteville", DATE_NAISS="01/01/1990"))
    everything = repr([astuple(p) for p in roll.pupils]) + repr(roll.findings)
    assert roll.pupils
    assert "Cachetteville" not in everything
    assert "Secrète" not in everything


def test_the_rnie_ine_goes_before_the_older_identifier() -> None:
    assert read(one(ID_NATIONAL="0000000007H")).pupils[0].ine == "000000001ZZ"
    assert read(one(ID_NATIONAL="0000000007H", INE_RNIE="")).pupils[0].ine == "0000000007H"


def test_the_school_must_be_the_one_expected() -> None:
    (finding,) = read(one(), "9790002G").findings
    assert finding.id == "uaj-other"
    assert COLLEGE in finding.message


@pytest.mark.parametrize(
    ("uaj", "kind"), [("9790001A", "uaj-form"), ("", "uaj-form"), ("9990001X", "uaj-form")]
)
def test_the_school_number_must_be_valid(uaj: str, kind: str) -> None:
    data = siecle_xml([eleve(SIXTH, 1)], [structures(SIXTH, 1)], uaj=uaj)
    assert kinds(read(data).findings, "error") == [kind]


def test_a_file_without_a_school_is_refused() -> None:
    data = one().replace(f"<UAJ>{COLLEGE}</UAJ>".encode(), b"")
    assert kinds(read(data).findings, "error") == ["uaj-missing"]


def test_pupils_without_a_division_are_left_out_with_one_warning() -> None:
    data = siecle_xml(
        [eleve(SIXTH, 1), eleve(OTHER, 2), eleve(OTHER, 3)],
        [structures(SIXTH, 1), structures(OTHER, 2, kind="G")],
    )
    roll = read(data)
    assert roll.pupils == (SIXTH,)
    assert roll.skipped == {"no-class": 2}
    (finding,) = roll.findings
    assert finding.id == "no-division"
    assert finding.message.startswith("2 ")


@pytest.mark.parametrize(("left", "here"), [("16/10/2026", 0), ("22/12/2026", 1), ("", 1)])
def test_a_pupil_who_has_left_is_left_out(left: str, here: int) -> None:
    roll = read(one(DATE_SORTIE=left))
    assert len(roll.pupils) == here
    assert roll.usable


@pytest.mark.parametrize(
    ("mef", "level"),
    [("10010012110", "6e"), ("16410002110", "6e"), ("10110013110", "5e"), ("16610002110", "4e"),
     ("11010019110", "3e"), ("20010019110", "2de"), ("99910019110", None), ("", None)],
)  # fmt: skip
def test_the_mef_gives_the_level(mef: str, level: str | None) -> None:
    roll = read(one(CODE_MEF=mef, DATE_NAISS="01/01/2013"))
    assert [p.level for p in roll.pupils] == ([level] if level else [])
    assert ("mef-unknown" in kinds(roll.findings)) == (level is None)


@pytest.mark.parametrize(("code", "sex"), [("1", "M"), ("2", "F"), ("", None)])
def test_the_code_gives_the_sex(code: str, sex: str | None) -> None:
    assert read(one(CODE_SEXE=code)).pupils[0].sex == sex


def test_two_divisions_are_a_warning_and_the_first_counts() -> None:
    twice = structures(SIXTH, 1) + structures(pupil(class_label="6B"), 1)
    roll = read(siecle_xml([eleve(SIXTH, 1)], [twice]))
    assert kinds(roll.findings) == ["divisions-two"]
    assert roll.pupils[0].class_label == "6A"


def test_an_ine_given_twice_names_both_lines() -> None:
    roll = read(siecle([SIXTH, pupil(**{**_fields(OTHER), "ine": SIXTH.ine})]))
    (finding,) = roll.findings
    assert (finding.id, finding.line) == ("ine-twice", 6)
    assert "ligne 5" in finding.message


def _fields(each: RollPupil) -> dict[str, object]:
    return {name: getattr(each, name) for name in RollPupil.__slots__}


ENTITY = '<!DOCTYPE BEE_ELEVES [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE BEE_ELEVES SYSTEM "file:///etc/hostname">'


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (siecle([SIXTH], doctype=ENTITY), "xml-doctype"),
        (siecle([SIXTH], doctype=OUTSIDE), "xml-doctype"),
        (siecle([SIXTH], root="<BEE_RESPONSABLES>"), "xml-root"),
        (siecle([SIXTH])[:-30], "xml"),
        (siecle([SIXTH]).replace(b"</PRENOM>", b"</PRENON>"), "xml"),
        (b"<" * 2_000, "xml"),
        (b"<a>" * 100, "xml-root"),
        (siecle([SIXTH]).replace(b"<DONNEES>", b"<DONNEES>" + b"<d>" * 40), "xml-deep"),
        (siecle([SIXTH]).replace(b"ISO-8859-15", b"EBCDIC-FR", 1), "xml-encoding"),
        (siecle([SIXTH]).replace(b"ISO-8859-15", b"UTF-7", 1), "xml-encoding"),
        (siecle([SIXTH]).decode("iso-8859-15").encode("utf-16"), "utf-16"),
        (siecle_xml([eleve(SIXTH, 1), eleve(OTHER, 1)], []), "pupil-twice"),
        (siecle_xml([eleve(SIXTH, "")], []), "pupil-unnamed"),
        (siecle_xml([], []), "no-pupil"),
        (one(NOM_DE_FAMILLE="x" * 3_000), "value-long"),
        (one().replace(b"<PRENOM>", b"<PRENOM>a</PRENOM><PRENOM>"), "element-twice"),
    ],
)
def test_xml_that_is_no_sound_export_is_refused(data: bytes, kind: str) -> None:
    roll = read(data)
    assert kind in kinds(roll.findings, "error")
    assert not roll.usable


def test_an_undefined_entity_is_refused() -> None:
    assert kinds(read(one().replace(b"Brisecraie", b"&nom;")).findings, "error") == ["xml"]


@pytest.mark.parametrize(
    ("root", "found"),
    [('<BEE_ELEVES VERSION="2.0">', []), ('<BEE_ELEVES VERSION="3.0">', ["xml-version"])],
)
def test_another_version_is_a_warning(root: str, found: list[str]) -> None:
    roll = read(siecle([SIXTH], root=root))
    assert kinds(roll.findings) == found
    assert roll.pupils == (SIXTH,)


def test_a_file_of_another_school_year_is_a_warning() -> None:
    data = one().replace(b"<ANNEE_SCOLAIRE>2026", b"<ANNEE_SCOLAIRE>2025")
    assert kinds(read(data).findings) == ["year"]


def test_utf_8_declared_as_a_single_byte_encoding_is_found() -> None:
    data = siecle([SIXTH], encoding="UTF-8").replace(b'"UTF-8"', b'"ISO-8859-1"')
    assert "encoded-twice" in kinds(read(data).findings, "error")


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        ([("a.xml", b"<a/>"), ("b.xml", b"<b/>")], "zip-count"),
        ([], "zip-count"),
        ([("../ElevesSansAdresses.xml", one())], "zip-path"),
        ([("/etc/ElevesSansAdresses.xml", one())], "zip-path"),
        ([("C:\\ElevesSansAdresses.xml", one())], "zip-path"),
        ([("..\\ElevesSansAdresses.xml", one())], "zip-path"),
        ([("[Content_Types].xml", b"<a/>"), ("xl/workbook.xml", b"")], "spreadsheet"),
        ([("mimetype", b"application/vnd.oasis.opendocument.spreadsheet")], "spreadsheet"),
    ],
)
def test_an_archive_must_hold_one_file_in_its_place(
    files: list[tuple[str, bytes]], kind: str
) -> None:
    assert kinds(read(zipped(*files)).findings) == [kind]


def test_a_zip_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "FILE_LIMIT", 1 << 20)
    bomb = zipped(("ElevesSansAdresses.xml", bytes(5 << 20)))
    assert len(bomb) < 10_000
    assert kinds(read(bomb).findings) == ["zip-large"]


def test_a_zip_that_lies_about_its_size_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "FILE_LIMIT", 1 << 20)
    bomb = zipped(("ElevesSansAdresses.xml", bytes(5 << 20)))
    liar = bomb.replace((5 << 20).to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    assert liar != bomb
    assert kinds(read(liar).findings, "error")[0] in ("zip-damaged", "zip-large")


def test_a_protected_or_oddly_compressed_archive_is_refused() -> None:
    sound = zipped(("ElevesSansAdresses.xml", one()))
    flagged = bytearray(sound)
    flagged[sound.index(b"PK\x01\x02") + 8] |= 1
    assert kinds(read(bytes(flagged)).findings) == ["zip-encrypted"]
    odd = zipped(("ElevesSansAdresses.xml", one()), how=zipfile.ZIP_LZMA)
    assert kinds(read(odd).findings) == ["zip-damaged"]


def test_more_pupils_than_the_limit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PUPIL_LIMIT", 1)
    assert "pupils-many" in kinds(read(siecle([SIXTH, OTHER])).findings, "error")


def test_the_kind_is_told_by_the_first_bytes() -> None:
    def kind(data: bytes) -> str:
        return read_roll(data, filename="x", on=TODAY).kind

    assert kind(one()) == "siecle"
    assert kind(b"\xef\xbb\xbf\n" + siecle([SIXTH], encoding="UTF-8")) in ("siecle", "onde")
    assert kind(zipped(("a.xml", one()))) == "siecle"
    assert kind(rolls.onde([pupil()])) == "onde"
    assert kind(b"\xd0\xcf\x11\xe0 an old spreadsheet") == "unknown"
    assert kind(b"%PDF-1.7") == "unknown"


@given(st.binary(max_size=2_000))
def test_bytes_of_any_kind_give_findings_and_never_an_exception(data: bytes) -> None:
    assert read(data).findings
    assert read(b"PK\x03\x04" + data).findings
    assert read(b'<?xml version="1.0"?>' + data).findings


SOUND = siecle([SIXTH, OTHER])
PACKED = zipped(("ElevesSansAdresses.xml", SOUND))


@given(st.data(), st.sampled_from([SOUND, PACKED]))
def test_a_damaged_export_gives_findings_and_never_an_exception(
    data: st.DataObject, sound: bytes
) -> None:
    at = data.draw(st.integers(0, len(sound) - 1))
    length = data.draw(st.integers(0, 40))
    read(sound[:at] + data.draw(st.binary(max_size=40)) + sound[at + length :])
