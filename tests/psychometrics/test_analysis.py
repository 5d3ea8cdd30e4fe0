"""The chain as one call: what it finds, what it refuses, and that it repeats itself to the byte."""

import json
from pathlib import Path

import numpy as np
import pytest

from ardoise.psychometrics.analysis import STAGES, Analysis, analyse
from ardoise.psychometrics.distractors import Options
from ardoise.psychometrics.faults import PsychometricsError
from ardoise.psychometrics.manifest import digest
from ardoise.psychometrics.plan import CutSet, Plan
from ardoise.psychometrics.responses import MISSING, Answers
from ardoise.psychometrics.simulation import Habits, Population, draw_answers, draw_items
from ardoise.psychometrics.tables import TABLES, Tables
from ardoise.psychometrics.writing import read_manifest, read_tables, rewrite_report, write

CUTS = (CutSet(("low", "middle", "high"), (200.0, 260.0)),)


def trouble() -> Answers:
    """2,500 pupils; item03's key is wrong, item05 copies item04, item07 is against the boys."""
    draw = np.random.default_rng(11)
    items = draw_items(14, draw, four=2)
    population = Population(("girls", "boys"), (0.5, 0.5), (0.1, -0.1), (1.0, 1.0), 25)
    habits = Habits(omitted=0.02, tired=0.15)
    answers, _ = draw_answers(items, 2_500, draw, population=population, habits=habits)
    codes = answers.codes
    given = codes[:, 2] < 2
    codes[given, 2] = 1 - codes[given, 2]
    both = (codes[:, 3] < 2) & (codes[:, 4] < 2) & (draw.random(len(codes)) < 0.8)
    codes[both, 4] = codes[both, 3]
    assert answers.groups is not None
    unlucky = (answers.groups == 1) & (codes[:, 6] == 1) & (draw.random(len(codes)) < 0.5)
    codes[unlucky, 6] = 0
    return answers


@pytest.fixture(scope="module")
def answers() -> Answers:
    return trouble()


@pytest.fixture(scope="module")
def found(answers: Answers) -> Analysis:
    return analyse(answers, Plan(model="GPCM", cuts=CUTS, draws=3, errors="sandwich"))


def kinds(tables: Tables) -> set[tuple[str, str]]:
    return {(row.kind, row.item) for row in tables.attention}


def test_the_broken_key_comes_first_and_the_other_faults_are_named(found: Analysis) -> None:
    assert found.tables.attention[0].kind == "negative-slope"
    assert found.tables.attention[0].item == "item03"
    told = kinds(found.tables)
    assert ("dif-c", "item07") in told
    pairs = {(r.item, r.other) for r in found.tables.attention if r.kind == "dependence"}
    assert ("item04", "item05") in pairs
    assert [row.rank for row in found.tables.attention] == list(
        range(1, len(found.tables.attention) + 1)
    )


def test_every_table_that_the_data_allow_is_filled(found: Analysis) -> None:
    without = {"options", "option_bands", "linking", "drift"}
    for name in TABLES:
        assert bool(len(getattr(found.tables, name))) == (name not in without), name
    assert found.tables.plausible is not None
    assert found.tables.plausible.shape == (2_500, 3)
    assert abs(sum(row.share for row in found.tables.levels) - 1) < 1e-9


def test_the_reported_scale_has_its_mean_and_spread(found: Analysis) -> None:
    everybody = found.tables.groups[0]
    assert everybody.scale_mean == pytest.approx(250.0)
    assert everybody.scale_sd == pytest.approx(50.0)
    assert everybody.scale_mean_se is not None
    # Schools make the mean less sure than as many pupils drawn one by one.
    assert everybody.scale_mean_se > 50 / np.sqrt(2_500)


def test_observed_shares_lie_near_the_model_where_nothing_is_wrong(found: Analysis) -> None:
    rows = [row for row in found.tables.items if row.item not in ("item04", "item05", "item07")]
    assert max(row.rmsd or 0 for row in rows) < 0.04


def test_stages_are_told_in_their_order(answers: Answers) -> None:
    heard: list[str] = []
    analyse(answers, Plan(errors="none"), progress=lambda stage, _: heard.append(stage))
    once = list(dict.fromkeys(heard))
    assert once == [stage for stage in STAGES if stage in once]
    assert {"calibration", "abilities", "fit", "groups", "tables"} <= set(once)


def test_the_folder_has_the_same_bytes_on_any_number_of_threads(
    answers: Answers, tmp_path: Path
) -> None:
    # More pupils than one stripe, so that two threads do have something to share.
    many = Answers(
        items=answers.items,
        codes=np.tile(answers.codes, (14, 1)),
        categories=answers.categories,
        groups=np.tile(answers.groups, 14) if answers.groups is not None else None,
        group_names=answers.group_names,
    )
    plan = Plan(model="GPCM", draws=2, cuts=CUTS)
    for name, threads in (("one", 1), ("two", 2)):
        write(analyse(many, plan, threads=threads), tmp_path / name, title="Essai")
    files = sorted(file.name for file in (tmp_path / "one").iterdir())
    assert files == sorted(file.name for file in (tmp_path / "two").iterdir())
    for name in files:
        ours, theirs = (tmp_path / side / name for side in ("one", "two"))
        assert ours.read_bytes() == theirs.read_bytes(), name


