"""collect, order, mark and close, as somebody types them: the whole life on a real delivery."""

import base64
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest
from django.conf import settings
from typer.testing import CliRunner, Result

from ardoise.authority.closure.commands import app as close_app
from ardoise.authority.collection.commands import app as collect_app
from ardoise.authority.collection.commands import order_app
from ardoise.authority.collection.models import Stray
from ardoise.authority.marking.commands import app as mark_app
from ardoise.demo.client import SeatRefusal
from tests.authority.collection.exam import LiveExam, delivery_in, live_exam
from tests.delivery.running import RunningDelivery, environment

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def delivery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDelivery]:
    with delivery_in(tmp_path_factory.mktemp("delivery")) as running:
        yield running


@pytest.fixture
def live(delivery: RunningDelivery, tmp_path: Path) -> Iterator[LiveExam]:
    with mock.patch.object(settings, "DELIVERY_URL", delivery.url):
        yield live_exam(delivery, tmp_path)


def run(app: object, *arguments: str, code: int = 0, typed: str = "") -> Result:
    result = CliRunner().invoke(app, list(arguments), input=typed)  # type: ignore[arg-type]
    assert result.exit_code == code, result.output
    return result


def test_a_campaign_goes_from_its_window_to_its_certificate(live: LiveExam, tmp_path: Path) -> None:
    name = live.campaign.pk
    assert "campaign: open" in run(order_app, "open", name).output
    one, two, _ = live.seats()
    client = live.sit(one)
    client.save(live.sheet(one.number, answer="c1"))
    live.sit(two).save(live.sheet(two.number, answer="c2"))
    assert json.loads(run(collect_app, name, "--json").stdout)["sheets"] == 2
    assert json.loads(run(mark_app, name, "--json").stdout)["state"] == "open"
    run(close_app, name, "--yes", code=1)
    assert "delivery: closed" in run(order_app, "close", name).output
    with pytest.raises(SeatRefusal):
        client.save(live.sheet(one.number, 2, answer="c2"), base=1)
    report = json.loads(run(collect_app, name, "--every", "20ms", "--json").stdout)
    assert (report["state"], report["strays"], report["mismatches"]) == ("collected", 1, [])
    line = run(collect_app, "strays", name).stdout
    assert "late" in line
    stray = Stray.objects.get(campaign=live.campaign)
    run(collect_app, "strays", name, "--use", str(stray.pk))
    marked = json.loads(run(mark_app, name, "--json").stdout)
    assert (marked["state"], marked["sheets"], marked["unchanged"]) == ("reported", 1, 1)
    run(close_app, name, typed="autre-chose\n", code=2)
    out = tmp_path / "out"
    said = run(close_app, name, "--out", str(out), typed=f"{name}\n").output
    assert "delivery purged 5 seats, 2 sheets, 1 strays" in said
    assert (out / "certificate.pdf").read_bytes().startswith(b"%PDF")
    file = out / "certificate.json"
    assert "The signature is good" in run(close_app, "verify", str(file)).output
    key = tmp_path / "other.pub"
    key.write_text(base64.b64encode(bytes(range(32))).decode())
    run(close_app, "verify", str(file), "--key", str(key), code=1)
    run(collect_app, name, code=1)


def test_a_campaign_that_does_not_exist_is_told(live: LiveExam) -> None:
    for app in (collect_app, mark_app, close_app):
        assert "no such campaign" in run(app, "jamais-vue", code=2).output


def test_a_voided_seat_no_longer_logs_in_and_nothing_of_it_is_printed(live: LiveExam) -> None:
    seat = live.seats()[0]
    said = run(order_app, "void-seat", live.campaign.pk, "--number", seat.number).output
    assert seat.number not in said
    with pytest.raises(SeatRefusal, match="unknown-seat"):
        live.sit(seat)


def test_more_time_reaches_a_seat(live: LiveExam) -> None:
    seat = live.seats()[0]
    live.sit(seat)
    run(order_app, "grant-time", live.campaign.pk, "10", "--number", seat.number)
    run(order_app, "grant-time", live.campaign.pk, "10", "--number", "123", code=2)


def test_collecting_at_intervals_ends_cleanly_at_sigterm(live: LiveExam) -> None:
    seat = live.seats()[0]
    live.sit(seat).save(live.sheet(seat.number, answer="c1"))
    script = (
        "import os, sys, django; django.setup();"
        "from django.conf import settings;"
        "settings.DATABASES['default']['NAME'] = sys.argv[3];"
        "settings.DELIVERY_URL = sys.argv[1];"
        "from ardoise.authority.collection.commands import app;"
        "app([sys.argv[2], '--every', '50ms', '--json'])"
    )
    from django.db import connection

    name = str(connection.settings_dict["NAME"])
    process = subprocess.Popen(
        [sys.executable, "-c", script, live.delivery.url, live.campaign.pk, name],
        env={
            **environment(),
            "DJANGO_SETTINGS_MODULE": "ardoise.authority.settings",
            "ARDOISE_AUTHORITY_HOME": os.environ["ARDOISE_AUTHORITY_HOME"],
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    from ardoise.authority.collection.models import Sheet

    while not Sheet.objects.filter(campaign=live.campaign).exists():
        assert process.poll() is None, process.stderr and process.stderr.read()
    process.send_signal(signal.SIGTERM)
    stdout, stderr = process.communicate(timeout=30)
    assert (process.returncode, stderr) == (0, b"")
    assert json.loads(stdout)["sheets"] == 1
