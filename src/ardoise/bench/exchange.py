"""The authority's side of a rehearsal: install, open, close, pull, purge (docs/protocol.md §6).

Every call may be made twice, so what got no answer is asked again, freshly signed.
"""

import hashlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import msgspec
import urllib3
from urllib3.exceptions import HTTPError

from ardoise.bench.campaign import Rehearsal
from ardoise.bench.signers import Signer
from ardoise.bench.wire import Target
from ardoise.clock import system_milliseconds
from ardoise.contract import limits, orders
from ardoise.contract.kit import Blob, CampaignStatus, KitInstalled, KitUpload
from ardoise.contract.orders import Order, OrderDone
from ardoise.contract.problems import Problem
from ardoise.contract.returns import End, Reader, Record, ReturnsFault
from ardoise.seal import randomness

JSON, BYTES = "application/json", "application/octet-stream"
ATTEMPTS = 8
MARGIN_MS = 60_000
_PIECE = 1 << 18
_LATER = (429, 502, 503, 504)

Advance = Callable[[int], None]


class ExchangeFault(Exception):
    """Delivery refused, or gave no answer; the message says which."""

    def __init__(self, message: str, kind: str = "") -> None:
        super().__init__(message)
        self.kind = kind


class Exchange:
    """Signed calls to one delivery."""

    def __init__(self, target: Target, signer: Signer, ca: Path | None = None) -> None:
        self.target = target
        self._signer = signer
        self._pool = urllib3.PoolManager(
            retries=False,
            timeout=urllib3.Timeout(connect=10.0, read=120.0),
            ca_certs=str(ca) if ca else None,
        )

    def install(
        self, rehearsal: Rehearsal, lasts_ms: int, advance: Advance = lambda _: None
    ) -> KitInstalled:
        """Send everything; the window opens a minute ago and ends by itself after `lasts_ms`."""
        for sha256, raw in rehearsal.blobs.items():
            self._call("PUT", f"/v1/kit/{sha256}", raw, BYTES)
        chunks = []
        for raw in rehearsal.chunks(advance):
            blob = _named(raw)
            self._call("PUT", f"/v1/kit/{blob.sha256}", raw, BYTES)
            chunks.append(blob)
        now_ms = system_milliseconds()
        manifest = rehearsal.manifest(chunks, now_ms - MARGIN_MS, now_ms + lasts_ms)
        upload = KitUpload(manifest, self._signer.kit(manifest))
        raw = self._call("POST", "/v1/kit", msgspec.json.encode(upload), JSON)
        return msgspec.json.decode(raw, type=KitInstalled)

    def close(self, campaign: str) -> OrderDone:
        """Close the window now."""
        return self.order(orders.Close(randomness.reference(), campaign))

    def purge(self, campaign: str) -> OrderDone | None:
        """Delete all that delivery holds of it; None if it knows of none."""
        try:
            self.close(campaign)
            return self.order(orders.Purge(randomness.reference(), campaign))
        except ExchangeFault as fault:
            if fault.kind in ("absent", "purged"):
                return None
            raise

    def order(self, order: Order) -> OrderDone:
        """Send one order."""
        raw = self._call("POST", "/v1/orders", msgspec.json.encode(order), JSON)
        return msgspec.json.decode(raw, type=OrderDone)

    def status(self, campaign: str) -> CampaignStatus:
        """State, window and counts."""
        raw = self._call("GET", f"/v1/status?{urlencode({'campaign': campaign})}")
        return msgspec.json.decode(raw, type=CampaignStatus)

    def returns(self, campaign: str, after: int = 0) -> Iterator[tuple[Record, bytes]]:
        """Every record above `after`, page by page; a page cut short is asked for again."""
        failures, more = 0, True
        while more:
            reader = Reader()
            try:
                for record, body in self._page(campaign, after, reader):
                    after = record.seq
                    yield record, body
                end: End = reader.finish()
            except (HTTPError, OSError, ReturnsFault) as fault:
                failures += 1
                if failures >= ATTEMPTS:
                    raise ExchangeFault(f"the returns were cut short: {fault}") from fault
                time.sleep(_pause(failures))
                continue
            after, more, failures = max(after, end.last), end.more, 0

    def _page(self, campaign: str, after: int, reader: Reader) -> Iterator[tuple[Record, bytes]]:
        query = {"campaign": campaign, "after": after, "limit": limits.RETURNS_PAGE}
        target = f"/v1/returns?{urlencode(query)}"
        answer = self._pool.request(
            "GET",
            self.target.url + target,
            headers=self._signer.request("GET", target, b"", self.target.authority),
            preload_content=False,
            redirect=False,
        )
        try:
            if answer.status in _LATER:
                raise ReturnsFault(f"delivery answers {answer.status}")
            if answer.status != 200:
                raise _fault(answer.status, answer.read(_PIECE))
            for piece in answer.stream(_PIECE, decode_content=False):
                yield from reader.feed(piece)
        finally:
            if reader.end is None:
                answer.close()
            answer.release_conn()

    def _call(self, method: str, target: str, body: bytes = b"", media_type: str = "") -> bytes:
        """The body of an answer that grants. Raises ExchangeFault."""
        last = ""
        for attempt in range(1, ATTEMPTS + 1):
            headers = self._signer.request(method, target, body, self.target.authority)
            if media_type:
                headers["content-type"] = media_type
            try:
                answer = self._pool.request(
                    method, self.target.url + target, body=body or None, headers=headers,
                    redirect=False,
                )  # fmt: skip
            except (HTTPError, OSError) as fault:
                last = str(fault)
            else:
                if answer.status < 300:
                    return answer.data
                if answer.status not in _LATER:
                    raise _fault(answer.status, answer.data)
                last = f"delivery answers {answer.status}"
            time.sleep(_pause(attempt))
        raise ExchangeFault(f"{method} {target.partition('?')[0]} got no answer: {last}")


def _named(raw: bytes) -> Blob:
    return Blob(hashlib.sha256(raw).hexdigest(), len(raw))


def _pause(failures: int) -> float:
    return min(8.0, 0.25 * 2.0**failures)


def _fault(status: int, raw: bytes) -> ExchangeFault:
    try:
        problem = msgspec.json.decode(raw, type=Problem)
    except msgspec.MsgspecError:
        return ExchangeFault(f"what answers {status} there is no delivery")
    detail = f" ({problem.detail[:200]})" if problem.detail else ""
    remedy = {
        "unsigned": ": this delivery belongs to another authority, is called by another name, "
        "or the clocks differ by over two minutes",
        "absent": ": this node does not carry the authority's routes, or knows no such campaign",
    }.get(problem.problem, "")
    return ExchangeFault(f"delivery refuses: {problem.problem}{detail}{remedy}", problem.problem)
