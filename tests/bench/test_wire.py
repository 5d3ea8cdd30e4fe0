"""The client's reading of answers, in whatever pieces they come."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ardoise.bench.wire import Connection, Endpoint, Target, TargetFault

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"


class Sent:
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        self.raw = b""
        self.gone = False

    def write(self, raw: bytes) -> None:
        self.raw += raw

    def close(self) -> None:
        self.gone = True

    abort = close


def connected() -> tuple[Connection, Sent, list[tuple[int, bytes, bytes]]]:
    connection, transport = Connection(Endpoint(Target.parse("http://127.0.0.1:1"))), Sent()
    connection.connection_made(transport)  # type: ignore[arg-type]
    answers: list[tuple[int, bytes, bytes]] = []
    connection.send(b"GET / HTTP/1.1\r\n\r\n", lambda *answer: answers.append(answer))
    return connection, transport, answers


@given(st.lists(st.integers(1, len(ANSWER) - 1), max_size=8))
def test_an_answer_is_read_whole_whatever_its_pieces(cuts: list[int]) -> None:
    connection, _, answers = connected()
    edges = [0, *sorted(set(cuts)), len(ANSWER)]
    for start, stop in pairwise(edges):
        assert not answers
        connection.data_received(ANSWER[start:stop])
    assert [(status, body) for status, _, body in answers] == [(200, b"hello")]
    assert connection.idle


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
def test_an_answer_without_a_body_needs_no_length(status: bytes) -> None:
    connection, _, answers = connected()
    connection.data_received(b"HTTP/1.1 %b\r\nserver: x\r\n\r\n" % status)
    assert [(code, body) for code, _, body in answers] == [(int(status[:3]), b"")]


@pytest.mark.parametrize(
    "raw",
    [
        ANSWER + b"more",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
    ],
)
def test_what_cannot_be_read_ends_the_connection_and_counts_as_no_answer(raw: bytes) -> None:
    connection, transport, answers = connected()
    connection.data_received(raw)
    assert [status for status, _, _ in answers] == [0]
    assert transport.gone
    assert not connection.idle


def test_a_lost_connection_answers_what_was_under_way_once() -> None:
    connection, _, answers = connected()
    connection.connection_lost(None)
    connection.connection_lost(None)
    assert answers == [(0, b"", b"lost")]


def test_a_connection_that_is_to_be_closed_takes_no_more() -> None:
    connection, _, answers = connected()
    connection.data_received(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
    assert answers[0][0] == 200
    assert not connection.idle


def test_large_bodies_come_whole_over_a_socket_from_the_address_that_was_bound() -> None:
    body = bytes(range(256)) * 1_200

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()
        await reader.read()
        writer.close()

    async def fetch(port: int) -> bytes:
        endpoint = Endpoint(Target.parse(f"http://127.0.0.1:{port}"), sources=("127.0.0.9",))
        await endpoint.resolve()
        found: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        def opened(connection: Connection | None, _: str) -> None:
            assert connection is not None
            assert connection._transport is not None
            assert connection._transport.get_extra_info("sockname")[0] == "127.0.0.9"

            def answered(_status: int, _head: bytes, got: bytes) -> None:
                connection.close()
                found.set_result(got)

            connection.send(b"GET / HTTP/1.1\r\n\r\n", answered)

        endpoint.open(opened)
        return await found

    assert asyncio.run(with_server(serve, fetch)) == body


async def with_server(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
    fetch: Callable[[int], Awaitable[bytes]],
) -> bytes:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        return await fetch(server.sockets[0].getsockname()[1])


def test_nobody_there_is_said_and_raises_nothing() -> None:
    async def knock() -> tuple[Connection | None, str]:
        endpoint = Endpoint(Target.parse("http://127.0.0.1:1"))
        await endpoint.resolve()
        found: asyncio.Future[tuple[Connection | None, str]] = (
            asyncio.get_running_loop().create_future()
        )
        endpoint.open(lambda connection, why: found.set_result((connection, why)))
        return await found

    assert asyncio.run(knock()) == (None, "connect-refused")


@pytest.mark.parametrize(
    ("url", "authority", "loopback"),
    [
        ("http://127.0.0.1:8001", "127.0.0.1:8001", True),
        ("http://localhost", "localhost", True),
        ("https://[::1]:8443/", "[::1]:8443", True),
        ("https://Delivery.example:443", "delivery.example", False),
        ("https://127.0.0.1.example", "127.0.0.1.example", False),
        ("https://localhost.example", "localhost.example", False),
    ],
)
def test_targets_are_read_and_this_machine_is_known(
    url: str, authority: str, loopback: bool
) -> None:
    target = Target.parse(url)
    assert (target.authority, target.loopback) == (authority, loopback)


@pytest.mark.parametrize(
    "url", ["delivery.example", "ftp://x", "https://x/path", "https://u@x", "https://x:99999", ""]
)
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(TargetFault):
        Target.parse(url)
