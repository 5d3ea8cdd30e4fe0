"""The authority's calls: signed anew each time, repeated only where that is safe, never fooled."""

import base64
import contextlib
import datetime
import http.server
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ardoise.authority.delivery_calls import (
    ATTEMPTS,
    DeliveryCalls,
    DeliveryRefusal,
    DeliveryUnreachable,
)
from ardoise.clock import system_milliseconds
from ardoise.contract.kit import CampaignStatus
from ardoise.contract.orders import Close
from ardoise.contract.problems import STATUS, Kind, Problem
from ardoise.contract.returns import End, Record, frame
from ardoise.seal import signing
from tests.delivery.kits import make_kit, make_sheet
from tests.delivery.running import RunningDelivery, free_port

KEY = signing.new_key()


@dataclass
class Answer:
    """One answer of the scripted server: `cut` ends the body early."""

    status: int
    body: bytes = b""
    cut: int = 0


@dataclass
class Script:
    """A server that answers as told, and checks every signature as delivery does."""

    answers: list[Answer]
    seen: list[tuple[str, str]] = field(default_factory=list)
    nonces: list[str] = field(default_factory=list)
    url: str = ""

    def respond(self, handler: http.server.BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("content-length") or 0))
        signature = signing.RequestSignature(
            int(handler.headers[signing.MOMENT_HEADER]),
            handler.headers[signing.NONCE_HEADER],
            handler.headers[signing.DIGEST_HEADER],
            base64.b64decode(handler.headers[signing.SIGNATURE_HEADER]),
        )
        signing.verify_request(
            signing.public_half(KEY),
            signature,
            audience=handler.headers["Host"],
            method=handler.command,
            target=handler.path,
            now_ms=system_milliseconds(),
        )
        signing.verify_body(signature, body)
        self.seen.append((handler.command, handler.path))
        self.nonces.append(signature.nonce)
        answer = self.answers.pop(0)
        handler.send_response(answer.status)
        handler.send_header("Content-Length", str(len(answer.body)))
        handler.end_headers()
        handler.wfile.write(answer.body[: len(answer.body) - answer.cut])
        handler.close_connection = bool(answer.cut)


@contextlib.contextmanager
def scripted(*answers: Answer, context: ssl.SSLContext | None = None) -> Iterator[Script]:
    script = Script(list(answers))

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _respond(self) -> None:
            script.respond(self)

        do_GET = do_PUT = do_POST = _respond  # noqa: N815

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    script.url = f"http{'s' if context else ''}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def never(_seconds: float) -> None:
    pytest.fail("it must not be tried again")


def refusal(kind: Kind, detail: str = "", retry_ms: int | None = None) -> Answer:
    return Answer(STATUS[kind], msgspec.json.encode(Problem(kind, detail, retry_ms=retry_ms)))


STATUS_BODY = msgspec.json.encode(CampaignStatus(1, "essai-2026", "open", 0, 9, 1, 3, 0, 0, 0, 0))


def test_a_busy_delivery_is_asked_again_with_a_fresh_signature_after_the_wished_pause() -> None:
    pauses: list[float] = []
    with scripted(refusal("busy", retry_ms=3_000), Answer(200, STATUS_BODY)) as script:
        calls = DeliveryCalls(script.url, KEY, pause=pauses.append)
        assert calls.status("essai-2026").seats == 3
    assert len(set(script.nonces)) == 2
    assert pauses == [3.0]


def test_pauses_grow_and_end() -> None:
    pauses: list[float] = []
    calls = DeliveryCalls(f"http://127.0.0.1:{free_port()}", KEY, pause=pauses.append)
    with pytest.raises(DeliveryUnreachable, match="is delivery running"):
        calls.status("essai-2026")
    assert len(pauses) == ATTEMPTS - 1
    assert all(0.25 * 2**n <= pause <= 0.5 * 2**n for n, pause in enumerate(pauses))


@pytest.mark.parametrize("kind", ["unsigned", "older", "open", "purged", "absent", "malformed"])
def test_a_refusal_is_raised_at_once_and_says_what_to_do(kind: Kind) -> None:
    with scripted(refusal(kind, "serial 4")) as script:
        calls = DeliveryCalls(script.url, KEY, pause=never)
        with pytest.raises(DeliveryRefusal) as refused:
            calls.send_order(Close("0123456789abcdef", "essai-2026"))
    assert refused.value.problem.problem == kind
    assert "serial 4" in str(refused.value)
    assert len(str(refused.value)) > 60


def test_an_incomplete_kit_names_what_is_missing() -> None:
    missing = ["a" * 64, "0" * 64]
    with scripted(refusal("incomplete", " ".join(missing))) as script:
        with pytest.raises(DeliveryRefusal) as refused:
            DeliveryCalls(script.url, KEY).install_kit(b"{}", bytes(64))
        assert refused.value.missing == tuple(missing)


