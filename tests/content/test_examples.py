"""The example campaigns read, draft and score; every full answer gives every point."""

import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ardoise.content.booklet import draft
from ardoise.content.package import Package, read_package
from ardoise.contract import booklet, limits
from ardoise.scoring import compile_item
from ardoise.seal.envelope import padded

EXAMPLES = Path(__file__).parents[2] / "examples"
PARTS = [
    (campaign, part) for campaign in ("sixieme-2026", "cp-2026") for part in ("francais", "maths")
]


def campaign_file(campaign: str) -> dict[str, Any]:
    return tomllib.loads((EXAMPLES / campaign / "campaign.toml").read_text(encoding="utf-8"))


def read(campaign: str, part: str) -> tuple[dict[str, Any], Package]:
    spec = next(found for found in campaign_file(campaign)["parts"] if found["id"] == part)
    return spec, read_package(EXAMPLES / campaign / spec["package"], name=part)


@pytest.mark.parametrize(("campaign", "part"), PARTS)
def test_an_example_is_read_without_a_warning(campaign: str, part: str) -> None:
    _, package = read(campaign, part)
    assert package.warnings == ()
    assert len(package.items) >= 12


@pytest.mark.parametrize(("campaign", "part"), PARTS)
def test_an_example_makes_a_booklet_that_fits(campaign: str, part: str) -> None:
    spec, package = read(campaign, part)
    made = draft(
        package, campaign=campaign, part=part, title=spec["title"], language="fr",
        campaign_title=campaign_file(campaign)["title"], minutes=spec["minutes"],
        writer=spec["writer"],
    )  # fmt: skip
    raw = msgspec.json.encode(made.with_blobs(dict.fromkeys(made.assets, "0" * 64)))
    found = booklet.decode(raw)
    sections = found.plan.parts[0].sections if found.plan else ()
    assert found.instructions or any(section.instructions for section in sections)
    assert [item.label for item in found.items] == [str(n + 1) for n in range(len(found.items))]
    for payload in (raw, *(asset.payload for asset in made.assets.values())):
        assert len(padded(payload)) + limits.SEALED_OVERHEAD <= limits.BLOB


@pytest.mark.parametrize(("campaign", "part"), PARTS)
def test_right_answers_give_all_points_and_empty_ones_none(campaign: str, part: str) -> None:
    for item in read(campaign, part)[1].items:
        scorer = compile_item(item)
        right = {response.identifier: response.correct for response in item.responses}
        if item.template is None:
            assert not scorer.machine_scored
            assert scorer.score({}).score is None
            continue
        assert scorer.score(right).score == scorer.max_score >= 1, item.identifier
        assert scorer.score({}).score == 0, item.identifier


@pytest.mark.parametrize(("campaign", "part"), PARTS)
def test_every_wrong_option_alone_gives_less_than_all(campaign: str, part: str) -> None:
    for item in read(campaign, part)[1].items:
        for question in item.questions:
            correct = next(r for r in item.responses if r.identifier == question.response).correct
            for option in question.options:
                if (option.identifier,) != correct:
                    result = compile_item(item).score({question.response: (option.identifier,)})
                    assert result.score is not None
                    assert result.score < result.max_score, (item.identifier, option.identifier)


@pytest.mark.parametrize("campaign", ["sixieme-2026", "cp-2026"])
def test_domains_name_items_that_exist_and_thresholds_that_can_be_reached(campaign: str) -> None:
    file = campaign_file(campaign)
    for domain in file["domains"]:
        items = {item.identifier: item for item in read(campaign, domain["part"])[1].items}
        points = sum(compile_item(items[name]).max_score for name in domain["items"])
        thresholds = domain["thresholds"]
        assert len(thresholds) + 1 == len(file["groups"]["labels"])
        assert 0 < thresholds[0] < thresholds[1] <= points, domain["id"]


def test_the_examples_are_as_large_as_they_should_be() -> None:
    assert len(read("sixieme-2026", "francais")[1].items) >= 14
    assert len(read("sixieme-2026", "maths")[1].items) >= 14
    assert sum(len(read("cp-2026", part)[1].items) for part in ("francais", "maths")) >= 24


@pytest.mark.parametrize(
    ("item", "text", "points"),
    [
        ("ma-01", "12 047", 1), ("ma-01", "12\u202f047", 1), ("ma-01", "1247", 0),
        ("ma-05", "0,72", 1), ("ma-05", ",72", 1), ("ma-05", "0.720", 1), ("ma-05", "0,9", 0),
        ("ma-06", "20,35", 1), ("ma-11", "41,0", 1), ("ma-11", "20,5", 0),
        ("ma-14", "9,00", 1), ("ma-18", "6,95 €", 0), ("ma-18", " 6,95 ", 1),
    ],
)  # fmt: skip
def test_numbers_as_pupils_write_them_are_scored(item: str, text: str, points: float) -> None:
    found = next(i for i in read("sixieme-2026", "maths")[1].items if i.identifier == item)
    assert compile_item(found).score({"RESPONSE": (text,)}).score == points


@pytest.mark.parametrize(
    ("item", "text", "points"),
    [
        ("fr-05", "petit-jean", 1), ("fr-05", "Petit Jean", 1), ("fr-05", "Grand-Jean", 0),
        ("fr-08", "Quatre", 1), ("fr-08", "4", 1), ("fr-08", "3", 0),
        ("fr-12", "a allumé", 1), ("fr-12", " a  allume\u0301 ", 1), ("fr-12", "a allumer", 0),
    ],
)  # fmt: skip
def test_words_as_pupils_write_them_are_scored(item: str, text: str, points: float) -> None:
    found = next(i for i in read("sixieme-2026", "francais")[1].items if i.identifier == item)
    assert compile_item(found).score({"RESPONSE": (text,)}).score == points
