"""`ardoise psychometrics`: a minute from a file to a report; every mistake named, nothing left."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ardoise.psychometrics.bank import read_bank
from ardoise.psychometrics_cli import app


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments])


@pytest.fixture(scope="module")
def responses(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("data") / "responses.csv"
    assert run("example", file, "--pupils", "800", "--items", "8").exit_code == 0
    return file


@pytest.fixture(scope="module")
def analysis(responses: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out") / "analysis"
    more = ("--group", "group", "--cluster", "school", "--model", "gpcm", "--cuts", "220,270")
    result = run("calibrate", responses, "--out", out, *more)
    assert result.exit_code == 0, result.output
    assert "converged" in result.output
    return out


def test_a_plain_file_becomes_a_folder(analysis: Path) -> None:
    manifest = json.loads((analysis / "manifest.json").read_text())
    assert manifest["data"]["groups"] == ["girls", "boys"] or manifest["data"]["groups"] == [
        "boys", "girls",
    ]  # fmt: skip
    assert manifest["options"]["standard_errors"] == "sandwich"
    for name, one in manifest["tables"].items():
        assert (analysis / f"{name}.parquet").is_file()
        assert one["columns"]
    assert "item03" in (analysis / "report.html").read_text()


def test_the_report_is_drawn_again_in_english(analysis: Path) -> None:
    assert run("report", analysis, "--language", "en").exit_code == 0
    assert "What needs a human’s eye" in (analysis / "report.en.html").read_text()


def test_a_calibration_links_to_itself_without_a_change(analysis: Path) -> None:
    result = run("link", analysis, analysis, "--json")
    document = json.loads(result.output)
    for one in document["links"]:
        assert one["slope"] == pytest.approx(1.0, abs=1e-6)
        assert one["intercept"] == pytest.approx(0.0, abs=1e-6)


def test_a_two_stage_design_is_tried_before_it_is_used(analysis: Path, tmp_path: Path) -> None:
    design = tmp_path / "design.toml"
    design.write_text(
        'router = ["item01", "item02"]\ncuts = [1]\n'
        '[[modules]]\nname = "low"\nitems = ["item04", "item05"]\n'
        '[[modules]]\nname = "high"\nitems = ["item05", "item06"]\n'
    )
    result = run("simulate", design, "--bank", analysis, "--replicates", "20")
    assert result.exit_code == 0, result.output
    assert "RMSE over the population" in result.output


BAD: dict[str, tuple[str, tuple[str, ...], str]] = {
    "empty": ("", (), "bad.csv"),
    "a header alone": ("a,b\n", (), "no rows"),
    "words": ("a,b\n1,0\nyes,1\n", (), "'a'"),
    "no item": ("a,b\n1,0\n", ("--items", "fr-*"), "--items fr-*"),
    "no such weight": ("a,b\n1,0\n", ("--weight", "w"), "'w'"),
    "no such model": ("a,b\n1,0\n0,1\n", ("--model", "4pl"), "4pl"),
    "no such rule": ("a,b\n1,0\n", ("--omitted", "half"), "omitted"),
    "no such language": ("a,b\n1,0\n", ("--language", "de"), "fr or en"),
    "no scale": ("a,b\n1,0\n", ("--scale", "250"), "--scale"),
    "no number": ("a,b\n1,0\n", ("--cuts", "x"), "--cuts"),
    "no method": ("a,b\n1,0\n", ("--errors", "guess"), "--errors"),
    "constant": ("a,b\n1,0\n1,0\n1,0\n", (), "a"),
    "negative weight": ("a,b,w\n1,0,1\n0,1,-1\n", ("--weight", "w"), "w"),
}


@pytest.mark.parametrize("name", sorted(BAD))
def test_a_mistake_is_named_and_leaves_nothing_behind(name: str, tmp_path: Path) -> None:
    content, options, word = BAD[name]
    file, out = tmp_path / "bad.csv", tmp_path / "out"
    file.write_text(content)
    result = run("calibrate", file, "--out", out, *options)
    assert result.exit_code == 2, result.output
    assert word in result.output
    assert "Traceback" not in result.output
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bad.csv"]


def test_an_analysis_is_not_replaced_unasked(analysis: Path, responses: Path) -> None:
    before = (analysis / "manifest.json").read_bytes()
    assert run("calibrate", responses, "--out", analysis).exit_code == 2
    assert (analysis / "manifest.json").read_bytes() == before


def test_a_model_for_each_item_comes_from_a_file(responses: Path, tmp_path: Path) -> None:
    models = tmp_path / "models.toml"
    models.write_text('default = "2PL"\n[items]\nitem07 = "GRM"\nitem08 = "GPCM"\n')
    items = ("--items", "item*", "--errors", "none", "--model", models)
    result = run("calibrate", responses, "--out", tmp_path / "out", *items)
    assert result.exit_code == 0, result.output
    text = (tmp_path / "out" / "parameters.csv").read_text()
    assert "item07,GRM," in text
    assert "item08,GPCM," in text


def test_anchors_come_from_an_earlier_folder(
    responses: Path, analysis: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    more = ("--items", "item*", "--anchors", analysis, "--model", "gpcm", "--errors", "none")
    result = run("calibrate", responses, "--out", out, *more)
    assert result.exit_code == 0, result.output
    assert read_bank(out) == read_bank(analysis)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("item,model\nq,2PL\n", "slope"),
        ("item,model,slope,d1\nq,9PL,1,0\n", "line 2, column model"),
        ("item,model,slope,d1\nq,2PL,x,0\n", "line 2, column slope"),
        ("item,model,slope,d1\nq,2PL,1,0\nq,2PL,1,0\n", "twice"),
    ],
)
def test_a_bank_that_cannot_be_read_says_where(text: str, word: str, tmp_path: Path) -> None:
    file = tmp_path / "bank.csv"
    file.write_text(text)
    result = run("link", file, file)
    assert result.exit_code == 2
    assert word in result.output
