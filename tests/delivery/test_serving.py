"""The process: what it refuses to do, what it serves, what it says and what it never writes."""

import gzip
import hashlib
import json
import re
import signal
import socket
import stat
import subprocess
from pathlib import Path

import pytest
import urllib3

from ardoise.contract.kit import RunnerFile
from ardoise.demo.client import SeatClient, SeatRefusal
from tests.delivery import certificates
from tests.delivery.authority_calls import AuthorityRefusal
from tests.delivery.kits import make_kit, make_sheet
from tests.delivery.running import RunningDelivery, command, environment


def failed(delivery: RunningDelivery, *arguments: str | Path) -> str:
    """What a command says that does not work."""
    done = subprocess.run(
        command(*arguments),
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return done.stderr


def built_runner(directory: Path) -> Path:
    (directory / "assets").mkdir(parents=True)
    (directory / "index.html").write_text("<!doctype html><title>Ardoise</title>" + " " * 2000)
    (directory / "assets" / "main-abc123.js").write_text("export const a = 1;\n" * 200)
    (directory / "sw.js").write_text("// worker")
    return directory


def get(delivery: RunningDelivery, path: str, **headers: str) -> urllib3.BaseHTTPResponse:
    return urllib3.request(
        "GET", delivery.url + path, headers=headers, retries=False, decode_content=False
    )


def test_it_listens_beyond_loopback_only_with_tls_or_a_proxy(tmp_path: Path) -> None:
    delivery = RunningDelivery(tmp_path)
    delivery.init()
    serve = ("serve", "--dir", delivery.home, "--port", str(delivery.port))
    for host in ("0.0.0.0", "::"):
        assert "--behind-proxy" in failed(delivery, *serve, "--host", host)
    assert "no address" in failed(delivery, *serve, "--host", "delivery.example")
    assert "together" in failed(delivery, *serve, "--tls-cert", delivery.home / "keys.json")
    delivery.options = ("--host", "localhost")
    with delivery:
        assert get(delivery, "/health").data == b"ok\n"
    assert "--name" in failed(delivery, *serve, "--host", "0.0.0.0", "--behind-proxy")
    delivery.options = ("--host", "0.0.0.0", "--behind-proxy", "--name", "delivery.example")
    with delivery:
        assert get(delivery, "/health").data == b"ok\n"
        assert "max-age" in get(delivery, "/health").headers["Strict-Transport-Security"]


def test_a_directory_is_set_up_once_and_its_keys_are_its_owners(tmp_path: Path) -> None:
    delivery = RunningDelivery(tmp_path)
    delivery.init()
    keys = delivery.home / "keys.json"
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    again = ("init", "--dir", delivery.home, "--authority-key", "A" * 43 + "=")
    assert "set up already" in failed(delivery, *again)
    serve = ("serve", "--dir", delivery.home, "--port", str(delivery.port))
    keys.chmod(0o640)
    assert "chmod 600" in failed(delivery, *serve)
    keys.chmod(0o600)
    other = json.loads(keys.read_text())
    keys.write_text(json.dumps({**other, "database": "A" * 43 + "="}))
    assert "does not open" in failed(delivery, *serve)
    keys.write_text("{}")
    assert "damaged" in failed(delivery, *serve)
    keys.unlink()
    assert "init" in failed(delivery, *serve)
    assert "32 bytes" in failed(
        delivery, "init", "--dir", tmp_path / "new", "--authority-key", "short"
    )


def test_two_servers_never_share_a_directory_or_a_port(delivery: RunningDelivery) -> None:
    serve = ("serve", "--dir", delivery.home, "--port")
    assert "another server" in failed(delivery, *serve, "0")
    other = RunningDelivery(delivery.directory / "other")
    other.directory.mkdir()
    other.init()
    taken = ("serve", "--dir", other.home, "--port", str(delivery.port))
    assert "cannot listen" in failed(delivery, *taken)


def test_it_serves_the_runner_with_its_policy(tmp_path: Path) -> None:
    runner = built_runner(tmp_path / "dist")
    with RunningDelivery(tmp_path, runner=runner) as delivery:
        page = get(delivery, "/", **{"Accept-Encoding": "gzip"})
        assert gzip.decompress(page.data) == (runner / "index.html").read_bytes()
        assert page.headers["Content-Encoding"] == "gzip"
        assert page.headers["Cache-Control"] == "no-cache"
        policy = page.headers["Content-Security-Policy"]
        for directive in (
            "default-src 'none'",
            "script-src 'self'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types ardoise",
        ):
            assert directive in policy.split("; ")
        for name, value in (
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
        ):
            assert page.headers[name] == value
        assert "Strict-Transport-Security" not in page.headers
        script = get(delivery, "/assets/main-abc123.js")
        assert script.headers["Content-Type"].startswith("text/javascript")
        assert "immutable" in script.headers["Cache-Control"]
        assert script.data == (runner / "assets" / "main-abc123.js").read_bytes()
        assert get(delivery, "/sw.js").headers["Cache-Control"] == "no-cache"
        same = get(delivery, "/", **{"If-None-Match": page.headers["ETag"]})
        assert (same.status, same.data) == (304, b"")
        for path in ("/assets/", "/assets/../../delivery/keys.json", "/keys.json", "/%2e%2e/x"):
            assert get(delivery, path).status == 404


def test_a_runner_that_is_not_the_kits_is_reported(tmp_path: Path) -> None:
    runner = built_runner(tmp_path / "dist")
    listed = tuple(
        RunnerFile(
            path.relative_to(runner).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest()
        )
        for path in sorted(runner.rglob("*"))
        if path.is_file()
    )
    campaign = make_kit(runner=listed)
    with RunningDelivery(tmp_path, campaign.signing_key, runner=runner) as delivery:
        delivery.authority().install(campaign)
        assert b"ardoise_runner_differs 0.0" in get(delivery, "/metrics").data
        assert "runner-differs" not in delivery.log.read_text()
        delivery.stop()
        (runner / "sw.js").write_text("// poisoned")
        (runner / "extra.js").write_text("// not listed")
        delivery.start()
        assert b"ardoise_runner_differs 2.0" in get(delivery, "/metrics").data
        assert '"event":"runner-differs","files":2' in delivery.log.read_text()


def test_nothing_it_writes_or_says_names_a_seat_or_an_address(tmp_path: Path) -> None:
    campaign = make_kit()
    seen: list[bytes] = []
    with RunningDelivery(tmp_path, campaign.signing_key) as delivery:
        delivery.authority().install(campaign)
        for card in campaign.pupils:
            client = delivery.client(campaign, card)
            client.log_in()
            client.open_part("francais")
            client.save(make_sheet(campaign, card.number, "francais", 1, text="plantée-ici"))
            wrong = SeatClient(
                delivery.url, campaign=campaign.name, number=card.number, code="0" * 12
            )
            with pytest.raises(SeatRefusal):
                wrong.log_in()
        get(delivery, f"/v1/{campaign.pupils[0].number}")
        with pytest.raises(AuthorityRefusal):
            delivery.authority().status("ailleurs")
        seen.append(get(delivery, "/metrics").data)
        files = dict(delivery.written())
        assert any(name.endswith("-wal") and raw for name, raw in files.items())
        seen += files.values()
    seen += (raw for _, raw in delivery.written())
    everything = b"\n".join(seen)
    assert b"ardoise_saves_total 3.0" in everything
    assert b'ardoise_refusals_total{kind="unknown-seat"} 3.0' in everything
    for card in campaign.pupils:
        for secret in (card.number, card.code, card.group):
            assert secret.encode() not in everything
        assert campaign.seat(card).login not in everything
    assert "plantée-ici".encode() not in everything
    log = delivery.log.read_text()
    assert "127.0.0.1" not in log
    assert not re.search(r"\d{9}(?!\d)", re.sub(r'"at":"[^"]*"', "", log))
    assert all("event" in json.loads(line) for line in log.splitlines())


def test_it_speaks_tls_with_the_given_certificate(tmp_path: Path) -> None:
    certificate, key = certificates.write(tmp_path)
    options = ("--tls-cert", str(certificate), "--tls-key", str(key))
    with RunningDelivery(tmp_path, options=options) as delivery:
        pool = urllib3.PoolManager(ca_certs=str(certificate), retries=False)
        answer = pool.request("GET", f"{delivery.url}/health")
        assert answer.status == 200
        assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]


