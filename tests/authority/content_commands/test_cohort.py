"""`content cohort`: a table of responses in, a table of outcomes out, and nothing overwritten."""

from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from ardoise.authority.cli import app
from ardoise.content.package import read_package

EXAMPLE = Path(__file__).parents[3] / "examples" / "sixieme-2026" / "francais"
RUNNER = CliRunner()


def run(*arguments: object) -> tuple[int, str]:
    done = RUNNER.invoke(app, ["content", "cohort", *map(str, arguments)])
    return done.exit_code, done.output


@pytest.fixture
def responses(tmp_path: Path) -> Path:
    """Three pupils who answered one item of all: right, wrong, not at all."""
    items = read_package(EXAMPLE, name="e").items
    columns: dict[str, list[str | None]] = {
        f"{item.identifier}:{response.identifier}": [None, None, None]
        for item in items
        for response in item.responses
    }
    (asked,) = [item for item in items if item.identifier == "fr-01"]
    columns["fr-01:RESPONSE"] = [asked.responses[0].correct[0], "nulle-part", None]
    path = tmp_path / "in.csv"
    pl.DataFrame(columns).write_csv(path)
    return path


def test_every_pupil_has_a_score_and_each_distinct_response_is_scored_once(
    responses: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.parquet"
    code, said = run(EXAMPLE, "--responses", responses, "--out", out)
    assert code == 0, said
    assert "distinct responses scored" in said
    found = pl.read_parquet(out)
    assert found["fr-01:SCORE"].to_list()[:2] == [1.0, 0.0]
    assert found.height == 3


def test_a_file_that_is_there_is_not_written_over(responses: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    out.write_bytes(b"mine")
    code, said = run(EXAMPLE, "--responses", responses, "--out", out)
    assert (code, out.read_bytes()) == (1, b"mine")
    assert "name a new file" in said


def test_a_column_that_is_missing_and_an_unknown_format_are_named(tmp_path: Path) -> None:
    odd = tmp_path / "odd.csv"
    odd.write_text("fr-01:NOWHERE\nA\n")
    code, said = run(EXAMPLE, "--responses", odd, "--out", tmp_path / "out.parquet")
    assert code == 1
    assert "no column fr-01:RESPONSE" in said
    sheet = tmp_path / "in.xlsx"
    sheet.write_bytes(b"")
    code, said = run(EXAMPLE, "--responses", sheet, "--out", tmp_path / "out.parquet")
    assert code == 1
    assert "neither .parquet nor .csv" in said
