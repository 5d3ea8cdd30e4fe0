"""Whole rehearsals: against the real server, and against one that breaks its promises."""

from pathlib import Path

import msgspec
import pytest

from ardoise.bench.page import page
from ardoise.bench.profiles import PROFILES, Profile
from ardoise.bench.rehearsing import Plan, drawn, rehearse
from ardoise.bench.report import Report
from ardoise.bench.signers import KeySigner
from ardoise.bench.wire import Target
from tests.bench.fake_delivery import Meddle, Store, fake_delivery, honest
from tests.delivery.authority_calls import AuthorityRefusal
from tests.delivery.running import RunningDelivery

LIVELY = msgspec.structs.replace(
    PROFILES["sixth-grade"],
    pupils=30,
    minutes=0.1,
    arrive_s=1.0,
    end_s=1.0,
    every_s=0.6,
    offline_s=1.0,
    reconnects=0.4,
    reloads=0.4,
    takeovers=0.5,
    offline=0.3,
    late=0.2,
)


def played(url: str, key: bytes, profile: Profile, *, ca: Path | None = None) -> Report:
    return rehearse(Plan((Target.parse(url),), KeySigner(key), profile, ca, assets=1, settle_s=20))


@pytest.mark.journey
def test_thirty_lively_pupils_lose_nothing_and_every_stray_is_explained(tmp_path: Path) -> None:
    with RunningDelivery(tmp_path) as delivery:
        plan = Plan(
            (Target.parse(delivery.url),), KeySigner(delivery.signing_key), LIVELY,
            assets=1, settle_s=30,
        )  # fmt: skip
        rehearsal = drawn(plan)
        report = rehearse(plan, rehearsal)
        with pytest.raises(AuthorityRefusal, match="purged"):
            delivery.authority().page(rehearsal.name)
    found = report.findings
    assert report.sound, report.verdict
    assert found.places == found.returned == 30
    assert found.acknowledged > 100
    assert {"replaced", "superseded", "late"} <= found.strays.keys()
    assert report.times["login"]["count"] > 30
    assert report.server.processes >= 1
    assert report.server.cpu_s > 0
    assert msgspec.json.decode(report.encoded(), type=Report) == report
    assert page(report).count("<figure>") == 3


@pytest.mark.journey
def test_teachers_key_for_their_pupils_and_nothing_is_lost(tmp_path: Path) -> None:
    profile = msgspec.structs.replace(
        PROFILES["keying"],
        pupils=75,
        minutes=0.07,
        arrive_s=0.5,
        every_s=0.25,
        reloads=0.7,
        reconnects=0.7,
    )
    with RunningDelivery(tmp_path) as delivery:
        report = played(delivery.url, delivery.signing_key, profile)
    assert report.sound, report.verdict
    assert report.findings.acknowledged > 20
    assert report.times["group"]["count"] >= 3


PACED = msgspec.structs.replace(PROFILES["paced"], pupils=40, rate=60.0, minutes=0.05, arrive_s=0.5)


def faulty(meddle: Meddle) -> Report:
    with fake_delivery(meddle) as url:
        return played(url, b"k" * 32, PACED)


def test_an_honest_server_passes() -> None:
    report = faulty(honest)
    assert report.sound
    assert report.findings.acknowledged == 180
    assert report.findings.returned == 40
    assert report.verdict[0].startswith("No acknowledged answer was lost")


def forgets(store: Store, number: str, version: int, sealed: bytes) -> None:
    if version < 3:
        store.keep(number, version, sealed)


def tears(store: Store, number: str, version: int, sealed: bytes) -> None:
    if number in store.sheets:
        sealed = sealed[:600] + store.sheets[number][2][600:]
    store.keep(number, version, sealed)


def swaps(store: Store, number: str, version: int, sealed: bytes) -> None:
    if store.sheets:
        sealed = next(iter(store.sheets.values()))[2]
    store.keep(number, version, sealed)


def test_a_server_that_forgets_acknowledged_saves_is_caught() -> None:
    report = faulty(forgets)
    assert not report.sound
    assert report.findings.older == 40
    assert "BROKEN" in report.verdict[0]
    assert "verdict broken" in page(report)


@pytest.mark.parametrize("meddle", [tears, swaps])
def test_a_server_that_mixes_sheets_is_caught(meddle: Meddle) -> None:
    report = faulty(meddle)
    assert not report.sound
    assert report.findings.torn > 0
