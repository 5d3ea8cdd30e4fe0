"""What the lean server promises: order, bounds, time, and no way to smuggle a request in."""

import asyncio
import errno
import socket
import ssl
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ardoise.delivery import config, connections, listening
from ardoise.delivery.connections import Connection
from ardoise.delivery.listening import Listener
from tests.delivery import certificates
from tests.delivery.wire import BIG, Client, Scripted, run, serving, until

POST = b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n%b\r\n"


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every connection is looked at every few milliseconds, not every five seconds."""
    monkeypatch.setattr(listening, "_TICK_S", 0.01)
    monkeypatch.setattr(listening, "_WHEEL", 1)


@pytest.fixture
def service() -> Scripted:
    return Scripted()


# -- order -----------------------------------------------------------------------------------


def test_pipelined_requests_are_answered_in_their_order(service: Scripted) -> None:
    async def main() -> None:
        async with serving(service) as listener:
            client = Client(listener)
            await client.ask("/held/1", "/now/2", "/stream", "/now/3", "/absent", "/now/4")
            await until(lambda: b"/held/1" in service.held)
            assert service.finished == [b"/held/1"]
            service.let_go(b"/held/1")
            got = await client.until(b"/now/4|")
            places = [got.index(t) for t in (b"/held/1", b"/now/2|", BIG[:64], b"/now/3|", b"404")]
            assert places == sorted(places)

    run(main)


def test_only_a_few_pipelined_requests_are_taken_before_the_first_is_answered(
    service: Scripted,
) -> None:
    async def main() -> None:
        async with serving(service) as listener:
            client = Client(listener)
            sending = asyncio.ensure_future(client.ask("/held/1", *["/now/x"] * 20_000))
            await until(lambda: b"/held/1" in service.held)
            await asyncio.sleep(0.1)
            assert connections.DEPTH <= len(service.begun) <= connections.SLICE // 30
            service.let_go(b"/held/1")
            await client.until(b"/now/x|", 20_000)
            await sending

    run(main)


def test_what_pipelining_clients_have_waiting_is_bounded_over_all_of_them(
    service: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "BODIES_BYTES", 1 << 20)

    async def main() -> None:
        async with serving(service) as listener:
            clients = [Client(listener) for _ in range(60)]
            sent = b"GET /held/%d HTTP/1.1\r\nHost: x\r\n\r\n"
            more = b"GET /now/x HTTP/1.1\r\nHost: x\r\n\r\n" * 1_500
            for number, client in enumerate(clients):
                await client.send(sent % number)
                await until(lambda n=number: len(service.held) == n + 1)  # type: ignore[misc]
                client.socket.send(more)
            await until(lambda: 0 < listener.open < 60)
            await until(lambda: listener.held <= 1 << 20)
            for url in list(service.held):
                service.let_go(url)
            for client in clients:
                client.close()
            await until(lambda: listener.open == 0)
            assert (listener.held, listener.active) == (0, 0)

    run(main)


def test_a_client_that_reads_no_answers_gets_no_more_of_its_requests_worked_on(
    service: Scripted,
) -> None:
    async def main() -> None:
        async with serving(service) as listener:
            client = Client(listener, small=True)
            await client.ask(*["/big"] * 3)
            await until(lambda: bool(service.finished))
            await asyncio.sleep(0.1)
            assert len(service.finished) == 1
            await client.until(b"HTTP/1.1 200", 3)

    run(main)


# -- any segmentation gives the same answers ---------------------------------------------------

MESSAGES = (
    b"GET /now/a HTTP/1.1\r\nHost: x\r\n\r\n",
    b"HEAD /now/b HTTP/1.1\r\nhost: x\r\nAccept: a\r\nAccept: b\r\n\r\n",
    POST % (b"/now/c", 5, b"") + b"hello",
    POST % (b"/now/d", 3_000, b"") + bytes(3_000),
    POST % (b"/refused", 5, b"") + b"hello",
    POST % (b"/absent", 0, b""),
    b"\r\nGET /now/e HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 9_000 + b"\r\n\r\n",
    b"GET /now/f HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 45 + b"\r\n",
)
LAST = (
    b"",
    b"GET /now/z HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\nGET /now/no HTTP/1.1\r\n\r\n",
    b"GET /now/z HTTP/1.0\r\n\r\n",
    b"GET /now/z HTTP/2.0\r\nHost: x\r\n\r\n",
    b"BREW /now/z HTTP/1.1\r\n\r\n",
    POST % (b"/now/z", 2, b"Content-Length: 2\r\n") + b"{}",
    POST % (b"/now/z", 2, b"Transfer-Encoding: chunked\r\n") + b"{}",
    POST % (b"/now/z", 900_000, b"") + b"x" * 5_000,
    POST % (b"/refused", 5, b"Expect: 100-continue\r\n") + b"hello",
)


class Transport:
    """Keeps what is written."""

    def __init__(self) -> None:
        self.written = b""

    def write(self, data: bytes) -> None:
        self.written += data

    def write_eof(self) -> None:
        self.written += b"<eof>"

    def close(self) -> None:
        self.written += b"<close>"

    def set_write_buffer_limits(self, high: int) -> None:
        pass

    def can_write_eof(self) -> bool:
        return True

    def is_closing(self) -> bool:
        return False


def answers(pieces: list[bytes]) -> tuple[bytes, list[bytes]]:
    """What is answered to a stream that comes in these pieces, and what was worked on."""
    service, transport = Scripted(), Transport()
    with socket.socket() as door:
        listener = Listener(service, door)
        connection = Connection(listener)
        connection.connection_made(transport)  # type: ignore[arg-type]
        for piece in pieces:
            connection.data_received(piece)
        assert listener.held >= 0
    return transport.written, service.finished


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_segmentation_of_a_stream_gives_the_same_answers(data: st.DataObject) -> None:
    messages = data.draw(st.lists(st.sampled_from(MESSAGES), max_size=5))
    stream = b"".join((*messages, data.draw(st.sampled_from(LAST))))
    cuts = sorted(data.draw(st.sets(st.integers(0, len(stream)), max_size=12)))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert answers([p for p in pieces if p]) == answers([stream])


def test_byte_by_byte_gives_the_same_answers() -> None:
    for last in LAST:
        stream = b"".join(MESSAGES[:3]) + last
        assert answers([stream[n : n + 1] for n in range(len(stream))]) == answers([stream])


# -- what could be read in two ways is refused -------------------------------------------------

FORMS = {
    "length twice": POST % (b"/now", 4, b"Content-Length: 4\r\n"),
    "two lengths": POST % (b"/now", 4, b"Content-Length: 0\r\n"),
    "length list": b"POST /now HTTP/1.1\r\nHost: x\r\nContent-Length: 4, 4\r\n\r\n",
    "length signed": b"POST /now HTTP/1.1\r\nHost: x\r\nContent-Length: +4\r\n\r\n",
    "length empty": b"POST /now HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\n",
    "length hex": b"POST /now HTTP/1.1\r\nHost: x\r\nContent-Length: 0x4\r\n\r\n",
    "length endless": POST % (b"/now", 10**30, b""),
    "length and chunks": POST % (b"/now", 4, b"Transfer-Encoding: chunked\r\n"),
    "chunks": b"POST /now HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks, odd": b"POST /now HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n",
    "chunks, 1.0": b"POST /now HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks by line feed": b"POST /now HTTP/1.1\r\nHost: x\nTransfer-Encoding: chunked\r\n\r\n",
    "bare line feeds": b"GET /now HTTP/1.1\nHost: x\n\n",
    "bare line feed at the end": b"GET /now HTTP/1.1\r\nHost: x\r\n\n",
    "bare carriage return": b"GET /now HTTP/1.1\r\nHost: x\rA: b\r\n\r\n",
    "folded": b"GET /now HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n",
    "space before colon": b"POST /now HTTP/1.1\r\nHost: x\r\nContent-Length : 4\r\n\r\n",
    "space before name": b"POST /now HTTP/1.1\r\nHost: x\r\n Content-Length: 4\r\n\r\n",
    "nul": b"GET /now HTTP/1.1\r\nHost: x\r\nA: b\x00c\r\n\r\n",
    "two hosts": b"GET /now HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    "two sessions": b"GET /now HTTP/1.1\r\nHost: x\r\nAuthorization: a\r\nauthorization: b\r\n\r\n",
    "two versions": b"GET /now HTTP/1.1\r\nHost: x\r\nArdoise-Base: 1\r\nArdoise-Base: 2\r\n\r\n",
    "upgrade": b"GET /now HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
    "connect": b"CONNECT now:80 HTTP/1.1\r\nHost: x\r\n\r\n",
    "http 2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
    "odd expectation": POST % (b"/now", 4, b"Expect: tea\r\n"),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_what_can_be_read_in_two_ways_is_refused_and_nothing_after_it_is_read(
    service: Scripted, form: str
) -> None:
    async def main() -> None:
        async with serving(service) as listener:
            client = Client(listener)
            await client.send(FORMS[form] + b"GET /now/smuggled HTTP/1.1\r\nHost: x\r\n\r\n")
            got = await client.end()
            assert got.startswith(b"HTTP/1.1 400 ")
            assert b"connection: close" in got
            assert b'"problem":"malformed"' in got
            assert got.count(b"HTTP/1.1 ") == 1
            assert service.finished == []
            await until(lambda: listener.open == 0)
            assert listener.held == 0

    run(main)


def test_a_missing_host_is_refused_and_the_next_request_served(service: Scripted) -> None:
    async def main() -> None:
        async with serving(service) as listener:
            client = Client(listener)
            await client.send(b"GET /now HTTP/1.1\r\n\r\nGET /now HTTP/1.1\r\nHost: x\r\n\r\n")
            got = await client.until(b"/now|")
            assert got.startswith(b"HTTP/1.1 400 ")

    run(main)


# -- bodies ------------------------------------------------------------------------------------


def test_a_client_that_asks_first_is_told_to_go_on(service: Scripted) -> None:
    async def main() -> None:
        async with serving(service) as listener:
            client = Client(listener)
            await client.send(POST % (b"/now", 5, b"Expect: 100-continue\r\n"))
            assert await client.until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            await client.send(b"hello")
            await client.until(b"/now|hello")

    run(main)


def test_go_on_is_said_after_the_answers_to_what_was_asked_before(service: Scripted) -> None:
    async def main() -> None:
        async with serving(service) as listener:
            client = Client(listener)
            await client.ask("/held/1")
            await client.send(POST % (b"/now", 5, b"Expect: 100-continue\r\n"))
            await until(lambda: len(service.begun) == 2)
            service.let_go(b"/held/1")
            got = await client.until(b"100 Continue\r\n\r\n")
            assert got.index(b"/held/1") < got.index(b"100 Continue")
            await client.send(b"hello")
            await client.until(b"/now|hello")

    run(main)


@pytest.mark.parametrize("size", [5, 200_000, 9_000_000])
def test_who_is_refused_before_the_body_is_told_so_at_once(service: Scripted, size: int) -> None:
    async def main() -> None:
        async with serving(service) as listener:
            client = Client(listener)
            await client.send(POST % (b"/refused", size, b"Expect: 100-continue\r\n"))
            got = await client.end()
            assert got.startswith(b"HTTP/1.1 401 ")
            assert b"100 Continue" not in got
            assert listener.held == 0

    run(main)


def test_a_small_refused_body_is_let_go_by_and_the_connection_stays(service: Scripted) -> None:
    async def main() -> None:
        async with serving(service) as listener:
            client = Client(listener)
            for _ in range(3):
                await client.send(POST % (b"/refused", 90_000, b"") + bytes(90_000))
            await client.ask("/now")
            got = await client.until(b"/now|")
            assert got.count(b"HTTP/1.1 401 ") == 3

    run(main)


def test_bodies_in_flight_are_bounded_and_the_rest_is_told_to_come_again(
    service: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "BODIES_BYTES", 100_000)

    async def main() -> None:
        async with serving(service) as listener:
            holders = [Client(listener) for _ in range(2)]
            for number, holder in enumerate(holders):
                await holder.send(POST % (b"/held/%d" % number, 50_000, b"") + bytes(50_000))
            await until(lambda: len(service.held) == 2)
            assert listener.held == 100_000
            late = Client(listener)
            await late.send(POST % (b"/now", 1, b"") + b"x")
            assert b'"problem":"busy"' in await late.until(b"busy")
            assert b"retry-after" in late.got
            service.let_go(b"/held/0")
            await holders[0].until(b"/held/0")
            await late.send(POST % (b"/now", 1, b"") + b"x")
            await late.until(b"/now|x")
            holders[1].reset()
            service.let_go(b"/held/1")
            await until(lambda: listener.held == 0)

    run(main)


def test_only_so_many_large_bodies_come_at_once(service: Scripted) -> None:
    async def main() -> None:
        async with serving(service) as listener:
            clients = [Client(listener) for _ in range(config.LARGE_BODIES_AT_ONCE)]
            for client in clients:
                await client.send(POST % (b"/now/large", 1_000_000, b"") + b"x")
            await until(lambda: len(service.begun) == len(clients))
            late = Client(listener)
            await late.send(POST % (b"/now/large", 1_000_000, b""))
            assert b"busy" in await late.end()
            clients[0].reset()
            await until(lambda: listener.open == len(clients) - 1)
            again = Client(listener)
            await again.send(POST % (b"/now/large", 1_000_000, b"") + bytes(1_000_000))
            await again.until(b"/now/large|")

    run(main)


# -- time ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bound", "drip", "answer"),
    [
        ("IDLE_SECONDS", b"", b""),
        ("HEADER_SECONDS", b"GET /now HTTP/1.1\r\nHost: x\r\nA: b", b"HTTP/1.1 400 "),
        ("HEADER_SECONDS", b"G", b"HTTP/1.1 400 "),
        ("BODY_SECONDS", POST % (b"/now", 5_000, b"") + b"x", b"HTTP/1.1 400 "),
    ],
)
def test_a_slow_client_is_cut_however_often_it_sends_a_little(
    service: Scripted, monkeypatch: pytest.MonkeyPatch, bound: str, drip: bytes, answer: bytes
) -> None:
    monkeypatch.setattr(config, bound, 0.2)

    async def main() -> None:
        async with serving(service) as listener:
            client = Client(listener)
            await client.send(drip)
            ended = asyncio.ensure_future(client.end())
            while not ended.done():
                if drip:
                    await client.send(b"b")
                await asyncio.sleep(0.01)
            assert ended.result().startswith(answer)
            assert service.finished == []
            await until(lambda: listener.open == 0)
            assert listener.held == 0

    run(main)


def test_time_runs_while_a_client_is_waited_for_and_not_while_it_waits(
    service: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    for bound in ("IDLE_SECONDS", "HEADER_SECONDS", "BODY_SECONDS"):
        monkeypatch.setattr(config, bound, 0.1)

    async def main() -> None:
        async with serving(service) as listener:
            client = Client(listener)
            await client.ask("/held/1")
            await asyncio.sleep(0.4)
            service.let_go(b"/held/1")
            await client.until(b"/held/1")

    run(main)


@pytest.mark.parametrize("url", ["/big", "/stream"])
def test_a_reader_that_takes_next_to_nothing_is_cut(
    service: Scripted, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setattr(config, "STALL_SECONDS", 0.3)

    async def main() -> None:
        async with serving(service) as listener:
            client = Client(listener, small=True)
            await client.ask(url)
            while listener.open:
                await asyncio.get_running_loop().sock_recv(client.socket, 10)
                await asyncio.sleep(0.01)
            assert listener.active == 0
            if url == "/stream":
                await until(lambda: service.closed_streams == 1)

    run(main)


def test_a_slow_reader_that_goes_on_gets_all_of_it(
    service: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "STALL_SECONDS", 0.5)
    monkeypatch.setattr(config, "STALL_BYTES", 1 << 10)

    async def main() -> None:
        async with serving(service) as listener:
            client = Client(listener, small=True)
            await client.ask("/big")
            taken = 0
            while taken < 150_000:
                piece = await asyncio.get_running_loop().sock_recv(client.socket, 1_500)
                assert piece, "cut"
                taken += len(piece)
                await asyncio.sleep(0.01)
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            while taken < len(BIG):
                taken += len(await asyncio.get_running_loop().sock_recv(client.socket, 1 << 20))

    run(main)


# -- ends ----------------------------------------------------------------------------------------


def test_a_stream_that_breaks_off_is_seen_to(service: Scripted) -> None:
    async def main() -> None:
        async with serving(service) as listener:
            client = Client(listener)
            await client.ask("/broken")
            got = await client.end()
            assert b"transfer-encoding: chunked" in got
            assert not got.endswith(b"0\r\n\r\n")

    run(main)


def test_head_gets_the_length_and_no_body(service: Scripted) -> None:
    async def main() -> None:
        async with serving(service) as listener:
            client = Client(listener)
            for url in (b"/big", b"/stream", b"/absent"):
                await client.send(b"HEAD %b HTTP/1.1\r\nHost: x\r\n\r\n" % url)
            await client.ask("/now")
            got = await client.until(b"/now|")
            assert b"content-length: %d" % len(BIG) in got
            assert b"problem" not in got
            assert len(got) < 1_000
            last = Client(listener)
            await last.send(b"HEAD /absent HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert (await last.end()).endswith(b"\r\n\r\n")

    run(main)


def test_an_old_client_gets_its_answer_and_the_end(service: Scripted) -> None:
    async def main() -> None:
        async with serving(service) as listener:
            for extra in (b"", b"Connection: keep-alive\r\n"):
                client = Client(listener)
                await client.send(b"GET /stream HTTP/1.0\r\n" + extra + b"\r\n")
                got = await client.end()
                assert got.endswith(BIG)
                assert b"chunked" not in got

    run(main)


def test_a_client_that_has_said_all_still_gets_its_answers(service: Scripted) -> None:
    async def main() -> None:
        async with serving(service) as listener:
            client = Client(listener)
            await client.ask("/held/1", "/now/2")
            client.half_close()
            await until(lambda: b"/held/1" in service.held)
            service.let_go(b"/held/1")
            got = await client.end()
            assert got.endswith(b"/now/2|")
            cut = Client(listener)
            await cut.send(POST % (b"/now", 500, b"") + b"{}")
            cut.half_close()
            assert b"cut short" in await cut.end()

    run(main)


def test_a_client_that_goes_while_its_save_is_committed_strands_nobody(service: Scripted) -> None:
    async def main() -> None:
        faults: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, what: faults.append(what))
        async with serving(service) as listener:
            clients = [Client(listener) for _ in range(20)]
            for number, client in enumerate(clients):
                await client.send(POST % (b"/held/%d" % number, 9, b"") + b"x" * 9)
            await until(lambda: len(service.held) == 20)
            for client in clients[::2]:
                client.reset()
            # Some are known to be gone, of others nobody knows yet.
            for number in range(10):
                service.let_go(b"/held/%d" % number)
            await until(lambda: listener.open == 10)
            for number in range(10, 20):
                service.let_go(b"/held/%d" % number)
            for number in range(1, 20, 2):
                await clients[number].until(b"/held/%d" % number)
            assert (listener.held, listener.active, faults) == (0, 0, [])

    run(main)


def test_draining_finishes_what_was_asked_and_ends_the_rest(service: Scripted) -> None:
    async def main() -> None:
        async with serving(service) as listener:
            busy, idle, sending = (Client(listener) for _ in range(3))
            await busy.ask("/held/1")
            await sending.send(POST % (b"/now", 5, b"") + b"he")
            await until(lambda: len(service.begun) == 2 and listener.open == 3)
            drained = asyncio.ensure_future(listener.drain(5))
            assert await idle.end() == b""
            with pytest.raises(ConnectionRefusedError):
                Client(listener)
            service.let_go(b"/held/1")
            assert b"connection: close" in await busy.end()
            await sending.send(b"llo")
            got = await sending.end()
            assert got.endswith(b"/now|hello")
            assert b"connection: close" in got
            await drained
            assert listener.open == 0

    run(main)


def test_a_server_that_ends_gives_notice_and_serves_who_still_comes(service: Scripted) -> None:
    async def main() -> None:
        async with serving(service) as listener:
            drained = asyncio.ensure_future(listener.drain(5, notice=0.3))
            await asyncio.sleep(0)
            client = Client(listener)
            await client.ask("/now")
            got = await client.end()
            assert got.endswith(b"/now|")
            assert b"connection: close" in got
            waiting = Client(listener)
            await waiting.ask("/now")
            await drained
            assert (await waiting.end()).endswith(b"/now|")

    run(main)


# -- over TLS --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The server's and a client's."""
    certificate, key = certificates.write(tmp_path_factory.mktemp("tls"))
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(certificate, key)
    return server, ssl.create_default_context(cafile=certificate)


