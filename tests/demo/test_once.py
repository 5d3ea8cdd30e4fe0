"""`ardoise demo --once`: a whole campaign without a person, believed only if the counts agree."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ardoise.demo.campaigns import Example, right_answers
from ardoise.demo.once import Result
from ardoise.demo.processes import DemoFault, ardoise, free_port, run, start

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def hurried(tmp_path: Path) -> Path:
    """The paper example without grace after the window, so that nobody waits for it."""
    folder = tmp_path / "examples" / "cp-2026"
    shutil.copytree(EXAMPLES / "cp-2026", folder)
    file = folder / "campaign.toml"
    text = re.sub(r"(?m)^grace_seconds = .*\n", "", file.read_text())
    file.write_text(re.sub(r"(?m)^(writer = .*)$", r"\1\ngrace_seconds = 0", text))
    return folder.parent


def test_a_whole_campaign_reconciles_and_says_so(hurried: Path, tmp_path: Path) -> None:
    runner = tmp_path / "runner"
    runner.mkdir()
    (runner / "index.html").write_text("<!doctype html><title>runner</title>")
    report = tmp_path / "report.json"
    command = ardoise("demo", "--once", "--report", report)
    done = subprocess.run(
        [*command, "--examples", hurried, "--runner", runner],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(report.read_text())
    assert told["reconciles"] is True
    assert told["differences"] == []
    counts = told["campaigns"]["cp-2026"]
    assert counts["pupils"] > 40
    assert counts["seats"] > counts["pupils"]
    assert counts["saves"] == counts["sheets"] == 2 * counts["pupils"]
    assert counts["responses"] > counts["distinct_responses"] > 0
    assert counts["strays"] == counts["unopened"] == 0
    assert counts["certificate"]["purged"]["sheets"] == counts["sheets"]
    assert all(check["passed"] for check in counts["certificate"]["checks"])
    stages = {stage["stage"]: stage for stage in told["stages"]}
    assert {"roll", "enrol", "kit", "sit", "collect", "mark", "close"} <= set(stages)
    assert all(stages[name]["peak_mb"] > 10 for name in ("roll", "enrol", "collect", "close"))
    assert set(told["servers_peak_mb"]) == {"delivery", "authority"}


def test_two_counts_of_one_thing_that_differ_are_told() -> None:
    result = Result()
    result.compare("sheets", pupils=3, delivery=3, office=3)
    assert result.differences == []
    result.compare("sheets", pupils=3, delivery=2)
    assert result.differences == ["sheets: pupils 3, delivery 2"]
    assert json.loads(result.encoded())["reconciles"] is False


def test_a_command_that_fails_is_told_with_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(DemoFault, match="init"):
        run("authority", "--home", tmp_path / "nowhere", "campaign", "list")


def test_a_server_that_does_not_start_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    port = free_port(0)
    with pytest.raises(DemoFault, match="did not start"):
        start(
            "delivery",
            f"http://127.0.0.1:{port}",
            "/health",
            tmp_path / "delivery.log",
            *("delivery", "serve", "--dir", tmp_path / "nowhere", "--port", str(port)),
            *("--runner", tmp_path),
        )


def test_no_zone_listens_beyond_loopback_without_tls(tmp_path: Path) -> None:
    run("authority", "--home", tmp_path / "a", "init")
    with pytest.raises(DemoFault, match="behind-proxy"):
        run("authority", "--home", tmp_path / "a", "serve", "--host", "0.0.0.0", "--port", "1")


def test_every_part_of_every_example_has_right_answers() -> None:
    for name in ("cp-2026", "sixieme-2026"):
        for part, items in right_answers(Example(EXAMPLES / name)).items():
            known = [item for item, values in items.items() if any(values.values())]
            assert len(known) >= 12, part
