"""Bytes that no client of ours sends, over sockets of our own: valid requests cut, mixed, damaged.

Whatever comes, the server answers what it understood in order, refuses the rest without a 5xx,
ends the connection, forgets nothing of what it holds for others, and keeps no descriptor.
"""

import contextlib
import re
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import psutil
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.delivery.kits import Campaign, Card, make_kit, make_sheet
from tests.delivery.running import RunningDelivery

EXAMPLES, NIGHTLY_EXAMPLES = 700, 30_000
ANSWER_SECONDS = 10
"""A half-closed connection is answered and ended at once; this is for a loaded machine."""
SHEET = bytes(1024 + 28)


def bounded(examples: int) -> settings:
    """The same bytes in every run."""
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )


@dataclass
class Room:
    """A server, a campaign, and whole requests that it takes."""

    delivery: RunningDelivery
    campaign: Campaign
    requests: list[bytes]
    calm: list[bytes]
    """Of seats that nothing else uses: their rates let all of these through."""

    @property
    def descriptors(self) -> int:
        """Open in the server."""
        assert self.delivery.process is not None
        return psutil.Process(self.delivery.process.pid).num_fds()


def request(method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
    """A request as it should be."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def _of_seat(delivery: RunningDelivery, campaign: Campaign, card: Card) -> list[bytes]:
    client = delivery.client(campaign, card)
    bearer = f"Bearer {client.log_in().session}"
    client.open_part("francais")
    return [
        request("GET", "/v1/sitting", Authorization=bearer),
        *(save(bearer, version) for version in (1, 2)),
    ]


def save(bearer: str, version: int) -> bytes:
    """A sheet's save."""
    return request(
        *("PUT", "/v1/sheet", SHEET),
        Authorization=bearer,
        Content_Type="application/octet-stream",
        Ardoise_Part="francais",
        Ardoise_Version=str(version),
    )


@pytest.fixture(scope="module")
def room(delivery: RunningDelivery) -> Iterator[Room]:
    campaign = make_kit(name="essai-octets", signing_key=delivery.signing_key, pupils=12)
    delivery.authority().install(campaign)
    plain = [request("GET", path) for path in ("/health", "/v1/campaigns", "/v1/nothing")]
    plain.append(request("POST", "/v1/login", b"{}", Content_Type="application/json"))
    # The first pupil's seat stays out of it: its sheet is saved at the end.
    calm, others = campaign.pupils[1:4], campaign.pupils[4:]
    found = Room(
        delivery,
        campaign,
        plain + [raw for card in others for raw in _of_seat(delivery, campaign, card)],
        plain + [raw for card in calm for raw in _of_seat(delivery, campaign, card)],
    )
    before = found.descriptors
    yield found
    assert delivery.process is not None
    assert delivery.process.poll() is None
    _nothing_is_kept_open(found, before)
    _saves_are_still_acknowledged(found)


def _nothing_is_kept_open(room: Room, before: int) -> None:
    # Connections that were left lying are looked at every few seconds.
    deadline = time.monotonic() + 30
    while room.descriptors > before + 4 and time.monotonic() < deadline:
        time.sleep(0.2)
    assert room.descriptors <= before + 4
    page = exchange(room.delivery.port, [request("GET", "/metrics", Connection="close")])
    assert re.search(rb"\nardoise_requests_now 1(\.0)?\n", page), page[-2000:]


def _saves_are_still_acknowledged(room: Room) -> None:
    card = room.campaign.pupils[0]
    client = room.delivery.client(room.campaign, card)
    client.log_in()
    client.open_part("francais")
    sheet = make_sheet(room.campaign, card.number, "francais", 1)
    assert client.save(sheet).version == 1


def exchange(port: int, pieces: list[bytes], *, pause: float = 0.0, reset: bool = False) -> bytes:
    """Send the pieces one by one, half-close (or cut), and read until the server ends it."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=ANSWER_SECONDS) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(ConnectionError):
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(pause)
            if reset:
                linger = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                return b""
            connection.shutdown(socket.SHUT_WR)
        # A TimeoutError here is a server that hangs.
        with contextlib.suppress(ConnectionError):
            while received := connection.recv(65_536):
                answer += received
    return answer


def statuses(stream: bytes) -> list[int]:
    """Of every answer, which must follow each other without a byte between them."""
    found = []
    while stream:
        match = re.match(rb"HTTP/1\.1 (\d{3}) [^\r]*\r\n((?:[^\r]+\r\n)*)\r\n", stream)
        assert match, stream[:200]
        status, head = int(match[1]), match[2].lower()
        found.append(status)
        length = re.search(rb"content-length: (\d+)\r\n", head)
        size = int(length[1]) if length else 0
        assert length or status in (100, 204, 304), match[0]
        stream = stream[match.end() :]
        assert len(stream) >= size
        stream = stream[size:]
    return found


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """The bytes with something cut out, put in, doubled or turned over."""
    raw = bytearray(whole)
    for _ in range(draw(st.integers(0, 3))):
        # Most of what can go wrong stands in the head.
        at = draw(st.integers(0, min(len(raw), 400)) | st.integers(0, len(raw)))
        what = draw(st.sampled_from(["cut", "put", "double", "turn", "end"]))
        if what == "cut":
            del raw[at : at + draw(st.integers(1, 40))]
        elif what == "put":
            raw[at:at] = draw(st.binary(max_size=20) | st.sampled_from(SPICE))
        elif what == "double":
            raw[at:at] = raw[at : at + draw(st.integers(1, 200))]
        elif what == "turn" and at < len(raw):
            raw[at] ^= 1 << draw(st.integers(0, 7))
        elif what == "end":
            del raw[at:]
    return bytes(raw)


SPICE = [
    b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"\0", b" ", b"\t", b":", b"\xff", b"%00", b"..", b"//",
    b"Content-Length: 5\r\n", b"Content-Length: 0\r\n", b"Content-Length: -1\r\n",
    b"Content-Length: 18446744073709551617\r\n", b"Content-Length:\r\n",
    b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: identity\r\n",
    b"Connection: close\r\n", b"Connection: keep-alive\r\n", b"Connection: upgrade\r\n",
    b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n", b"Expect: 100-continue\r\n",
    b"Expect: 200-maybe\r\n", b"Host: other\r\n", b"X:\r\n", b" folded: line\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"HTTP/1.0\r\n",
    b"HEAD /health HTTP/1.1\r\nHost: x\r\n\r\n",
    b"A: " + b"a" * 9_000 + b"\r\n", b"Ardoise-Version: 1\r\n", b"Authorization: Bearer x\r\n",
]  # fmt: skip


def _play(room: Room, data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(room.requests), min_size=1, max_size=5))
    parts = [data.draw(damaged(whole)) for whole in chosen]
    noise = data.draw(st.just(b"") | st.binary(max_size=60) | st.sampled_from(SPICE))
    stream = b"".join(parts) + noise
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    edges = [0, *cuts, len(stream)]
    pieces = [stream[a:b] for a, b in pairwise(edges)]
    pause = data.draw(st.sampled_from([0.0, 0.0, 0.0, 0.002]))
    reset = data.draw(st.integers(0, 9)) == 9
    answer = exchange(room.delivery.port, pieces, pause=pause, reset=reset)
    if b"HEAD " in stream:
        # Its answers tell a length that does not follow.
        found = [int(code) for code in re.findall(rb"HTTP/1\.1 (\d{3})", answer)]
    else:
        found = statuses(answer)
    # 503: busy, which was chosen; 408 and the like stand among the kinds as 4xx.
    assert all(code < 500 or code == 503 for code in found), found


@bounded(EXAMPLES)
@given(data=st.data())
def test_damaged_requests_get_answers_in_order_and_an_end(room: Room, data: st.DataObject) -> None:
    _play(room, data)


@pytest.mark.nightly
@pytest.mark.timeout(3_600)
@bounded(NIGHTLY_EXAMPLES)
@given(data=st.data())
def test_many_damaged_requests_get_answers_in_order_and_an_end(
    room: Room, data: st.DataObject
) -> None:
    _play(room, data)


@bounded(150)
@given(pieces=st.lists(st.binary(max_size=3_000), min_size=1, max_size=4))
def test_random_bytes_get_a_refusal_or_an_end(room: Room, pieces: list[bytes]) -> None:
    assert set(statuses(exchange(room.delivery.port, pieces))) <= {400, 413}


@pytest.mark.parametrize("size", [1, 7, 64, 1_000])
def test_requests_in_pieces_are_the_same_requests(room: Room, size: int) -> None:
    stream = b"".join(room.calm)
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    whole = statuses(exchange(room.delivery.port, [stream]))
    assert len(whole) == len(room.calm)
    assert set(whole) == {200, 400, 404}
    assert statuses(exchange(room.delivery.port, pieces)) == whole


def test_a_body_that_never_comes_does_not_hold_up_others(room: Room) -> None:
    login = request("POST", "/v1/login", bytes(500), Content_Type="application/json")
    with contextlib.ExitStack() as stack:
        for _ in range(200):
            lying = socket.create_connection(("127.0.0.1", room.delivery.port), timeout=10)
            stack.enter_context(lying)
            lying.sendall(login[:-100])
        assert statuses(exchange(room.delivery.port, [room.calm[-1]])) == [200]


def test_what_is_asked_after_the_end_was_asked_for_is_not_done(room: Room) -> None:
    last = request("GET", "/health", Connection="close")
    card = room.campaign.pupils[0]
    client = room.delivery.client(room.campaign, card)
    bearer = f"Bearer {client.log_in().session}"
    client.open_part("francais")
    assert statuses(exchange(room.delivery.port, [last + save(bearer, 1)])) == [200]
    assert all(part.version == 0 for part in client.refresh().parts)