def test_bytes_are_not_sent_under_a_hash_that_is_not_theirs() -> None:
    with pytest.raises(ValueError, match="do not have the hash"):
        DeliveryCalls("https://delivery.invalid", KEY).put_bytes("0" * 64, b"x")


@pytest.mark.parametrize("url", ["http://delivery.example", "ftp://127.0.0.1", "127.0.0.1:8001"])
def test_nothing_is_sent_in_the_clear_beyond_this_machine(url: str) -> None:
    with pytest.raises(ValueError, match="https"):
        DeliveryCalls(url, KEY)


def test_an_answer_of_something_else_than_delivery_is_told() -> None:
    with (
        scripted(Answer(200, b"<html>")) as script,
        pytest.raises(DeliveryUnreachable, match="delivery_url"),
    ):
        DeliveryCalls(script.url, KEY).status("essai-2026")


def test_an_endless_answer_is_cut_off() -> None:
    with (
        scripted(Answer(200, b" " * (5 << 20))) as script,
        pytest.raises(DeliveryUnreachable, match="above its bound"),
    ):
        DeliveryCalls(script.url, KEY).status("essai-2026")


def test_a_redirect_is_not_followed() -> None:
    with scripted(Answer(302)) as script, pytest.raises(DeliveryRefusal):
        DeliveryCalls(script.url, KEY).status("essai-2026")
    assert len(script.seen) == 1


def records(count: int) -> list[tuple[Record, bytes]]:
    return [
        (Record(seq, "123456789", "francais", "123456789", 1, 1, 0), bytes(1052))
        for seq in range(1, count + 1)
    ]


def test_returns_that_are_cut_short_give_what_came_and_then_say_so() -> None:
    whole = b"".join(frame(*each) for each in records(3)) + frame(End(3, False))
    with scripted(Answer(200, whole, cut=200)) as script:
        page = DeliveryCalls(script.url, KEY).returns("essai-2026", 0)
        came: list[tuple[Record, bytes]] = []
        with pytest.raises(DeliveryUnreachable, match="cut short"):
            came.extend(page)
    assert len(came) == 2
    assert script.seen == [("GET", "/v1/returns?campaign=essai-2026&after=0&limit=5000")]


def test_a_page_without_its_end_is_not_taken_for_whole() -> None:
    with (
        scripted(Answer(200, b"".join(frame(*each) for each in records(2)))) as script,
        pytest.raises(DeliveryUnreachable, match="cut short"),
    ):
        list(DeliveryCalls(script.url, KEY).returns("essai-2026", 0))


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A self-signed certificate for 127.0.0.1, and a server context with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "essai")])
    now = datetime.datetime.now(datetime.UTC)
    loopback = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(loopback, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "cert.pem", folder / "key.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return public, context


def test_a_certificate_must_be_trusted(tmp_path: Path) -> None:
    trusted, context = certificate(tmp_path)
    with scripted(Answer(200, STATUS_BODY), context=context) as script:
        with pytest.raises(DeliveryUnreachable, match="delivery_ca"):
            DeliveryCalls(script.url, KEY, pause=never).status("essai-2026")
        assert script.seen == []
        assert DeliveryCalls(script.url, KEY, trusted).status("essai-2026").state == "open"


@pytest.fixture(scope="module")
def delivery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDelivery]:
    with RunningDelivery(tmp_path_factory.mktemp("delivery"), signing_key=KEY) as running:
        yield running


def test_a_real_delivery_takes_a_kit_asks_for_what_it_lacks_and_streams_returns(
    delivery: RunningDelivery,
) -> None:
    kit = make_kit(name="appels-2026", signing_key=KEY, pupils=20)
    calls = DeliveryCalls(delivery.url, KEY)
    with pytest.raises(DeliveryRefusal) as refused:
        calls.install_kit(kit.raw, kit.signature)
    assert set(refused.value.missing) == set(kit.contents)
    for sha256 in refused.value.missing:
        calls.put_bytes(sha256, kit.contents[sha256])
    assert calls.install_kit(kit.raw, kit.signature).seats == 21
    assert calls.install_kit(kit.raw, kit.signature).serial == 1
    for card in kit.pupils:
        client = delivery.client(kit, card)
        client.log_in()
        client.open_part("francais")
        client.save(make_sheet(kit, card.number, "francais", 1))
    page = calls.returns(kit.name, 0, 7)
    first = [record for record, _ in page]
    assert (len(first), page.end.more) == (7, True)
    rest = list(calls.returns(kit.name, page.end.last))
    assert {record.number for record in first} | {record.number for record, _ in rest} == {
        card.number for card in kit.pupils
    }
    order = Close("0123456789abcdef", kit.name)
    assert calls.send_order(order) == calls.send_order(order)


def test_a_wrong_key_is_refused_with_the_remedy(delivery: RunningDelivery) -> None:
    calls = DeliveryCalls(delivery.url, signing.new_key())
    with pytest.raises(DeliveryRefusal, match="both clocks"):
        calls.status("appels-2026")
