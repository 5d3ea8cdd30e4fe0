"""Requests that no client of ours makes: always a clear 4xx, never a 5xx, nothing stored."""

import base64
import contextlib
import json
import socket
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
import urllib3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ardoise.contract.problems import STATUS, Problem
from ardoise.seal import numbers
from tests.delivery.kits import Campaign
from tests.delivery.running import RunningDelivery

PATHS = (
    "/v1/login", "/v1/sitting", "/v1/open", "/v1/sheet", "/v1/group", "/v1/kit", "/v1/returns",
    "/v1/orders", "/v1/status", "/v1/kit/" + "0" * 64, "/v1/blobs/" + "0" * 64, "/health", "/",
    "/metrics", "/v1/campaigns", "/v1/nothing", "/v1/login/", "/V1/LOGIN", "/assets/../keys.json",
    "//", "/%00",
)  # fmt: skip
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "FOO")


def ask(delivery: RunningDelivery, raw: bytes) -> bytes:
    """Send raw bytes, half-close, and read all of the answer."""
    host = ("127.0.0.1", delivery.port)
    answer = b""
    with socket.create_connection(host, timeout=20) as connection:
        with contextlib.suppress(OSError):
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(OSError):
            while piece := connection.recv(65_536):
                answer += piece
    return answer


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.") else 0


@pytest.fixture(scope="module")
def sat(delivery: RunningDelivery) -> Iterator[tuple[Campaign, str, str]]:
    """A campaign, its pupil's session and its teacher's; afterwards nothing must be stored."""
    from tests.delivery.kits import make_kit

    campaign = make_kit(name="essai-malforme", signing_key=delivery.signing_key)
    delivery.authority().install(campaign)
    clients = [
        delivery.client(campaign, card) for card in (campaign.pupils[0], campaign.teachers[0])
    ]
    sessions = [client.log_in().session for client in clients]
    clients[0].open_part("francais")
    before = delivery.authority().status(campaign.name)
    yield campaign, sessions[0], sessions[1]
    after = delivery.authority().status(campaign.name)
    assert (after.sheets, after.strays, after.seats) == (0, 0, before.seats)
    assert after.logged_in == before.logged_in


def check(response: urllib3.BaseHTTPResponse) -> Problem | None:
    """A refusal is one of the kinds, with its status and the security headers."""
    assert response.status < 500, response.data
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    if response.status < 400 or not response.data:
        return None
    problem = msgspec.json.decode(response.data, type=Problem)
    assert STATUS[problem.problem] == response.status
    return problem


RAW = {
    "no request": b"\r\n\r\n",
    "nonsense": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
    "no version": b"GET /health\r\n\r\n",
    "old version": b"GET /health HTTP/0.9\r\n\r\n",
    "bad path": b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    "no slash": b"GET health HTTP/1.1\r\nHost: x\r\n\r\n",
    "connect": b"CONNECT evil:80 HTTP/1.1\r\nHost: x\r\n\r\n",
    "asterisk": b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    "other host": b"GET http://evil/v1/sitting HTTP/1.1\r\nHost: x\r\n\r\n",
    "bad header": b"GET /v1/sitting HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
    "header bytes": b"GET /v1/sitting HTTP/1.1\r\nHost: x\r\nAuthorization: \xff\xfe\r\n\r\n",
    "nul in header": b"GET /v1/sitting HTTP/1.1\r\nHost: x\r\nA: b\x00c\r\n\r\n",
    "huge header": b"GET /health HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 600_000 + b"\r\n\r\n",
    "large header": b"GET /health HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 20_000 + b"\r\n\r\n",
    "many headers": b"GET /health HTTP/1.1\r\nHost: x\r\n"
    + b"".join(b"A%d: b\r\n" % n for n in range(60))
    + b"\r\n",
    "endless headers": b"GET /health HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 5_000,
    "length word": b"POST /v1/login HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n{}",
    "length negative": b"POST /v1/login HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n{}",
    "length twice": b"POST /v1/login HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
    b"Content-Length: 3\r\n\r\n{}",
    "length huge": b"POST /v1/login HTTP/1.1\r\nHost: x\r\nContent-Length: "
    b"99999999999999999999999\r\n\r\n{}",
    "length above": b"POST /v1/login HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n\r\n{}",
    "cut short": b"POST /v1/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    b"Content-Length: 500\r\n\r\n{}",
    "chunked": b"POST /v1/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"2\r\n{}\r\n0\r\n\r\n",
    "bad chunks": b"POST /v1/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"zz\r\n{}\r\n0\r\n\r\n",
    "smuggled": b"POST /v1/login HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /metrics HTTP/1.1\r\nHost: x\r\n\r\n",
    "upgrade": b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
    "unsigned, large": b"PUT /v1/kit/" + b"0" * 64 + b" HTTP/1.1\r\nHost: x\r\n"
    b"Content-Length: 8000000\r\n\r\n" + bytes(100_000),
}


