"""ONDE's CSV: what is read, what never is, and what each fault is called."""

from dataclasses import astuple
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ardoise.authority.findings import KEPT
from ardoise.authority.registry import onde as module
from ardoise.authority.registry.onde import COLUMNS, REQUIRED, read_onde
from ardoise.authority.registry.roll import RollFile, RollPupil
from tests.authority.registry import rolls
from tests.authority.registry.rolls import HEADINGS, PRIVATE, TODAY, kinds, onde, pupil


def read(data: bytes) -> RollFile:
    return read_onde(data, filename="CSVExtraction.csv", on=TODAY)


def with_cell(name: str, text: str) -> bytes:
    """A roll of one pupil with one cell replaced."""
    row = {**rolls.onde_row(pupil()), name: text}
    return f"{';'.join(HEADINGS)}\n{';'.join(row.get(h, '') for h in HEADINGS)}\n".encode()


def test_a_pupil_is_read_with_all_that_is_needed() -> None:
    one = pupil(usual_name="Noircarré", sex="M")
    roll = read(onde([one]))
    assert roll.findings == ()
    assert (roll.kind, roll.uai, roll.encoding) == ("onde", None, "UTF-8")
    assert roll.pupils == (one,)
    assert roll.pupils[0].line == 2


@given(
    pupils=rolls.rolls(levels=["CP", "CE1", "CM2"], births=(2017, 2020)),
    separator=st.sampled_from([";", ",", "\t", "|"]),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    iso=st.booleans(),
    quoted=st.booleans(),
    encoding=st.sampled_from(["utf-8", "utf-8-sig"]),
    headings=st.permutations(HEADINGS),
)
def test_every_dialect_gives_the_same_pupils(
    pupils: list[RollPupil],
    separator: str,
    newline: str,
    iso: bool,
    quoted: bool,
    encoding: str,
    headings: list[str],
) -> None:
    data = onde(
        pupils, headings=headings, separator=separator, newline=newline, iso=iso,
        quoted=quoted, encoding=encoding,
    )  # fmt: skip
    roll = read(data)
    assert kinds(roll.findings, "error") == []
    assert list(roll.pupils) == pupils
    assert [p.line for p in roll.pupils] == list(range(2, len(pupils) + 2))


@given(
    rolls.rolls(levels=["CP"], births=(2018, 2020), alphabet=rolls.LATIN.replace("Ž", "")),
    st.data(),
)
def test_single_byte_encodings_are_recognised(pupils: list[RollPupil], data: st.DataObject) -> None:
    encoding = data.draw(st.sampled_from(["iso-8859-15", "cp1252"]))
    roll = read(onde(pupils, encoding=encoding))
    assert kinds(roll.findings, "error") == []
    assert list(roll.pupils) == pupils


@pytest.mark.parametrize(
    ("family", "encoding", "said"),
    [
        ("Préauval", "iso-8859-1", "ISO-8859-1"),
        ("Œillardeau", "iso-8859-15", "ISO-8859-15"),
        ("BOŽENOVÁ", "iso-8859-15", "ISO-8859-15"),
        ("Œillardeau", "cp1252", "windows-1252"),
        ("O’Slatemór", "cp1252", "windows-1252"),
        ("Šafránková", "utf-8", "UTF-8"),
        ("Šafránková", "utf-8-sig", "UTF-8 (BOM)"),
        ("D´ARDOUVAL", "iso-8859-1", "ISO-8859-1"),
    ],
)
def test_the_encoding_is_told(family: str, encoding: str, said: str) -> None:
    roll = read(onde([pupil(family_name=family)], encoding=encoding))
    assert roll.encoding == said
    assert [p.family_name for p in roll.pupils] == [family]


def test_addresses_and_authorisations_reach_nothing_that_is_returned() -> None:
    good, bad = pupil(), pupil(ine="nonsense", birth_date=date(1990, 1, 1))
    roll = read(onde([good, bad]) + b"too;few;fields\n")
    everything = repr([astuple(p) for p in roll.pupils]) + repr(roll.findings) + repr(roll)
    assert len(roll.pupils) == 2
    assert "too" not in everything
    for secret in PRIVATE.values():
        assert secret not in everything


def test_no_finding_quotes_a_name_an_ine_or_a_date() -> None:
    rows = [
        pupil(family_name="Quiproquo4", first_name="Vermillonne", ine="BADINE-XYZ"),
        pupil(family_name="Quiproquo4", first_name="Vermillonne", ine=None),
        pupil(level="Ultraviolet", class_label="Maîtresse Zélandine"),
    ]
    data = onde(rows).replace(b"01/03/2020", b"31/02/2020", 1)
    text = repr(read(data).findings)
    for value in ("Quiproquo", "Vermillonne", "BADINE", "31/02", "Ultraviolet", "Zélandine"):
        assert value not in text


def test_a_pupils_repr_holds_no_name() -> None:
    assert repr(pupil()) == "RollPupil(line 2)"


