"""The commands on plain files: no campaign, and an exit code that a script can rely on."""

import json
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from ardoise.disclosure_cli import app
from tests.disclosure.microdata.test_methods import pupils
from tests.disclosure.release.test_release import PLAN

RUN = CliRunner()
QUASI = "departement,birth,sex,type"


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """A CSV of 2,000 made-up pupils."""
    file = tmp_path / "pupils.csv"
    pupils(2_000).write_csv(file)
    return file


def test_a_raw_file_is_measured_and_found_wanting(rows: Path) -> None:
    done = RUN.invoke(
        app, ["microdata", str(rows), "--quasi", QUASI, "--sensitive", "band:ordered", "--json"]
    )
    assert done.exit_code == 1
    figures = json.loads(done.stdout)
    assert figures["k"] == 1
    assert figures["holds"] is False
    assert figures["rows"] == 2_000


@pytest.mark.parametrize("method", ["lattice", "mondrian"])
def test_a_bounded_file_is_written_and_measures_as_promised(
    rows: Path, tmp_path: Path, method: str
) -> None:
    out = tmp_path / "out.csv"
    done = RUN.invoke(
        app,
        ["microdata", str(rows), "--quasi", QUASI, "--sensitive", "band:ordered",
         "--hierarchy", "departement=academie", "--hierarchy", "birth=dates",
         "--method", method, "--out", str(out)],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert pl.read_csv(out).columns == [*QUASI.split(","), "band"]
    again = RUN.invoke(
        app, ["microdata", str(out), "--quasi", QUASI, "--sensitive", "band:ordered"]
    )
    assert again.exit_code == 0, again.output
    assert "FAILS" not in again.output


def test_a_table_is_printed_with_its_hidden_cells_empty(rows: Path) -> None:
    done = RUN.invoke(app, ["table", str(rows), "--by", "academie/departement,sex,type"])
    assert done.exit_code == 0, done.output
    printed = done.stdout.splitlines()
    assert printed[0] == "departement,sex,type,count,status"
    assert any(line.endswith(",,hidden") for line in printed)


def test_an_aggregated_table_is_protected(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_text("a,b,n\nx,k,3\nx,l,40\ny,k,50\ny,l,60\n")
    done = RUN.invoke(app, ["table", str(file), "--by", "a,b", "--count", "n", "--json"])
    assert done.exit_code == 0, done.output
    figures = json.loads(done.stdout.splitlines()[0])
    assert (figures["primary"], figures["secondary"]) == (1, 3)


def test_a_plan_is_judged_without_writing(tmp_path: Path) -> None:
    file, plan = tmp_path / "pupils.parquet", tmp_path / "plan.toml"
    pupils(4_000).with_columns(i1=pl.lit(1), i2=pl.lit(0)).write_parquet(file)
    plan.write_text(PLAN)
    before = sorted(tmp_path.iterdir())
    done = RUN.invoke(app, ["judge", str(plan), str(file), "--budget", "1"])
    assert done.exit_code == 0, done.output
    assert "verdict: pass" in done.output
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["microdata", "--quasi", "nothing"], "column nothing: is not in the file"),
        (["microdata", "--quasi", "sex", "--sensitive", "band:odd"], "only :ordered"),
        (["microdata", "--quasi", "sex", "--method", "lattice"], "--out says where"),
        (["microdata", "--quasi", "sex", "--hierarchy", "x=y"], "a quasi-identifier first"),
        (["table", "--by", "a,b,c,d,e"], "1 to 4 dimensions"),
        (["table", "--by", "sex", "--dominance", "x"], "--dominance is as 1,85"),
        (["table", "--by", "sex", "--threshold", "11", "--count", "type"], "whole numbers"),
    ],
)
def test_bad_input_ends_with_2_and_says_where(rows: Path, arguments: list[str], words: str) -> None:
    done = RUN.invoke(app, [arguments[0], str(rows), *arguments[1:]])
    if "--hierarchy" in arguments:
        done = RUN.invoke(
            app, [arguments[0], str(rows), *arguments[1:], "--method", "lattice", "--out", "x.csv"]
        )
    assert done.exit_code == 2, done.output
    assert words in done.output
