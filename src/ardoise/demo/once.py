"""A whole campaign without a person, and whether every count reconciles."""

import json
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import urllib3
from prometheus_client.parser import text_string_to_metric_families

from ardoise.demo import campaigns, people
from ardoise.demo.campaigns import Example
from ardoise.demo.processes import Finished, free_port
from ardoise.demo.pupils import Tally
from ardoise.demo.zones import Zones

FORMAT = "ardoise-demo-report/1"


@dataclass
class Result:
    """What a run did, stage by stage, and where two counts of one thing differ."""

    campaigns: dict[str, dict[str, Any]] = field(default_factory=dict)
    stages: list[dict[str, Any]] = field(default_factory=list)
    servers_peak_mb: dict[str, float] = field(default_factory=dict)
    differences: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def encoded(self) -> bytes:
        """As JSON."""
        document = {"format": FORMAT, "reconciles": not self.differences, **vars(self)}
        return msgspec.json.format(msgspec.json.encode(document), indent=1)

    def summary(self) -> str:
        """A line a campaign."""
        lines = [
            f"{name}: {counts['pupils']} pupils, {counts['saves']} saves, "
            f"{counts['sheets']} sheets, {counts['responses']} responses scored, closed"
            for name, counts in self.campaigns.items()
        ]
        verdict = "every count reconciles" if not self.differences else "counts differ"
        return "\n".join([*lines, f"{verdict}, in {self.seconds:.0f} s"])

    def compare(self, what: str, **counts: float) -> None:
        """Note a difference between counts that must be one and the same."""
        if len(set(counts.values())) > 1:
            listed = ", ".join(f"{name} {value}" for name, value in counts.items())
            self.differences.append(f"{what}: {listed}")


def run(listed: list[Example], runner: Path, say: Callable[[str], None]) -> Result:
    """Every example campaign from the roll to the certificate, in a temporary folder."""
    result, started = Result(), time.monotonic()
    root = Path(tempfile.mkdtemp(prefix="ardoise-once-"))
    zones = Zones(root, runner, free_port(0), free_port(0))
    try:
        zones.make()
        with zones.running():
            for example in listed:
                _campaign(zones, example, result, say)
            result.servers_peak_mb = {
                server.name: round(server.peak_mb(), 1) for server in zones.servers
            }
    finally:
        shutil.rmtree(root, ignore_errors=True)
    result.seconds = round(time.monotonic() - started, 2)
    return result


def _campaign(zones: Zones, example: Example, result: Result, say: Callable[[str], None]) -> None:
    def stage(name: str, finished: Finished) -> None:
        say(f"{example.id}: {name}")
        result.stages.append(
            {
                "campaign": example.id,
                "stage": name,
                "seconds": round(finished.seconds, 2),
                "peak_mb": round(finished.peak_mb, 1),
            }
        )

    def office(name: str, *arguments: str | Path) -> Any:
        finished = zones.office(*arguments)
        stage(name, finished)
        return json.loads(finished.output) if "--json" in arguments else None

    campaigns.prepare(zones, example, stage)
    saves_before = _saves(zones)
    say(f"{example.id}: pupils answer")
    tally, started = Tally(), time.monotonic()
    people.play(zones, example, set(), tally)
    stage("sit", Finished("", time.monotonic() - started, 0.0))
    office("close the window", "order", "close", example.id)
    collected = office("collect", "collect", example.id, "--json")
    marked = office("mark", "mark", example.id, "--json")
    held = campaigns.cards(zones, example)
    certificate = office("close", "close", example.id, "--yes", "--json")
    _reconcile(
        result,
        example.id,
        tally,
        pupils=sum(card.role == "pupil" for card in held),
        teachers=sum(card.role == "teacher" for card in held),
        saved=_saves(zones) - saves_before,
        collected=collected,
        marked=marked,
        certificate=certificate,
    )


def _saves(zones: Zones) -> int:
    """Acknowledged saves, as delivery's own metrics have them."""
    text = urllib3.request("GET", f"{zones.delivery_url}/metrics").data.decode()
    return int(
        sum(
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == "ardoise_saves_total"
        )
    )


def _reconcile(
    result: Result,
    name: str,
    tally: Tally,
    *,
    pupils: int,
    teachers: int,
    saved: int,
    collected: dict[str, Any],
    marked: dict[str, Any],
    certificate: dict[str, Any],
) -> None:
    destroyed, purged = certificate["destroyed"], certificate["purged"]
    result.campaigns[name] = {
        "pupils": pupils,
        "teachers": teachers,
        "seats": destroyed["seats"],
        "sittings": tally.sittings,
        "saves": tally.saves,
        "sheets": collected["sheets"],
        "strays": collected["strays"],
        "unopened": sum(collected["unopened"].values()),
        "responses": marked["responses"],
        "distinct_responses": marked["scored"],
        "certificate": certificate,
    }
    result.compare(f"{name}: saves", pupils=tally.saves, delivery=saved)
    result.compare(
        f"{name}: sheets",
        pupils=tally.sheets,
        collected=collected["sheets"],
        marked=marked["sheets"],
        purged=purged["sheets"],
        destroyed=destroyed["sheets"],
    )
    result.compare(
        f"{name}: strays", pupils=0, collected=collected["strays"], purged=purged["strays"]
    )
    result.compare(f"{name}: seats", delivery=purged["seats"], authority=destroyed["seats"])
    result.compare(f"{name}: pupils", cards=pupils, destroyed=destroyed["pupils"])
    result.compare(f"{name}: answers", pupils=tally.answered, scored=marked["responses"])
    result.compare(f"{name}: unopened", none=0, found=sum(collected["unopened"].values()))
    for mismatch in collected["mismatches"]:
        result.differences.append(f"{name}: {mismatch}")