@pytest.mark.parametrize("name", RAW)
def test_bytes_that_are_no_proper_request_get_no_5xx(
    delivery: RunningDelivery, sat: tuple[Campaign, str, str], name: str
) -> None:
    status = status_of(ask(delivery, RAW[name]))
    # 0: the connection was closed without a word. Only an ignored upgrade is no fault.
    assert status == 0 or 400 <= status < 500 or (name == "upgrade" and status == 200)
    assert delivery.process is not None
    assert delivery.process.poll() is None


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", PATHS)
def test_every_method_on_every_path_is_answered(
    delivery: RunningDelivery, sat: tuple[Campaign, str, str], method: str, path: str
) -> None:
    pool = urllib3.PoolManager(retries=False)
    response = pool.request(method, delivery.url + path, redirect=False)
    check(response)
    if response.status == 405:
        assert method not in response.headers["Allow"].split(", ")
    if method == "OPTIONS" and response.status != 404:
        assert response.status == 204
        assert "Access-Control-Allow-Origin" not in response.headers


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=12,
)
FIELDS = (
    "campaign",
    "number",
    "token",
    "part",
    "order",
    "id",
    "manifest",
    "signature",
    "closes_ms",
)
bodies = st.one_of(
    st.binary(max_size=400),
    values.map(lambda value: json.dumps(value).encode("utf-8", "surrogatepass")),
    st.dictionaries(st.sampled_from(FIELDS), values, max_size=9).map(
        lambda value: json.dumps(value).encode("utf-8", "surrogatepass")
    ),
    st.integers(1, 900).map(lambda depth: b"[" * depth),
)
# Control characters end in the server's own bare 400: test_bytes_that_are_no_proper_request.
header_values = st.text(
    st.characters(min_codepoint=32, max_codepoint=255, exclude_categories=["Cc"]), max_size=60
)


