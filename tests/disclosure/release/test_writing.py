"""What leaves can be read by archives and opened in a spreadsheet without harm."""

import io

import polars as pl
import pytest
from lxml import etree

from ardoise.disclosure.release.codebook import NAMESPACE, Study
from ardoise.disclosure.release.writing import bytes_of, to_csv
from tests.disclosure.release.test_release import PLAN, run

STUDY = Study(
    identifier="autumn", title="Results", producer="The office", recipient="A university",
    purpose="Study", access="Research only", day="2026-11-22", language="fr",
)  # fmt: skip


def test_a_formula_in_a_text_is_defused() -> None:
    frame = pl.DataFrame({"a": ["=1+1", "@x", "-5", "plain", "<10"], "n": [-5, 1, 2, 3, 4]})
    back = pl.read_csv(to_csv(frame))
    assert back["a"].to_list() == ["'=1+1", "'@x", "'-5", "plain", "<10"]
    assert back["n"].to_list() == [-5, 1, 2, 3, 4]


def test_every_file_leaves_twice_and_stands_in_the_codebook() -> None:
    made = run()
    out = bytes_of(made, STUDY, {"birth": "Month of birth"})
    research = pl.read_parquet(io.BytesIO(out["research.parquet"]))
    assert pl.read_csv(out["research.csv"], schema=research.schema).equals(research)
    root = etree.fromstring(out["codebook.xml"])
    names = [element.text for element in root.iter(f"{{{NAMESPACE}}}fileName")]
    assert names == ["research", "by-place", "groups", "noisy"]
    variables = [one for one in root.iter(f"{{{NAMESPACE}}}var") if one.get("files") == "F1"]
    assert [one.get("name") for one in variables] == research.columns
    birth, sex = variables[1], variables[2]
    assert birth.findtext(f"{{{NAMESPACE}}}labl") == "Month of birth"
    counts = [int(one.text or 0) for one in sex.iter(f"{{{NAMESPACE}}}catStat")]
    assert sum(counts) == research.height


def test_nothing_leaves_when_a_check_failed() -> None:
    made = run(PLAN.replace('tier = "research"', 'tier = "research"\nk = 5'))
    with pytest.raises(ValueError, match="nothing leaves"):
        bytes_of(made, STUDY, {})
