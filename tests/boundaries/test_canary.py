"""The canary: 200 planted identities, planted questions and answers, and a delivery that is blind.

Everything is real: the office's commands, the two processes, the browserless seat client with real
sealing. Then every byte that delivery wrote, logged, received or sent is searched.
"""

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import urllib3

from ardoise.contract.sheet import FORMAT, Sheet
from ardoise.demo.client import SeatClient
from ardoise.demo.processes import free_port
from ardoise.demo.zones import Zones
from tests.boundaries import planted
from tests.boundaries.canary import Planted, Scanner, identities
from tests.boundaries.recording import Recorder

PEOPLE = identities(200)
SAT = 60


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Zones, Recorder]]:
    """A campaign of planted words, enrolled, sat by 60 pupils through a recording proxy."""
    root = tmp_path_factory.mktemp("canary")
    temporary = root / "delivery" / "tmp"
    temporary.mkdir(parents=True)
    runner = root / "runner"
    runner.mkdir()
    (runner / "index.html").write_text("<!doctype html><title>runner</title>")
    zones = Zones(root, runner, free_port(0), free_port(0))
    recorder = Recorder(zones.delivery_port)
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = str(temporary)
    try:
        zones.make()
        with recorder.running(), zones.running():
            _enrol(zones, recorder, root)
            _sit(zones, recorder)
            urllib3.request("GET", f"http://127.0.0.1:{recorder.port}/metrics")
            yield zones, recorder
    finally:
        os.environ.pop("TMPDIR") if before is None else os.environ.update(TMPDIR=before)


def _enrol(zones: Zones, recorder: Recorder, root: Path) -> None:
    proxied = f'delivery_url = "http://127.0.0.1:{recorder.port}"\n'
    (zones.authority_home / "authority.toml").write_text(proxied)
    content = root / "content"
    content.mkdir()
    schools = content / "schools.csv"
    schools.write_text(
        "uai;name;commune;department;academy;sector\n"
        f"{planted.SCHOOL};{planted.SCHOOL_NAME};Canariville;099;Académie du Canari;public\n"
    )
    roll = content / "CSVExtraction.csv"
    planted.write_roll(roll, PEOPLE)
    zones.office("campaign", "create", planted.write_campaign(content))
    zones.office("roll", "schools", schools, "--campaign", planted.CAMPAIGN)
    zones.office("roll", "import", roll, "--campaign", planted.CAMPAIGN, "--school", planted.SCHOOL)
    zones.office("enrol", planted.CAMPAIGN)
    zones.office("kit", "send", planted.CAMPAIGN, "--runner", zones.runner)
    zones.office("order", "open", planted.CAMPAIGN)


def _cards(zones: Zones) -> list[dict[str, str]]:
    listed = json.loads(zones.office("cards", "list", planted.CAMPAIGN, "--json").output)
    return [card for card in listed if card["role"] == "pupil" and not card.get("spare")]


def _sit(zones: Zones, recorder: Recorder) -> None:
    def sit(card: dict[str, str]) -> None:
        client = SeatClient(
            f"http://127.0.0.1:{recorder.port}",
            campaign=planted.CAMPAIGN,
            number=card["number"],
            code=card["code"],
        )
        client.log_in()
        booklet = client.booklet(client.open_part("canari"))
        responses: dict[str, dict[str, tuple[str, ...]]] = {
            item.id: {
                response.id: ("c1",)
                if response.interaction == "choice"
                else (planted.WRITTEN + PEOPLE[0].family_name,)
                for response in item.responses
            }
            for item in booklet.items
        }
        client.save(
            Sheet(
                format=FORMAT,
                campaign=planted.CAMPAIGN,
                number=card["number"],
                part="canari",
                version=1,
                writer="pupil",
                position=booklet.items[-1].id,
                visited=tuple(item.id for item in booklet.items),
                responses=responses,
                seconds={},
            )
        )

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(sit, _cards(zones)[:SAT]))


def _spoken(people: list[Planted]) -> Scanner:
    return Scanner(planted.planted_words(people))


def test_the_authority_did_get_the_answers(workshop: tuple[Zones, Recorder]) -> None:
    """Otherwise the silence below would prove nothing."""
    zones, _ = workshop
    report = json.loads(zones.office("collect", planted.CAMPAIGN, "--json").output)
    assert report["sheets"] == SAT
    assert len(_cards(zones)) == len(PEOPLE)


def test_nothing_planted_is_in_any_byte_that_delivery_wrote(
    workshop: tuple[Zones, Recorder],
) -> None:
    zones, _ = workshop
    files = [path for path in zones.delivery_home.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) > 200_000
    scanner = _spoken(PEOPLE)
    assert scanner.scan_tree(zones.delivery_home) == []
    assert scanner.scan((zones.root / "logs" / "delivery.log").read_bytes()) == []


def test_nothing_planted_crossed_the_wire(workshop: tuple[Zones, Recorder]) -> None:
    _, recorder = workshop
    assert len(recorder.sent) > 60_000
    assert len(recorder.received) > 60_000
    scanner = _spoken(PEOPLE)
    assert scanner.scan(bytes(recorder.sent)) == []
    assert scanner.scan(bytes(recorder.received)) == []


def test_no_order_number_is_in_the_logs_or_metrics(workshop: tuple[Zones, Recorder]) -> None:
    zones, _ = workshop
    numbers = [card["number"] for card in _cards(zones)]
    metrics = urllib3.request("GET", f"{zones.delivery_url}/metrics").data
    for name in ("delivery.log", "authority.log"):
        log = (zones.root / "logs" / name).read_text(errors="replace")
        assert not [number for number in numbers if number in log], name
        assert not [person for person in PEOPLE if person.family_name in log], name
    assert not [number for number in numbers if number.encode() in metrics]