def test_files_that_are_no_certificate_are_named(tmp_path: Path) -> None:
    other = RunningDelivery(tmp_path)
    other.init()
    keys = other.home / "keys.json"
    serve = ("serve", "--dir", other.home, "--port", "0")
    assert "certificate" in failed(other, *serve, "--tls-cert", keys, "--tls-key", keys)


def test_it_listens_on_version_six_addresses(tmp_path: Path) -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    options = ("--host", "::", "--behind-proxy", "--name", "delivery.example")
    with RunningDelivery(tmp_path, options=options) as delivery:
        for host in ("127.0.0.1", "[::1]"):
            answer = urllib3.request("GET", f"http://{host}:{delivery.port}/health", retries=False)
            assert answer.data == b"ok\n"


def test_a_node_answers_only_those_it_is_for(tmp_path: Path) -> None:
    seats = {"/v1/campaigns": 200, "/v1/sitting": 401}
    authority = {"/v1/status?campaign=essai-2026": 401, "/v1/returns?campaign=essai-2026": 401}
    for routes, expected in (
        ("seats", seats | dict.fromkeys(authority, 404)),
        ("authority", dict.fromkeys(seats, 404) | authority),
        ("all", seats | authority),
    ):
        directory = tmp_path / routes
        directory.mkdir()
        with RunningDelivery(directory, options=("--routes", routes)) as delivery:
            assert {path: get(delivery, path).status for path in expected} == expected
            assert get(delivery, "/health").status == get(delivery, "/metrics").status == 200


