"""The authority's signed calls to delivery: kits, returns, orders, status (docs/protocol.md §6).

Every call here may safely be made twice: bytes are named by their hash, orders by their reference,
returns by a sequence number. So a call that got no answer is made again, freshly signed, after a
pause that grows; an answer that refuses is raised at once.
"""

import hashlib
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import urlencode, urlsplit

import msgspec
import urllib3
from django.conf import settings
from urllib3.exceptions import HTTPError, SSLError
from urllib3.response import BaseHTTPResponse

from ardoise.clock import Clock, milliseconds, system_clock
from ardoise.contract import limits
from ardoise.contract.kit import CampaignStatus, KitInstalled, KitUpload
from ardoise.contract.orders import Order, OrderDone
from ardoise.contract.problems import Kind, Problem
from ardoise.contract.returns import End, Reader, Record, ReturnsFault
from ardoise.seal import signing
from ardoise.seal.randomness import below

ATTEMPTS = 6
FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 8.0
ANSWER_LIMIT = 4 << 20
"""Bytes of an answer that is not a stream; a refusal may list every missing hash of a kit."""
PIECE = 1 << 16
_TIMEOUT = urllib3.Timeout(connect=5.0, read=60.0)
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_LATER = (429, 502, 503, 504)
_HASH = re.compile(r"\b[0-9a-f]{64}\b")
_Answer = TypeVar("_Answer")

_REMEDY: dict[Kind, str] = {
    "malformed": "the two sides speak different versions of the protocol: compare their releases",
    "unsigned": "delivery does not know this authority's key, or the clocks differ by over two "
    "minutes: compare `ardoise authority key` with delivery's setting, and both clocks",
    "absent": "delivery does not know this campaign: send its kit first",
    "older": "delivery holds a newer kit: make a new one, its serial will be higher",
    "incomplete": "send the bytes that are missing, then the manifest again",
    "open": "the window is still open: close it first (`ardoise authority order close`)",
    "purged": "delivery has purged this campaign for good: a new one needs another identifier",
    "too-large": "what was sent is above delivery's bound",
    "slow-down": "delivery asks for a pause: try again in a minute",
    "busy": "delivery is overloaded: try again in a minute",
    "fault": "delivery failed inside: look at its log, then try again",
}