def test_a_folder_reads_back_and_its_report_can_be_drawn_again(
    found: Analysis, tmp_path: Path
) -> None:
    folder = tmp_path / "analysis"
    manifest = write(found, folder, title="Essai")
    assert read_manifest(folder) == json.loads(json.dumps(manifest))
    tables = read_tables(folder)
    assert list(tables.items) == list(found.tables.items)
    first = (folder / "report.html").read_bytes()
    assert rewrite_report(folder, "fr").read_bytes() == first
    assert rewrite_report(folder, "en").name == "report.en.html"


def test_a_folder_is_there_whole_or_not_at_all(
    found: Analysis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> str:
        raise OSError("the disk is full")

    monkeypatch.setattr("ardoise.psychometrics.writing.render", broken)
    with pytest.raises(OSError, match="full"):
        write(found, tmp_path / "analysis")
    assert list(tmp_path.iterdir()) == []


def test_the_digest_knows_the_data_and_not_their_layout(answers: Answers) -> None:
    other = Answers(
        answers.items, np.array(answers.codes, order="C"), answers.categories,
        groups=answers.groups, group_names=answers.group_names, clusters=answers.clusters,
    )  # fmt: skip
    assert digest(other) == digest(answers)
    other.codes[0, 0] = 0 if other.codes[0, 0] else 1
    assert digest(other) != digest(answers)


def test_an_option_that_beats_the_key_is_told(answers: Answers) -> None:
    codes = np.where(answers.codes[:, [2]] < 2, answers.codes[:, [2]], answers.codes[:, [2]])
    options = Options(("item03",), codes.astype(np.uint8), (("a", "b"),), (frozenset({1}),))
    found = analyse(answers, Plan(model="GPCM", errors="none"), options=options)
    told = [row for row in found.tables.attention if row.kind == "option-beats-key"]
    assert [(row.item, row.other) for row in told] == [("item03", "a")]
    fifths = [row.share for row in found.tables.option_bands if row.option == "a"]
    assert fifths == sorted(fifths)


def test_anchors_are_held_and_the_one_that_moved_is_told(answers: Answers) -> None:
    some = answers.items[:2] + answers.items[5:6] + answers.items[7:12]
    base = analyse(answers, Plan(model="GPCM", errors="none")).calibration
    anchors = {name: base.item(name) for name in some}
    moved = anchors["item08"]
    anchors["item08"] = type(moved)(
        moved.name, moved.model, moved.slope, (moved.intercepts[0] + 1.5,)
    )
    found = analyse(answers, Plan(model="GPCM", anchors=anchors, errors="none"))
    assert found.calibration.item("item01") == anchors["item01"]
    assert ("drift", "item08") in kinds(found.tables)
    assert {row.method for row in found.tables.linking} == {
        "mean-mean", "mean-sigma", "haebara", "stocking-lord",
    }  # fmt: skip


def small(codes: list[list[int]]) -> Answers:
    table = np.array(codes, dtype=np.uint8)
    names = tuple(f"q{j}" for j in range(table.shape[1]))
    return Answers(names, table, np.full(table.shape[1], 2))


def test_nobody_is_no_analysis() -> None:
    with pytest.raises(PsychometricsError, match="no pupils"):
        analyse(small([[0, 1]]).__class__(("q0",), np.zeros((0, 1), np.uint8), np.array([2])))


def test_constant_and_unseen_items_are_named_and_the_rest_is_analysed(answers: Answers) -> None:
    codes = answers.codes.copy()
    codes[:, 0], codes[:, 1] = 1, MISSING
    spoiled = Answers(answers.items, codes, answers.categories)
    found = analyse(spoiled, Plan(model="GPCM"))
    assert {("constant", "item01"), ("never-seen", "item02")} <= kinds(found.tables)
    assert len(found.tables.items) == len(answers.items)
    assert found.tables.items[0].slope is None


def test_what_does_not_converge_is_told_before_anything_else(answers: Answers) -> None:
    found = analyse(answers, Plan(model="GPCM", max_iterations=1, errors="none"))
    assert not found.calibration.converged
    assert found.tables.attention[0].kind == "not-converged"


def test_cuts_that_do_not_rise_are_refused() -> None:
    with pytest.raises(PsychometricsError, match="ascending"):
        CutSet(("a", "b", "c"), (260.0, 200.0))
    with pytest.raises(PsychometricsError, match="labels"):
        CutSet(("a", "b"), (200.0, 260.0))