@pytest.mark.parametrize(
    "shown",
    [
        "Nom d’usage élève",
        "NOM D'USAGE ELEVE",
        " Nom d´usage  élève ",
        "Nom d usage eleve",
        "nom_d'usage_élève",
    ],
)
def test_headings_may_differ_in_apostrophe_case_accent_and_space(shown: str) -> None:
    headings = [shown if name == "Nom d'usage élève" else name for name in HEADINGS]
    data = onde([pupil(usual_name="Clairtableau")])
    data = data.replace(";".join(HEADINGS).encode(), ";".join(headings).encode())
    assert read(data).pupils[0].usual_name == "Clairtableau"


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_needed_column_is_an_error_that_names_it(name: str) -> None:
    headings = [h for h in HEADINGS if h != COLUMNS[name]]
    roll = read(onde([pupil()], headings=headings))
    (finding,) = roll.findings
    assert (finding.id, finding.field, finding.line) == ("column-missing", COLUMNS[name], 1)
    assert COLUMNS[name] in finding.message
    assert "ONDE" in finding.remedy
    assert roll.pupils == ()


def test_columns_that_can_be_spared_may_be_missing() -> None:
    spared = {COLUMNS[name] for name in set(COLUMNS) - set(REQUIRED)} | {"Adresse1", " Cycle"}
    roll = read(onde([pupil()], headings=[h for h in HEADINGS if h not in spared]))
    assert kinds(roll.findings) == ["no-ine-column", "no-sex-column"]
    assert roll.usable
    assert roll.pupils == (pupil(ine=None, sex=None, class_ref="CP A"),)


def test_a_column_that_is_there_twice_is_an_error() -> None:
    assert "column-twice" in kinds(read(onde([pupil()], headings=[*HEADINGS, "INE"])).findings)


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("Date naissance", "31/02/2020", "date-impossible"),
        ("Date naissance", "01/13/2020", "date-impossible"),
        ("Date naissance", "01/01/2031", "date-impossible"),
        ("Date naissance", "01/01/1820", "date-impossible"),
        ("Date naissance", "01/01/20", "date-form"),
        ("Date naissance", "43831", "date-form"),
        ("Date naissance", "٠١/٠١/٢٠٢٠", "date-form"),
        ("Date naissance", "", "date-empty"),
        ("Date naissance", "01/01/2005", "date-implausible"),
        ("Nom élève", "  ", "name-empty"),
        ("Nom élève", "x" * 101, "value-long"),
        ("Nom élève", "Pr\ufffdauval", "character-lost"),
        ("Nom élève", "Pr\u0007auval", "control-character"),
        ("Nom élève", "PrÃ©auval", "encoded-twice"),
        ("Nom élève", "12 rue", "name-odd"),
        ("Prénom élève", "", "first-name-empty"),
        ("INE", "12345", "ine-form"),
        ("INE", "0000000001A", "ine-key"),
        ("INE", "", "ine-empty"),
        ("Sexe", "X", "sex-unknown"),
        ("Niveau", "CQ", "level-unknown"),
        ("Libellé classe", " ", "no-class"),
        ("Libellé classe", "x" * 81, "value-long"),
    ],
)
def test_a_bad_value_is_found_at_its_line_and_column(name: str, text: str, kind: str) -> None:
    (finding,) = read(with_cell(name, text)).findings
    assert finding.id == kind
    assert (finding.line, finding.column) == (2, HEADINGS.index(name) + 1)
    assert finding.message
    assert finding.remedy
    assert finding.said("en") == (finding.message_en, finding.remedy_en)


@pytest.mark.parametrize(
    "text",
    [
        "01/03/2020",
        "1/3/2020",
        "2020-03-01",
        " 01-03-2020 ",
        "2020-03-01T00:00:00",
        "01/03/2020 00:00",
    ],
)
def test_a_birth_date_may_be_day_first_or_iso(text: str) -> None:
    roll = read(with_cell("Date naissance", text))
    assert [p.birth_date for p in roll.pupils] == [date(2020, 3, 1)]


def test_values_lose_stray_spaces_and_are_composed() -> None:
    roll = read(with_cell("Nom élève", " \u00a0Pre\u0301  auval\u202f "))
    assert roll.pupils[0].family_name == "Pré auval"


def test_an_ine_given_twice_names_both_lines() -> None:
    roll = read(onde([pupil(), pupil(first_name="Noéline"), pupil(first_name="Violène")]))
    found = [f for f in roll.findings if f.id == "ine-twice"]
    assert [f.line for f in found] == [3, 4]
    assert all("ligne 2" in f.message and "line 2" in f.message_en for f in found)
    assert not roll.usable


def test_homonyms_need_two_ine_to_be_told_apart() -> None:
    told_apart = [pupil(ine="000000001ZZ"), pupil(ine="000000002ZZ")]
    assert read(onde(told_apart)).usable
    confused = read(onde([pupil(), pupil(family_name="BRISECRAIE", first_name="Alizea", ine=None)]))
    assert kinds(confused.findings, "error") == ["homonyms"]


