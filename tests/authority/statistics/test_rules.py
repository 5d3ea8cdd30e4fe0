"""A campaign's marks as responses: what goes in, what stays out, and nobody's name or number."""

import json
import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from ardoise.authority.campaigns.models import Part
from ardoise.authority.collection.models import Sheet
from ardoise.authority.marking.rules import ItemMark, mark_campaign
from ardoise.authority.restitution.models import NameView
from ardoise.authority.statistics.commands import app
from ardoise.authority.statistics.rules import NothingToAnalyse, gather, parts_of
from ardoise.authority.statistics.scores import PointScale, point_scale
from ardoise.content.package import read_package
from ardoise.psychometrics.responses import NOT_ADMINISTERED, NOT_REACHED, OMITTED
from tests.authority.marking.marked import PART, Marked, marked

pytestmark = pytest.mark.django_db
PUPILS = 60


@pytest.fixture
def exam() -> Marked:
    """Sixty sheets: the abler answer rightly more often; the last five stop after six items."""
    exam = marked()
    part = exam.campaign.parts.get(part=PART)
    package = read_package(bytes(part.package), name=part.package_name)
    draw = np.random.default_rng(3)
    for seq in range(1, PUPILS + 1):
        ability, answers = draw.normal(), {}
        reached = 6 if seq > PUPILS - 5 else len(package.items)
        for place, item in enumerate(package.items[:reached]):
            neutral = exam.keymap.neutral(item.identifier)
            response = next(iter(exam.keymap.items[neutral].responses.values()))
            back = {original: shown for shown, original in (response.options or {}).items()}
            knows = draw.random() < 1 / (1 + math.exp(place / 8 - 1 - ability))
            right = item.responses[0].correct if item.template else ("un texte",)
            wrong = [value for value in back.values() if back.get(right[0]) != value] or ["xyz"]
            given = [back.get(value, value) for value in right] if knows else wrong[:1]
            answers[neutral] = tuple(given)
        exam.put(answers, seq=seq, visited=tuple(answers))
    mark_campaign(exam.campaign)
    return exam


def part_of(exam: Marked) -> Part:
    return exam.campaign.parts.get(part=PART)


def test_every_sheet_in_which_something_was_reached_is_a_row(exam: Marked) -> None:
    exam.put({}, seq=900, visited=())
    mark_campaign(exam.campaign)
    data = gather(exam.campaign, part_of(exam))
    assert data.answers.pupils == PUPILS
    assert (data.answers.codes == NOT_REACHED).any(axis=1).sum() == 5


def test_rows_come_in_an_order_that_the_numbers_do_not_tell(exam: Marked) -> None:
    first, again = (gather(exam.campaign, part_of(exam)).answers.codes for _ in range(2))
    assert (first == again).all()
    by_number = Sheet.objects.order_by("number").values_list("seq", flat=True)
    stopped = [at for at, seq in enumerate(by_number) if seq > PUPILS - 5]
    rows = np.flatnonzero((first == NOT_REACHED).any(axis=1)).tolist()
    assert rows != stopped


def test_an_item_that_waits_for_raters_is_left_out_and_named(exam: Marked) -> None:
    data = gather(exam.campaign, part_of(exam))
    assert "fr-16" not in data.answers.items
    assert "fr-16: its answers wait for raters" in data.notes


def test_points_become_categories(exam: Marked) -> None:
    data = gather(exam.campaign, part_of(exam))
    categories = dict(zip(data.answers.items, data.answers.categories.tolist(), strict=True))
    assert categories["fr-01"] == 2
    assert categories["fr-15"] == 4


def test_options_stand_under_the_packages_names_and_keys_score(exam: Marked) -> None:
    data = gather(exam.campaign, part_of(exam))
    assert data.options is not None
    at = data.options.items.index("fr-01")
    place = data.answers.column("fr-01")
    chosen = data.options.codes[:, at]
    scored = data.answers.codes[:, place]
    for pupil in range(PUPILS):
        if scored[pupil] < OMITTED:
            right = int(chosen[pupil]) in data.options.keys[at]
            assert right == (scored[pupil] == 1)


