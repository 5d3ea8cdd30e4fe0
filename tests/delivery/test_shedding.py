"""What a node puts off while saves are late, asked of the application itself."""

import asyncio
from pathlib import Path

from ardoise.clock import system_milliseconds
from ardoise.delivery import sessions
from ardoise.delivery.app import Application
from ardoise.delivery.config import Keys
from ardoise.delivery.metrics import Metrics
from ardoise.delivery.sessions import Session
from ardoise.delivery.sqlite_store import SqliteStore
from ardoise.delivery.store import Refused
from ardoise.delivery.web import Request
from ardoise.seal import signing

KEY = bytes(range(32))
HOST = "delivery.example"
PUPIL = Session("sixieme-2026", "123456782", 1, "pupil")
AUTHORITY = signing.new_key()
SHA256 = "0" * 64
SEATS_CAN_WAIT = {"GET /v1/group", "GET /v1/sitting"}
AUTHORITYS_CAN_WAIT = {"GET /v1/returns", f"PUT /v1/kit/{SHA256}", "POST /v1/kit"}
CAN_WAIT = SEATS_CAN_WAIT | AUTHORITYS_CAN_WAIT
AUTHORITYS = AUTHORITYS_CAN_WAIT | {"POST /v1/orders", "GET /v1/status"}
CANNOT = {
    "PUT /v1/sheet", "GET /v1/sheet", "POST /v1/open", "POST /v1/login", "GET /v1/campaigns",
    f"GET /v1/blobs/{SHA256}", "POST /v1/orders", "GET /v1/status", "GET /health", "GET /metrics",
}  # fmt: skip


def request(line: str, private: bytes, session_key: bytes) -> Request:
    """As its right caller sends it, if the keys are right."""
    method, path = line.split()
    if line not in AUTHORITYS:
        token = sessions.issue(session_key, PUPIL).encode()
        return Request(method.encode(), path.encode(), {b"authorization": b"Bearer " + token})
    signed = signing.sign_request(
        private, audience=HOST, method=method, target=path, body=b"",
        moment_ms=system_milliseconds(),
    )  # fmt: skip
    headers = {name.lower().encode(): text.encode() for name, text in signed.headers().items()}
    return Request(method.encode(), path.encode(), {b"host": HOST.encode(), **headers})


def refusals(
    folder: Path, late_s: float, private: bytes = AUTHORITY, session_key: bytes = KEY
) -> dict[str, str | None]:
    """Each route → why it is refused before its body, when a save has waited for `late_s`."""

    async def ask() -> dict[str, str | None]:
        store = SqliteStore(folder / "d.db", KEY)
        try:
            keys = Keys("ardoise-delivery-keys/1", KEY, KEY, signing.public_half(AUTHORITY))
            application = Application(store, keys, Metrics(), system_milliseconds)
            line = application._admission
            now = line.ticks()
            line.ticks = lambda: now
            line.saves.begun(now - late_s)
            return {route: asked(application, route) for route in CAN_WAIT | CANNOT}
        finally:
            await store.close()

    def asked(application: Application, route: str) -> str | None:
        try:
            application.begin(request(route, private, session_key))
        except Refused as refusal:
            return refusal.kind
        return None

    return asyncio.run(ask())


def test_nothing_is_put_off_while_saves_are_in_time(tmp_path: Path) -> None:
    assert set(refusals(tmp_path, 0.0).values()) == {None}


def test_what_somebody_needs_now_is_never_put_off(tmp_path: Path) -> None:
    late = refusals(tmp_path, 60.0)
    assert {route for route, kind in late.items() if kind == "busy"} == CAN_WAIT
    assert {late[route] for route in CANNOT} == {None}


def test_a_teachers_board_waits_before_a_pupils_news_and_after_the_authority(
    tmp_path: Path,
) -> None:
    late = refusals(tmp_path, 0.2)
    assert {route for route, kind in late.items() if kind == "busy"} == AUTHORITYS_CAN_WAIT
    late = refusals(tmp_path, 0.4)
    assert late["GET /v1/group"] == "busy"
    assert late["GET /v1/sitting"] is None


def test_strangers_learn_nothing_of_the_strain(tmp_path: Path) -> None:
    late = refusals(tmp_path, 60.0, private=signing.new_key(), session_key=bytes(32))
    assert {late[route] for route in SEATS_CAN_WAIT} == {"no-session"}
    assert {late[route] for route in AUTHORITYS_CAN_WAIT} == {"unsigned"}