def test_a_double_level_class_is_read_once_for_each_level() -> None:
    double = [pupil(level="CP"), pupil(level="CE1", ine="000000002ZZ", first_name="Wivine")]
    roll = read(onde(double))
    assert roll.usable
    assert {(p.class_label, p.level) for p in roll.pupils} == {("CP A", "CP"), ("CP A", "CE1")}


def test_empty_lines_and_trailing_separators_do_not_matter() -> None:
    data = onde([pupil()]).replace(b"\r\n", b"\r\n;;;;\r\n\r\n   \r\n", 1)
    lines = data.split(b"\r\n")
    lines[4] += b";;"
    assert read(b"\r\n".join(lines)).pupils == (pupil(),)


@pytest.mark.parametrize("change", [b"a;b;c\r\n", b";".join([b"x"] * 23) + b"\r\n"])
def test_a_shifted_line_is_an_error(change: bytes) -> None:
    (finding,) = read(onde([pupil()]) + change).findings
    assert (finding.id, finding.line) == ("field-count", 3)


def test_quoted_fields_may_hold_separators_quotes_and_line_ends() -> None:
    row = {**rolls.onde_row(pupil()), "Adresse1": '"3; rue ""x""\nbâtiment B"'}
    second = ";".join(
        rolls.onde_row(pupil(ine="000000002ZZ", first_name="Isaure")).get(h, "") for h in HEADINGS
    )
    text = f"{';'.join(HEADINGS)}\n{';'.join(row.get(h, '') for h in HEADINGS)}\n{second}\n"
    roll = read(text.encode())
    assert roll.usable
    assert [p.line for p in roll.pupils] == [2, 4]


def test_a_quotation_mark_left_open_is_found_where_it_begins() -> None:
    data = onde([pupil(), pupil(ine="000000002ZZ", first_name="Isaure")]).replace(
        b"000000001ZZ", b'"0'
    )
    (finding,) = read(data).findings
    assert (finding.id, finding.line) == ("quotes", 2)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "empty"),
        (b"\r\n \r\n", "empty"),
        (b"hello\nworld\n", "not-onde"),
        (b"PK is no csv;at all\n", "not-onde"),
        (onde([]), "no-pupil"),
        (onde([pupil()], encoding="utf-16"), "utf-16"),
        (onde([pupil()], encoding="utf-16-le"), "nul"),
        (onde([pupil()]) + b"\x81\xff\n", "encoding"),
        (onde([pupil()]).decode().encode().decode("cp1252").encode(), "encoded-twice"),
        (onde([pupil(first_name="x" * 200_000)]), "quotes"),
    ],
)
def test_a_file_that_is_no_roll_says_so(data: bytes, kind: str) -> None:
    roll = read(data)
    assert kinds(roll.findings, "error") == [kind]
    assert roll.pupils == ()


def test_a_line_of_separators_without_end_is_an_error_at_once() -> None:
    roll = read(onde([pupil()]) + b";" * 2_000_000 + b"\n")
    assert kinds(roll.findings, "error") == ["quotes"]


def test_a_nul_byte_is_found_at_its_line() -> None:
    (finding,) = read(onde([pupil()]).replace(b"Brisecraie", b"Brise\0craie")).findings
    assert (finding.id, finding.line) == ("nul", 2)


def test_a_file_above_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FILE_LIMIT", 2 << 20)
    assert kinds(read(onde([pupil()]) + b" " * (2 << 20)).findings) == ["file-large"]


def test_more_pupils_than_the_limit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PUPIL_LIMIT", 1)
    data = onde([pupil(), pupil(ine="000000002ZZ", first_name="Isaure")])
    assert kinds(read(data).findings, "error") == ["pupils-many"]


def test_findings_are_bounded_and_the_rest_counted() -> None:
    bad = [pupil(family_name="", ine=f"{n:09d}ZZ", first_name=f"A{'b' * n}") for n in range(90)]
    data = onde(bad * 10)
    findings = read(data).findings
    assert len(findings) == KEPT + 1
    assert findings[-1].id == "more"


def test_a_pupil_of_another_level_is_left_out_without_a_word() -> None:
    roll = read(onde([pupil(), pupil(level="GS", ine="000000009ZZ")]))
    assert roll.findings == ()
    assert roll.skipped == {"other-level": 1}


@given(st.binary(max_size=3_000))
def test_bytes_of_any_kind_give_findings_and_never_an_exception(data: bytes) -> None:
    roll = read(data)
    assert roll.pupils or roll.findings


@given(st.data())
def test_a_damaged_roll_gives_findings_and_never_an_exception(data: st.DataObject) -> None:
    sound = onde([pupil(), pupil(ine=None, first_name="Isaure")], quoted=data.draw(st.booleans()))
    at = data.draw(st.integers(0, len(sound) - 1))
    length = data.draw(st.integers(0, 40))
    read(sound[:at] + data.draw(st.binary(max_size=40)) + sound[at + length :])