def test_behind_a_proxy_health_gives_notice_before_the_door_is_shut(tmp_path: Path) -> None:
    options = ("--behind-proxy",)
    with RunningDelivery(tmp_path, options=options) as delivery:
        assert delivery.process is not None
        delivery.process.send_signal(signal.SIGTERM)
        answer = get(delivery, "/health")
        while answer.status == 200:
            answer = get(delivery, "/health")
        assert (answer.status, answer.data) == (503, b"draining\n")
        assert answer.headers["Connection"] == "close"
        assert delivery.process.wait(20) == 0


def test_it_counts_what_it_holds(tmp_path: Path) -> None:
    campaign = make_kit()
    with RunningDelivery(tmp_path, campaign.signing_key) as delivery:
        delivery.authority().install(campaign)
        client = delivery.client(campaign, campaign.pupils[0])
        client.log_in()
        client.open_part("francais")
        client.save(make_sheet(campaign, client.number, "francais", 1))
        page = get(delivery, "/metrics").data
        assert b"ardoise_saves_total 1.0" in page
        assert b'ardoise_save_seconds_bucket{le="+Inf"} 1.0' in page
        assert b"ardoise_save_seconds_count 1.0" in page
        assert b"ardoise_requests_now 1.0" in page
        assert b"ardoise_body_bytes 0.0" in page
        assert re.search(rb"^ardoise_connections [1-9]", page, re.MULTILINE)


def test_it_ends_politely_when_asked(tmp_path: Path) -> None:
    delivery = RunningDelivery(tmp_path)
    delivery.init()
    delivery.start()
    assert delivery.stop() == 0
    assert '"event":"stop"' in delivery.log.read_text().splitlines()[-1]
