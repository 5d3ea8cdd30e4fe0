"""The campaign file: what it says, and the line of each fault."""

import re
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ardoise.authority.campaigns import file as module
from ardoise.authority.campaigns.file import (
    CampaignFault,
    CampaignFile,
    check_items,
    parse_campaign,
)
from ardoise.authority.campaigns.lines import lines_of
from ardoise.authority.findings import Finding
from ardoise.contract import words

GOOD = """\
format = "ardoise-campaign/1"
id = "sixieme-2026"
title = "Évaluation de début de sixième 2026"
level = "6e"
language = "fr"

[window]
opens = 2026-11-23T07:00:00+01:00
closes = 2026-12-04T18:00:00+01:00

[groups]
labels = ["À besoins", "Fragile", "Satisfaisant"]

[[parts]]
id = "francais"
title = "Français"
package = "francais"
minutes = 50
writer = "pupil"

[[domains]]
id = "comprehension"
title = "Compréhension de l’écrit"
part = "francais"
items = [
  "fr-01",  # the first
  "fr-02",
]
thresholds = [1, 2.5]
"""


def faults(text: str | bytes) -> list[Finding]:
    with pytest.raises(CampaignFault) as fault:
        parse_campaign(text)
    return list(fault.value.findings)


def changed(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new, 1)


def line_of(text: str, fragment: str) -> int:
    return text[: text.index(fragment)].count("\n") + 1


def test_a_good_file_says_all_that_it_says() -> None:
    campaign = parse_campaign(GOOD)
    assert (campaign.id, campaign.level, campaign.language) == ("sixieme-2026", "6e", "fr")
    assert campaign.opens == datetime(2026, 11, 23, 6, tzinfo=UTC)
    assert campaign.group_labels == ("À besoins", "Fragile", "Satisfaisant")
    part = campaign.part("francais")
    assert (part.minutes, part.writer, part.grace_seconds, part.forms) == (50, "pupil", 30, 1)
    (domain,) = campaign.domains
    assert domain.items == ("fr-01", "fr-02")
    assert [domain.group(score) for score in (0, 0.99, 1, 2, 2.5, 9)] == [0, 0, 1, 1, 2, 2]
    assert campaign.findings == ()
    assert parse_campaign(GOOD.encode("utf-8-sig")) == campaign
    assert parse_campaign(GOOD.replace("\n", "\r\n")).domains == campaign.domains


@pytest.mark.parametrize(
    ("old", "new", "kind", "at"),
    [
        ('format = "ardoise-campaign/1"', 'format = "ardoise-campaign/2"', "format", "format"),
        ('format = "ardoise-campaign/1"\n', "", "missing", 'id = "sixieme'),
        ('id = "sixieme-2026"', 'id = "Sixième"', "form", "id ="),
        ('level = "6e"', 'level = "7e"', "choice", "level"),
        ('language = "fr"', "language = 3", "type", "language"),
        ('title = "Français"', 'title = " "', "form", 'title = " "'),
        ("opens = 2026-11-23T07:00:00+01:00", "opens = 2026-11-23T07:00:00", "no-zone", "opens"),
        ("opens = 2026-11-23T07:00:00+01:00", "opens = 2026-11-23", "type", "opens"),
        ("closes = 2026-12-04T18", "closes = 2026-11-04T18", "order", "closes"),
        ('id = "sixieme-2026"', 'id = "repetition-a"', "rehearsal", 'id = "rep'),
        ("minutes = 50", "minutes = 601", "range", "minutes"),
        ("minutes = 50", "minutes = true", "type", "minutes"),
        ("minutes = 50", "minutes = 50\nforms = 0", "range", "forms"),
        ("minutes = 50", "minutes = 50\nforms = 21", "range", "forms"),
        ('writer = "pupil"', 'writer = "teacher"\nforms = 2', "keyed-forms", "forms"),
        ("minutes = 50", "minuts = 50", "unknown-key-near", "minuts"),
        ("minutes = 50", "minutes = 50\nzzz = 1", "unknown-key", "zzz"),
        ('writer = "pupil"', 'writer = "parent"', "choice", "writer"),
        ('package = "francais"', 'package = "../francais"', "form", "package"),
        ('package = "francais"', 'package = "/etc"', "form", "package"),
        ('part = "francais"', 'part = "maths"', "no-part", "part = "),
        ('  "fr-02",', '  "fr-02", "fr-01",', "twice", '"fr-02"'),
        ('  "fr-02",', "  7,", "form", "  7,"),
        ("thresholds = [1, 2.5]", "thresholds = [1]", "thresholds", "thresholds"),
        ("thresholds = [1, 2.5]", "thresholds = [2, 1]", "thresholds-order", "thresholds"),
        ("thresholds = [1, 2.5]", "thresholds = [1, inf]", "range", "thresholds"),
        ("thresholds = [1, 2.5]", 'thresholds = [1, "2"]', "type", "thresholds"),
        ("thresholds = [1, 2.5]", "thresholds = []", "count", "thresholds"),
        ('"Fragile", ', "", "thresholds", "thresholds"),
        ('"Fragile"', '"À besoins"', "twice", "labels"),
        ("[[parts]]", "[parts]", "type", "[parts]"),
        ("minutes = 50", "minutes = ", "syntax", "minutes"),
        ("[[domains]]", '[[domains]]\nid = "x"', "syntax", 'id = "comprehension"'),
    ],
)  # fmt: skip
def test_a_fault_is_found_at_its_line(old: str, new: str, kind: str, at: str) -> None:
    text = changed(old, new)
    found = faults(text)
    first = next(f for f in found if f.id == kind)
    place = line_of(text, at) if kind != "missing" else None
    assert first.line == place
    assert first.message
    assert first.remedy
    assert "{" not in re.sub(r"\{ (opens|labels).*", "", first.message + first.remedy)