class DeliveryRefusal(Exception):
    """Delivery answered, and refused. The message says what to do."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        remedy = _REMEDY.get(problem.problem, "look the kind up in docs/protocol.md")
        detail = f" ({problem.detail[:300]})" if problem.detail else ""
        super().__init__(f"delivery refused: {problem.problem}{detail}. {remedy.capitalize()}.")

    @property
    def missing(self) -> tuple[str, ...]:
        """An incomplete kit: the hashes that delivery says it lacks."""
        if self.problem.problem != "incomplete":
            return ()
        return tuple(dict.fromkeys(_HASH.findall(self.problem.detail)))


class DeliveryUnreachable(Exception):
    """No answer, or one that no delivery gives. Nothing is known of what was done: call again."""


@dataclass(frozen=True)
class _Call:
    method: str
    target: str
    body: bytes = b""
    media_type: str = "application/json"


@dataclass(frozen=True)
class _Reply:
    status: int
    content: bytes
    stream: BaseHTTPResponse | None = None
    """Where a stream was asked for and granted; `content` is empty then."""


class ReturnsPage:
    """One page of returns, read as it arrives: iterate once, then ask for `end`."""

    def __init__(self, response: BaseHTTPResponse) -> None:
        self._response = response
        self._reader = Reader()

    def __iter__(self) -> Iterator[tuple[Record, bytes]]:
        """Records in order. Raises DeliveryUnreachable if the stream is cut or malformed."""
        try:
            for piece in self._response.stream(PIECE, decode_content=False):
                yield from self._reader.feed(piece)
            self._reader.finish()
        except (HTTPError, ReturnsFault, OSError) as fault:
            raise DeliveryUnreachable(f"the returns were cut short: {fault}") from fault
        finally:
            self.close()

    @property
    def end(self) -> End:
        """The last sequence number of the page and whether there is more. Raises ReturnsFault."""
        return self._reader.finish()

    def close(self) -> None:
        """Give the connection back; one that was not read to its end is closed."""
        if self._reader.end is None:
            self._response.close()
        self._response.release_conn()


class DeliveryCalls:
    """A pool of connections to one delivery. `ca`: certificates to trust, if not the system's.

    Raises ValueError for an address that is neither https nor on this machine.
    """

    def __init__(
        self,
        url: str,
        signing_key: bytes,
        ca: Path | str | None = None,
        *,
        clock: Clock = system_clock,
        pause: Callable[[float], None] = time.sleep,
        attempts: int = ATTEMPTS,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
            raise ValueError(f"{url}: delivery is called by https, or by http on this machine")
        self.url = f"{parts.scheme}://{parts.netloc}"
        # As the request's Host header has it; the signature names the server it is meant for.
        plain = {"https": 443, "http": 80}[parts.scheme] == parts.port
        self._host = parts.netloc.rsplit(":", 1)[0] if plain else parts.netloc
        self._signing_key = signing_key
        self._clock = clock
        self._pause = pause
        self._attempts = attempts
        self._pool = urllib3.PoolManager(
            num_pools=2,
            maxsize=4,
            retries=False,
            timeout=_TIMEOUT,
            cert_reqs="CERT_REQUIRED",
            ca_certs=str(ca) if ca else None,
        )

    @classmethod
    def from_settings(cls, *, clock: Clock = system_clock, attempts: int = ATTEMPTS) -> Self:
        """The delivery that the authority's settings name, with the key ring's signing key."""
        return cls(
            settings.DELIVERY_URL,
            settings.KEYRING.signing_key(),
            settings.DELIVERY_CA,
            clock=clock,
            attempts=attempts,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, _: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self._pool.clear()

    def status(self, campaign: str) -> CampaignStatus:
        """State, window and counts. DeliveryRefusal `absent`: delivery never had it."""
        target = f"/v1/status?{urlencode({'campaign': campaign})}"
        return self._json(_Call("GET", target), CampaignStatus)

    def put_bytes(self, sha256: str, content: bytes) -> None:
        """Send a chunk or a sealed blob. Raises ValueError if it does not have that hash."""
        if hashlib.sha256(content).hexdigest() != sha256:
            raise ValueError("these bytes do not have the hash they are sent under")
        self._answer(
            _Call("PUT", f"/v1/kit/{sha256}", content, "application/octet-stream"), want=204
        )

    def install_kit(self, manifest: bytes, signature: bytes) -> KitInstalled:
        """Install a manifest whose bytes were sent. DeliveryRefusal.missing: what is not there."""
        body = msgspec.json.encode(KitUpload(manifest, signature))
        return self._json(_Call("POST", "/v1/kit", body), KitInstalled)

    def send_order(self, order: Order) -> OrderDone:
        """Send an order; the same reference twice is carried out once and answered alike."""
        return self._json(_Call("POST", "/v1/orders", msgspec.json.encode(order)), OrderDone)

    def returns(self, campaign: str, after: int, limit: int = limits.RETURNS_PAGE) -> ReturnsPage:
        """Records with a sequence number above `after`, `limit` at most, as a stream."""
        query = urlencode({"campaign": campaign, "after": after, "limit": limit})
        reply = self._respond(_Call("GET", f"/v1/returns?{query}"), stream=True)
        if reply.stream is None:
            raise self._refusal(reply)
        return ReturnsPage(reply.stream)

    def _json(self, call: _Call, expected: type[_Answer]) -> _Answer:
        content = self._answer(call, want=200)
        try:
            return msgspec.json.decode(content, type=expected)
        except msgspec.MsgspecError as fault:
            raise DeliveryUnreachable(
                f"{self.url} answers, but not as delivery does: check `delivery_url`"
            ) from fault

    def _answer(self, call: _Call, *, want: int) -> bytes:
        reply = self._respond(call, stream=False)
        if reply.status != want:
            raise self._refusal(reply)
        return reply.content

    def _respond(self, call: _Call, *, stream: bool) -> _Reply:
        """An answer that is not 'later': those are waited for, as often as `attempts` allows."""
        for attempt in range(1, self._attempts + 1):
            wish_s = 0.0
            try:
                reply = self._once(call, stream=stream)
            except SSLError as fault:
                raise DeliveryUnreachable(
                    f"{self.url} does not show a certificate that is trusted: check `delivery_ca`"
                ) from fault
            except (HTTPError, OSError) as fault:
                if attempt == self._attempts:
                    raise DeliveryUnreachable(
                        f"{self.url} does not answer ({type(fault).__name__}): "
                        "is delivery running, and `delivery_url` right?"
                    ) from fault
            else:
                if reply.status not in _LATER or attempt == self._attempts:
                    return reply
                wish_s = (self._refusal(reply).problem.retry_ms or 0) / 1000
            self._pause(min(LONGEST_PAUSE_S, max(wish_s, _pause_s(attempt))))
        raise AssertionError("the last attempt returns or raises")

    def _once(self, call: _Call, *, stream: bool) -> _Reply:
        """Send, signed for this one attempt: a signature is taken only once."""
        signed = signing.sign_request(
            self._signing_key,
            audience=self._host,
            method=call.method,
            target=call.target,
            body=call.body,
            moment_ms=milliseconds(self._clock()),
        )
        headers = {**signed.headers(), "host": self._host, "accept-encoding": "identity"}
        if call.body:
            headers["content-type"] = call.media_type
        response = self._pool.request(
            call.method,
            self.url + call.target,
            body=call.body or None,
            headers=headers,
            redirect=False,
            preload_content=False,
        )
        if stream and response.status == 200:
            return _Reply(200, b"", response)
        return _Reply(response.status, _bounded(response))

    def _refusal(self, reply: _Reply) -> DeliveryRefusal:
        try:
            problem = msgspec.json.decode(reply.content, type=Problem)
        except msgspec.MsgspecError:
            kind: Kind = "busy" if reply.status in _LATER else "fault"
            problem = Problem(kind, f"HTTP {reply.status} from {self.url}")
        return DeliveryRefusal(problem)


def _bounded(response: BaseHTTPResponse) -> bytes:
    """A whole answer. Raises DeliveryUnreachable above ANSWER_LIMIT bytes."""
    held = bytearray()
    try:
        for piece in response.stream(PIECE, decode_content=False):
            held += piece
            if len(held) > ANSWER_LIMIT:
                response.close()
                raise DeliveryUnreachable("an answer above its bound: this is no delivery")
    finally:
        response.release_conn()
    return bytes(held)


def _pause_s(attempt: int) -> float:
    """Doubling from FIRST_PAUSE_S, with up to as much again at random, so that callers spread."""
    floor = min(LONGEST_PAUSE_S / 2, FIRST_PAUSE_S * (1 << (attempt - 1)))
    return floor * (1 + below(1000) / 1000)
