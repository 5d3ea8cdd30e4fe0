"""`ardoise authority content score` needs no folder, and says what it did."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ardoise.authority.cli import app
from tests.scoring.items import CHOICE, SCORE, xml

MATCH = '<qti-response-processing template="https://x/rptemplates/match_correct.xml"/>'
RUNNER = CliRunner()


@pytest.fixture
def item(tmp_path: Path) -> Path:
    path = tmp_path / "q1.xml"
    path.write_bytes(xml(CHOICE + SCORE + MATCH))
    return path


def run(*arguments: object) -> tuple[int, str]:
    done = RUNNER.invoke(app, ["content", "score", *map(str, arguments)])
    return done.exit_code, done.output


def test_an_item_is_scored_with_its_trace(item: Path) -> None:
    code, said = run(item, "--response", "RESPONSE=A")
    assert code == 0
    assert "set-outcome-value" in said
    assert "SCORE = 1.0" in said
    assert "score 1 of 1" in said


def test_json_holds_outcomes_and_trace(item: Path) -> None:
    code, said = run(item, "--response", "RESPONSE=B", "--json")
    found = json.loads(said)
    assert code == 0
    assert found["outcomes"] == {"SCORE": 0.0}
    assert (found["score"], found["max_score"], found["completion"]) == (0.0, 1.0, "completed")
    assert [step["rule"] for step in found["trace"]] == ["if", "else", "set-outcome-value"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--response", "R=A"], "the item declares no R (it declares RESPONSE)"),
        (["--response", "A"], "write --response NAME=VALUE"),
        (["--template", "T=1"], "the item declares no T (it declares none)"),
    ],
)  # fmt: skip
def test_what_the_item_does_not_declare(item: Path, arguments: list[str], message: str) -> None:
    code, said = run(item, *arguments)
    assert code == 2
    assert message in said


def test_bad_input_names_the_file(tmp_path: Path) -> None:
    code, said = run(tmp_path / "none.xml")
    assert code == 2
    assert "none.xml: cannot be read" in said
    broken = tmp_path / "b.xml"
    broken.write_bytes(b"<qti-assessment-item>")
    code, said = run(broken)
    assert code == 2
    assert "b.xml:1: is not well-formed XML" in said
    assert run()[0] == 2


def cases(folder: Path, *lines: str) -> Path:
    path = folder / "cases.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


GOOD = '{"item": "q1", "case": "key", "responses": {"RESPONSE": ["A"]}, "expected": {"SCORE": 1}}'


def test_cases_agree_or_are_listed_with_their_line(item: Path) -> None:
    folder = item.parent
    code, said = run("--cases", cases(folder, GOOD, "", GOOD), "--items", folder)
    assert (code, said.strip()) == (0, "agree 2 of 2")
    bad = GOOD.replace('"SCORE": 1', '"SCORE": 2')
    code, said = run("--cases", cases(folder, GOOD, bad), "--items", folder)
    assert code == 1
    assert said.splitlines() == ["cases.jsonl:2: q1 key: SCORE is 1.0, expected 2", "agree 1 of 2"]
    code, said = run("--cases", cases(folder, GOOD, bad), "--items", folder, "--json")
    assert json.loads(said)["agree"] == 1


def test_a_bad_line_is_named(item: Path) -> None:
    code, said = run("--cases", cases(item.parent, GOOD, "{"), "--items", item.parent)
    assert code == 2
    assert "cases.jsonl:2: is no JSON" in said.replace("\n", "")


def test_an_item_that_is_not_there_is_a_difference_and_the_others_are_scored(item: Path) -> None:
    away = [GOOD.replace('"q1"', f'"{name}"') for name in ("q9", "../q1", "/etc/hosts")]
    outside = item.parent / "items"
    outside.mkdir()
    (outside / "q2.xml").write_bytes(item.read_bytes())
    code, said = run(
        "--cases", cases(item.parent, *away, GOOD.replace("q1", "q2")), "--items", outside
    )
    assert code == 1
    assert "cases.jsonl:1: q9 key: names q9, but" in said.replace("\n", "")
    assert said.splitlines()[-1] == "agree 1 of 4"


def test_an_item_is_found_by_path_name_or_identifier(item: Path) -> None:
    folder = item.parent / "package" / "i1"
    folder.mkdir(parents=True)
    item.rename(folder / "qti.xml")
    names = ("package/i1/qti.xml", "package\\\\i1\\\\qti", "i1/qti", "qti", "q1")
    lines = [GOOD.replace('"q1"', f'"{name}"') for name in names]
    code, said = run("--cases", cases(item.parent, *lines), "--items", item.parent)
    assert (code, said.strip()) == (0, "agree 5 of 5")


def test_an_item_that_cannot_be_scored_is_a_difference(tmp_path: Path) -> None:
    odd = "<qti-response-processing><qti-odd/></qti-response-processing>"
    (tmp_path / "q1.xml").write_bytes(xml(CHOICE + SCORE + odd))
    code, said = run("--cases", cases(tmp_path, GOOD), "--items", tmp_path)
    assert code == 1
    assert "item q1, <qti-odd>: is no rule of response processing" in said
    assert "agree 0 of 1" in said


def test_cases_need_their_items(item: Path) -> None:
    assert run("--cases", cases(item.parent, GOOD))[0] == 2
    assert run(item, "--cases", cases(item.parent, GOOD), "--items", item.parent)[0] == 2


def test_a_value_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    path = tmp_path / "n.xml"
    path.write_bytes(xml(CHOICE.replace('"identifier">', '"float">', 1).replace(">A<", ">2<")
                         + SCORE + MATCH))  # fmt: skip
    code, said = run(path, "--response", "RESPONSE=2,0")
    assert code == 0
    assert "RESPONSE: no single float, so it counts as NULL" in said
    assert "score 1 of 1" in run(path, "--response", "RESPONSE=2,0", "--typed")[1]


def test_what_qti_does_not_have_is_warned_of_and_scored(tmp_path: Path) -> None:
    path = tmp_path / "q1.xml"
    held = '<qti-variable identifier="RESPONSE"/>'
    rule = '<qti-set-outcome-value identifier="SCORE"><qti-base-value base-type="float">1'
    path.write_bytes(
        xml(
            f"{CHOICE}{SCORE}<qti-response-processing><qti-response-condition><qti-response-if>"
            f"<qti-is-not-null>{held}</qti-is-not-null>{rule}</qti-base-value>"
            f"</qti-set-outcome-value></qti-response-if></qti-response-condition>"
            f"<qti-response-condition><qti-response-if>{held}</qti-response-if>"
            "</qti-response-condition></qti-response-processing>"
        )
    )
    code, said = run(path, "--response", "RESPONSE=B")
    assert code == 0
    assert "item q1, <qti-is-not-null>: is no element of QTI: read as not of is-null" in said
    assert "item q1, <qti-variable>: is not written as QTI says: read as true unless" in said
    assert "SCORE = 1.0" in said