def test_over_tls_answers_keep_their_order_and_come_whole(
    service: Scripted, contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    async def main() -> None:
        async with serving(service, contexts[0]) as listener:
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", listener.port, ssl=contexts[1], limit=64 << 20
            )
            for url in (b"/now/1", b"/big", b"/stream", b"/now/2"):
                writer.write(b"GET %b HTTP/1.1\r\nHost: x\r\n\r\n" % url)
            got = await reader.readuntil(b"/now/2|")
            assert got.index(b"/now/1|") < got.index(BIG) < len(BIG) * 2 < len(got)
            writer.write(POST % (b"/refused", 9_000_000, b"") + bytes(100_000))
            got = await reader.read()
            assert got.startswith(b"HTTP/1.1 401 ")
            writer.close()
            await until(lambda: listener.open == 0)

    run(main)


def test_who_speaks_no_tls_or_never_ends_its_greeting_is_cut(
    service: Scripted,
    contexts: tuple[ssl.SSLContext, ssl.SSLContext],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(config, "HANDSHAKE_SECONDS", 0.3)

    async def main() -> None:
        async with serving(service, contexts[0]) as listener:
            plain, silent = Client(listener), Client(listener)
            await plain.ask("/now")
            assert b"HTTP" not in await plain.end()
            assert await silent.end() == b""
            await until(lambda: listener.open == 0)
            assert service.begun == []

    run(main)


# -- how many ------------------------------------------------------------------------------------


def test_above_the_bound_newcomers_wait_and_are_served_in_their_turn(
    service: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "CONNECTIONS", 16)

    async def main() -> None:
        async with serving(service) as listener:
            inside = [Client(listener) for _ in range(16)]
            await until(lambda: listener.open == 16)
            late = Client(listener)
            await late.ask("/now/late")
            await inside[0].ask("/now/inside")
            await inside[0].until(b"/now/inside|")
            await asyncio.sleep(0.1)
            assert listener.open == 16
            assert b"/now/late" not in service.begun
            inside[1].close()
            await late.until(b"/now/late|")

    run(main)


def test_without_descriptors_it_takes_nobody_until_there_are_some(
    service: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused: list[int] = []

    class Door(socket.socket):
        def accept(self) -> Any:
            if len(refused) < 3:
                refused.append(1)
                raise OSError(errno.EMFILE, "too many open files")
            return super().accept()

    monkeypatch.setattr("ardoise.delivery.listening.socket.socket", Door)

    async def main() -> None:
        async with serving(service) as listener:
            client = Client(listener)
            await client.ask("/now")
            await client.until(b"/now|")
            assert len(refused) == 3

    run(main)
