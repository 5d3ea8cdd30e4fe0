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
from ardoise.demo.pupils import Card, Tally
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
            runs = [_Run(zones, example, result, say) for example in listed]
            # Stage by stage and not campaign by campaign: the grace after the windows is waited
            # for once.
            for stage in (_Run.sit, _Run.shut, _Run.collect, _Run.mark, _Run.close):
                for each in runs:
                    stage(each)
            result.servers_peak_mb = {
                server.name: round(server.peak_mb(), 1) for server in zones.servers
            }
    finally:
        shutil.rmtree(root, ignore_errors=True)
    result.seconds = round(time.monotonic() - started, 2)
    return result


class _Run:
    """One campaign on its way; keeps what each stage reported."""

    def __init__(
        self, zones: Zones, example: Example, result: Result, say: Callable[[str], None]
    ) -> None:
        self.zones, self.example, self.result, self.say = zones, example, result, say
        self.tally, self.saved = Tally(), 0
        self.collected: list[dict[str, Any]] = []
        self.marked: dict[str, Any] = {}

    def sit(self) -> None:
        """Roll, enrolment, kit; then everybody answers."""
        campaigns.prepare(self.zones, self.example, self.stage)
        before, started = _saves(self.zones), time.monotonic()
        self.say(f"{self.example.id}: pupils answer")
        people.play(self.zones, self.example, set(), self.tally)
        self.saved = _saves(self.zones) - before
        self.stage("sit", Finished("", time.monotonic() - started, 0.0))

    def shut(self) -> None:
        """The window ends."""
        self.office("close the window", "order", "close", self.example.id)

    def collect(self) -> None:
        """Pull until delivery takes no more."""
        every = ("--every", "2s", "--json")
        self.collected = self.office("collect", "collect", self.example.id, *every)

    def mark(self) -> None:
        """Score."""
        [self.marked] = self.office("mark", "mark", self.example.id, "--json")

    def close(self) -> None:
        """The wipe; then every count is compared."""
        held = campaigns.cards(self.zones, self.example)
        closing = ("close", self.example.id, "--yes", "--json")
        [certificate] = self.office("close", *closing)
        _reconcile(self, held, certificate)

    def office(self, name: str, *arguments: str | Path) -> list[Any]:
        """Run a command; the JSON documents that it printed."""
        finished = self.zones.office(*arguments)
        self.stage(name, finished)
        return _documents(finished.output) if "--json" in arguments else []

    def stage(self, name: str, finished: Finished) -> None:
        """Note what a stage took."""
        self.say(f"{self.example.id}: {name}")
        self.result.stages.append(
            {
                "campaign": self.example.id,
                "stage": name,
                "seconds": round(finished.seconds, 2),
                "peak_mb": round(finished.peak_mb, 1),
            }
        )


def _documents(text: str) -> list[Any]:
    """The JSON documents that stand one after the other in a text."""
    decoder, found, place = json.JSONDecoder(), [], 0
    while text := text[place:].lstrip():
        document, place = decoder.raw_decode(text)
        found.append(document)
    return found


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


def _reconcile(run: _Run, held: list[Card], certificate: dict[str, Any]) -> None:
    """Each thing is counted on every side that saw it; all must agree."""
    result, name, tally = run.result, run.example.id, run.tally
    destroyed, purged = certificate["destroyed"], certificate["purged"]
    sheets = sum(report["sheets"] for report in run.collected)
    strays = sum(report["strays"] for report in run.collected)
    unopened = sum(sum(report["unopened"].values()) for report in run.collected)
    pupils = sum(card.role == "pupil" for card in held)
    result.campaigns[name] = {
        "pupils": pupils,
        "teachers": len(held) - pupils,
        "seats": destroyed["seats"],
        "sittings": tally.sittings,
        "saves": tally.saves,
        "sheets": sheets,
        "strays": strays,
        "unopened": unopened,
        "responses": run.marked["responses"],
        "distinct_responses": run.marked["scored"],
        "certificate": certificate,
    }
    result.compare(f"{name}: saves", pupils=tally.saves, delivery=run.saved)
    result.compare(
        f"{name}: sheets",
        pupils=tally.sheets,
        collected=sheets,
        marked=run.marked["sheets"],
        purged=purged["sheets"],
        destroyed=destroyed["sheets"],
    )
    result.compare(f"{name}: strays", pupils=0, collected=strays, purged=purged["strays"])
    result.compare(f"{name}: unopened", pupils=0, collected=unopened)
    result.compare(f"{name}: seats", delivery=purged["seats"], authority=destroyed["seats"])
    result.compare(f"{name}: pupils", cards=pupils, destroyed=destroyed["pupils"])
    result.compare(f"{name}: answers", pupils=tally.answered, scored=run.marked["responses"])
    for report in run.collected:
        result.differences += [f"{name}: {mismatch}" for mismatch in report["mismatches"]]