def test_the_campaigns_thresholds_come_along_by_domain(exam: Marked) -> None:
    cuts = {one.domain: one for one in gather(exam.campaign, part_of(exam)).cuts}
    assert cuts["Compréhension de l’écrit"].thresholds == (5.0, 8.0)
    assert cuts["Compréhension de l’écrit"].labels == ("À besoins", "Fragile", "Satisfaisant")


def test_a_part_without_marks_says_what_to_do(exam: Marked) -> None:
    with pytest.raises(NothingToAnalyse, match="mark"):
        gather(exam.campaign, exam.campaign.parts.get(part="maths"))
    with pytest.raises(NothingToAnalyse, match="francais, maths"):
        list(parts_of(exam.campaign, "musique"))


def analysed(exam: Marked, out: Path, *more: str) -> Path:
    arguments = [exam.campaign.pk, "--out", str(out), "--part", PART, "--model", "pcm", *more]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    return out / PART


def test_a_small_campaign_is_analysed_and_the_folder_holds_no_number(
    exam: Marked, tmp_path: Path
) -> None:
    folder = analysed(exam, tmp_path / "a")
    numbers = list(Sheet.objects.values_list("number", flat=True))
    for file in folder.iterdir():
        content = file.read_bytes()
        assert not any(number.encode() in content for number in numbers), file.name
    persons = pl.read_parquet(folder / "persons.parquet")
    assert persons.columns[0] == "row"
    assert "number" not in persons.columns
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["data"]["pupils"] == PUPILS
    assert {"what": "fr-16", "why": "its answers wait for raters"} in manifest["not_computed"]
    kinds = pl.read_parquet(folder / "attention.parquet")["kind"].to_list()
    assert "few-pupils" in kinds


def test_analysing_again_gives_the_same_bytes(exam: Marked, tmp_path: Path) -> None:
    one = analysed(exam, tmp_path / "a", "--draws", "2")
    other = analysed(exam, tmp_path / "b", "--draws", "2", "--threads", "2")
    assert sorted(f.name for f in one.iterdir()) == sorted(f.name for f in other.iterdir())
    for file in one.iterdir():
        assert file.read_bytes() == (other / file.name).read_bytes(), file.name


def test_an_analysis_stands_in_the_log(exam: Marked, tmp_path: Path) -> None:
    analysed(exam, tmp_path / "a")
    view = NameView.objects.get(campaign=exam.campaign)
    assert (view.what, view.subject, view.names) == ("analysis", PART, 0)


def test_a_folder_that_exists_is_left_alone(exam: Marked, tmp_path: Path) -> None:
    (tmp_path / PART).mkdir()
    (tmp_path / PART / "mine.txt").write_text("mine")
    result = CliRunner().invoke(app, [exam.campaign.pk, "--out", str(tmp_path), "--part", PART])
    assert result.exit_code == 2
    assert "exists" in result.output
    forced = [exam.campaign.pk, "--out", str(tmp_path), "--part", PART, "--force"]
    assert CliRunner().invoke(app, forced).exit_code == 2
    assert (tmp_path / PART / "mine.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("points", "most", "parts", "categories"),
    [([0.0, 1.0], 1.0, 1, 2), ([0.0, 0.5, 1.0], 1.0, 2, 3), ([0.0, 1 / 3], 1.0, 3, 4)],
)
def test_parts_of_points_become_whole_scores(
    points: list[float], most: float, parts: int, categories: int
) -> None:
    assert point_scale(points, most) == PointScale(parts, categories)


@pytest.mark.parametrize(
    ("points", "most", "word"),
    [([-1.0, 0.0], 1.0, "away"), ([0.0], 0.0, "no points"), ([0.0, 0.123457], 1.0, "finer"),
     ([0.0, 40.0], 40.0, "41")],
)  # fmt: skip
def test_what_no_model_takes_is_said_in_words(points: list[float], most: float, word: str) -> None:
    found = point_scale(points, most)
    assert isinstance(found, str)
    assert word in found


def test_an_absent_pupils_item_was_not_administered() -> None:
    scale = PointScale(1, 2)
    assert scale.code(ItemMark("absent", None, 1.0)) == NOT_ADMINISTERED
    assert scale.code(ItemMark("omitted", None, 1.0)) == OMITTED
    assert scale.code(ItemMark("scored", 1.0, 1.0)) == 1