@settings(
    max_examples=250,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_fuzzed_requests_are_refused_and_store_nothing(
    delivery: RunningDelivery, sat: tuple[Campaign, str, str], data: st.DataObject
) -> None:
    campaign, _, teacher = sat
    path, method = data.draw(
        st.sampled_from(
            [("/v1/login", "POST"), ("/v1/open", "POST"), ("/v1/sheet", "PUT"), ("/v1/kit", "POST"),
             ("/v1/orders", "POST"), ("/v1/sheet", "GET"), ("/v1/group", "GET"),
             ("/v1/returns?campaign=" + campaign.name, "GET"), ("/v1/kit/" + "0" * 64, "PUT")]
        )
    )  # fmt: skip
    body = data.draw(bodies)
    headers: dict[str, Any] = {
        "Content-Type": data.draw(
            st.sampled_from(["application/json", "application/octet-stream", "text/html", ""])
        ),
        "Authorization": data.draw(
            st.sampled_from([f"Bearer {teacher}", "Bearer", "Basic eDp5"]) | header_values
        ),
    }
    for name in (
        "Ardoise-Part",
        "Ardoise-Number",
        "Ardoise-Version",
        "Ardoise-Base",
        "Ardoise-Stray",
    ):
        if data.draw(st.booleans()):
            headers[name] = data.draw(header_values | st.sampled_from(["1", "francais", "0", "-1"]))
    if data.draw(st.booleans()):
        # Signed by the authority, and nonsense all the same.
        headers |= delivery.authority().signed(method, path, body if method != "GET" else b"")
    headers = {name: value.strip() for name, value in headers.items()}
    response = urllib3.request(
        method,
        delivery.url + path,
        body=body if method != "GET" else None,
        headers={name: value.encode("latin-1", "replace").decode("latin-1")
                 for name, value in headers.items()},
        retries=False,
        redirect=False,
    )  # fmt: skip
    problem = check(response)
    assert problem is not None or method == "GET"


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({}, "malformed"),
        ({"Ardoise-Part": "francais"}, "malformed"),
        ({"Ardoise-Part": "francais", "Ardoise-Version": "0"}, "malformed"),
        ({"Ardoise-Part": "francais", "Ardoise-Version": "-1"}, "malformed"),
        ({"Ardoise-Part": "francais", "Ardoise-Version": "1.0"}, "malformed"),
        ({"Ardoise-Part": "francais", "Ardoise-Version": "٣"}, "malformed"),
        ({"Ardoise-Part": "francais", "Ardoise-Version": "9" * 17}, "malformed"),
        ({"Ardoise-Part": "Français", "Ardoise-Version": "1"}, "malformed"),
        ({"Ardoise-Part": "francais\n", "Ardoise-Version": "1"}, None),
        ({"Ardoise-Part": "francais", "Ardoise-Version": "1", "Ardoise-Base": "x"}, "malformed"),
        ({"Ardoise-Part": "francais", "Ardoise-Version": "1", "Ardoise-Number": "1"}, "malformed"),
        *(
            (
                {"Ardoise-Part": "francais", "Ardoise-Version": "1", "Ardoise-Stray": word},
                "malformed",
            )
            for word in ("", "0", "2", "01", "true", "1, 1")
        ),
        ({"Ardoise-Part": "maths", "Ardoise-Version": "1"}, "not-yours"),
        (
            {
                "Ardoise-Part": "francais",
                "Ardoise-Version": "1",
                "Ardoise-Number": numbers.draw(),
            },
            "not-yours",
        ),
    ],
)
def test_headers_of_a_save_that_say_nothing_sensible(
    delivery: RunningDelivery,
    sat: tuple[Campaign, str, str],
    headers: dict[str, str],
    kind: str | None,
) -> None:
    sent = {
        "Authorization": f"Bearer {sat[1]}",
        "Content-Type": "application/octet-stream",
        **{name: value.encode().decode("latin-1") for name, value in headers.items()},
    }
    call: Callable[[], urllib3.BaseHTTPResponse] = lambda: urllib3.request(  # noqa: E731
        "PUT", f"{delivery.url}/v1/sheet", body=bytes(1052), headers=sent, retries=False
    )
    if kind is None:
        with pytest.raises(ValueError, match="Invalid header value"):
            call()
        return
    problem = check(call())
    assert problem is not None
    assert problem.problem == kind
    assert not problem.kept


def test_a_login_body_may_hold_no_field_that_is_not_its_own(delivery: RunningDelivery) -> None:
    token = base64.urlsafe_b64encode(bytes(32)).rstrip(b"=").decode()
    good = {"campaign": "essai-2026", "number": numbers.draw(), "token": token}
    bad: list[Any] = [
        {**good, "name": "Zoé"},
        {**good, "number": "12"},
        # `$` alone would match before a last line's end.
        {**good, "number": good["number"] + "\n"},
        {**good, "campaign": good["campaign"] + "\n"},
        {**good, "token": token + "\n"},
        {**good, "token": "é" * 43},
        [],
        None,
    ]
    for body in (*bad, {**good, "campaign": "a" * 41}):
        response = urllib3.request("POST", f"{delivery.url}/v1/login", json=body, retries=False)
        problem = check(response)
        assert problem is not None
        assert (response.status, problem.problem) == (400, "malformed")
        assert "Zoé" not in problem.detail