def test_a_misspelt_key_is_refused_with_the_likely_one() -> None:
    (finding,) = [f for f in faults(changed("title", "tilte")) if f.id.startswith("unknown")]
    assert "« title »" in finding.remedy


def test_two_of_one_identifier_are_refused_with_both_lines() -> None:
    text = GOOD + GOOD[GOOD.index("[[domains]]") :]
    (finding,) = [f for f in faults(text) if f.id == "twice"]
    assert finding.line == GOOD.count("\n") + 2
    assert str(line_of(GOOD, 'id = "comprehension"')) in finding.message


def test_the_line_is_right_in_the_second_table_of_an_array() -> None:
    text = GOOD + GOOD[GOOD.index("[[domains]]") :].replace("comprehension", "lexique").replace(
        "2.5", "0.5"
    )
    (finding,) = faults(text)
    assert (finding.id, finding.line) == ("thresholds-order", text.count("\n"))


def test_doubts_are_warnings_and_do_not_stop() -> None:
    second = (
        '[[parts]]\nid = "maths"\ntitle = "M"\npackage = "m.zip"\nminutes = 0\nwriter = "teacher"\n'
    )
    shared = GOOD[GOOD.index("[[domains]]") :].replace("comprehension", "lexique")
    campaign = parse_campaign(GOOD + second + shared)
    assert [f.id for f in campaign.findings] == ["idle-part", "shared-item", "shared-item"]
    assert {f.severity for f in campaign.findings} == {"warning"}
    short = changed("closes = 2026-12-04T18:00", "closes = 2026-11-23T07:30")
    assert [f.id for f in parse_campaign(short).findings] == ["short"]


def test_domains_are_compared_with_the_packages() -> None:
    findings = check_items(parse_campaign(GOOD), {"francais": ["fr-01", "fr-03"]})
    assert [(f.id, f.severity, f.line) for f in findings] == [
        ("unknown-item", "error", line_of(GOOD, '"fr-02"')),
        ("idle-item", "warning", line_of(GOOD, "[[parts]]")),
    ]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (b"\xff\xfe", "not-utf-8"),
        ("id = \ud800", "not-utf-8"),
        ("# " + "x" * (256 << 10), "large"),
        ("a = " + "[" * 5_000, "syntax"),
        ("a = " + "9" * 6_000, "syntax"),
        ("", "missing"),
    ],
)
def test_what_is_no_campaign_file_is_refused(text: str | bytes, kind: str) -> None:
    assert kind in [f.id for f in faults(text)]


@given(st.text(max_size=300) | st.binary(max_size=300))
def test_a_text_of_any_kind_gives_findings(text: str | bytes) -> None:
    assert faults(text)


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 12), st.text(max_size=12))
def test_a_damaged_file_is_read_or_refused(at: int, length: int, put: str) -> None:
    try:
        parse_campaign(GOOD[:at] + put + GOOD[at + length :])
    except CampaignFault as refusal:
        found = refusal.findings
    else:
        return
    assert any(f.severity == "error" for f in found)


def test_identifiers_have_the_form_of_the_wire() -> None:
    for ours, wire in ((module._CAMPAIGN_ID, words.CampaignId), (module._PART_ID, words.PartId)):
        for text in (
            "a",
            "ab",
            "abc",
            "a-b-c",
            "-ab",
            "ab-",
            "a" * 20,
            "a" * 21,
            "a" * 41,
            "A2b",
            "9ab",
        ):
            try:
                msgspec.convert(text, wire)
                fits = True
            except msgspec.ValidationError:
                fits = False
            assert bool(re.fullmatch(ours, text)) == fits, text


def test_lines_follow_strings_comments_and_nested_arrays() -> None:
    text = (
        'a = """one\n# no comment [x]\n"""\n"b c".d = {e = 1, f = [\n2,\n3]}\n'
        "[t] # [u]\ng = '''\n''''\n[[t.v]]\nh = 1\n[[t.v]]\nh = [\n\n# c\n'x', 'y',\n'z']\n"
        "[t.v.w]\ni = 1\n"
    )
    lines = lines_of(text)
    expected = {
        ("a",): 1, ("b c", "d"): 4, ("b c", "d", "e"): 4, ("b c", "d", "f", 1): 6, ("t",): 7,
        ("t", "g"): 8, ("t", "v", 0): 10, ("t", "v", 1, "h"): 13, ("t", "v", 1, "h", 0): 16,
        ("t", "v", 1, "h", 1): 16, ("t", "v", 1, "h", 2): 17, ("t", "v", 1, "w", "i"): 19,
    }  # fmt: skip
    assert {path: lines.get(path) for path in expected} == expected


@pytest.mark.parametrize("name", ["sixieme-2026", "cp-2026"])
def test_the_examples_are_good(name: str) -> None:
    path = Path(__file__).parents[3] / "examples" / name / "campaign.toml"
    campaign: CampaignFile = parse_campaign(path.read_bytes(), filename=str(path))
    assert campaign.id == name
