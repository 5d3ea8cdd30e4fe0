"""`release`, as somebody types it."""

import json
from pathlib import Path

from typer.testing import CliRunner, Result

from ardoise.authority.release.commands import app
from ardoise.authority.release.models import Release
from tests.authority.release.conftest import SMALL, TABLES, agreed
from tests.authority.restitution.world import World


def run(*arguments: object, code: int = 0) -> Result:
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    assert result.exit_code == code, result.output
    return result


def test_a_plan_is_judged_confirmed_and_written(world: World, tmp_path: Path) -> None:
    plan, name = tmp_path / "plan.toml", world.campaign.pk
    plan.write_text(TABLES)
    said = run(plan, "--campaign", name, "--out", tmp_path / "report", "--json")
    told = json.loads(said.stdout)
    assert {one.name for one in (tmp_path / "report").iterdir()} == {"report.html", "report.pdf"}
    assert "proposed" in run("list", name).stdout
    assert "nothing leaves" in run("write", told["id"], "--out", tmp_path / "no", code=2).output
    assert not (tmp_path / "no").exists()
    agreed(world, Release.objects.get(pk=told["id"]))
    run("write", told["id"], "--out", tmp_path / "out")
    assert (tmp_path / "out" / "groupes.csv").read_text().startswith("sector,calcul_group")
    assert "exists" in run("write", told["id"], "--out", tmp_path / "out", code=2).output


def test_the_budget_is_set_once(world: World, tmp_path: Path) -> None:
    name = world.campaign.pk
    assert "budget 0, left 0" in run("budget", name).stdout
    plan = tmp_path / "plan.toml"
    plan.write_text(SMALL)
    said = run(plan, "--campaign", name, "--out", tmp_path / "report", code=2).output
    assert "only 0 is left" in said
    assert "budget 2, left 2" in run("budget", name, "2.0").stdout
    assert "say why" in run("budget", name, "3", code=2).output
    assert "not a number" in run("budget", name, "viel", "--reason", "x", code=2).output


def test_columns_say_what_a_plan_may_name(world: World) -> None:
    said = run("columns", world.campaign.pk).stdout
    assert "comprehension_group\tInt64" in said
    assert "calcul-8\tFloat64" in said
    assert "no such campaign" in run("columns", "jamais-vue", code=2).output
