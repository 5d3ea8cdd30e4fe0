"""The authority's signed calls, as the tests make them: one request each, no second try."""

import base64
from urllib.parse import urlencode, urlsplit

import msgspec
import urllib3

from ardoise.clock import system_milliseconds
from ardoise.contract.kit import CampaignStatus, KitInstalled, KitUpload
from ardoise.contract.orders import Order, OrderDone
from ardoise.contract.problems import Problem
from ardoise.contract.returns import End, Reader, Record
from ardoise.seal import signing
from tests.delivery.kits import Campaign


class AuthorityRefusal(Exception):
    """Delivery answered with a `Problem`."""

    def __init__(self, status: int, problem: Problem) -> None:
        super().__init__(f"{status} {problem.problem}: {problem.detail}")
        self.status = status
        self.problem = problem


class AuthorityCalls:
    """Signs with the given private key."""

    def __init__(self, url: str, signing_key: bytes) -> None:
        self.url = url
        self.signing_key = signing_key
        self.pool = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(120.0))

    def signed(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        *,
        moment_ms: int | None = None,
        audience: str = "",
    ) -> dict[str, str]:
        """Headers of a request."""
        moment_ms = system_milliseconds() if moment_ms is None else moment_ms
        signature = signing.sign_request(
            self.signing_key,
            audience=audience or urlsplit(self.url).netloc,
            method=method,
            target=target,
            body=body,
            moment_ms=moment_ms,
        )
        return signature.headers()

    def send(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        *,
        media_type: str = "application/json",
        headers: dict[str, str] | None = None,
    ) -> bytes:
        """The answer's body. Raises AuthorityRefusal."""
        sent = self.signed(method, target, body) if headers is None else dict(headers)
        if body:
            sent["Content-Type"] = media_type
        answer = self.pool.request(
            method, self.url + target, body=body or None, headers=sent, redirect=False
        )
        if answer.status >= 400:
            raise AuthorityRefusal(answer.status, msgspec.json.decode(answer.data, type=Problem))
        return answer.data

    def put(self, sha256: str, content: bytes) -> None:
        """Send a chunk or blob."""
        self.send("PUT", f"/v1/kit/{sha256}", content, media_type="application/octet-stream")

    def post_kit(self, campaign: Campaign) -> KitInstalled:
        """Send the manifest alone."""
        body = msgspec.json.encode(KitUpload(campaign.raw, campaign.signature))
        return msgspec.json.decode(self.send("POST", "/v1/kit", body), type=KitInstalled)

    def install(self, campaign: Campaign) -> KitInstalled:
        """Send everything."""
        for sha256, content in campaign.contents.items():
            self.put(sha256, content)
        return self.post_kit(campaign)

    def order(self, order: Order) -> OrderDone:
        """Send an order."""
        raw = self.send("POST", "/v1/orders", msgspec.json.encode(order))
        return msgspec.json.decode(raw, type=OrderDone)

    def status(self, campaign: str) -> CampaignStatus:
        """State, window and counts."""
        raw = self.send("GET", f"/v1/status?{urlencode({'campaign': campaign})}")
        return msgspec.json.decode(raw, type=CampaignStatus)

    def page(
        self, campaign: str, after: int = 0, limit: int = 5_000
    ) -> tuple[list[tuple[Record, bytes]], End]:
        """One page of returns."""
        query = urlencode({"campaign": campaign, "after": after, "limit": limit})
        reader = Reader()
        records = list(reader.feed(self.send("GET", f"/v1/returns?{query}")))
        return records, reader.finish()

    def returns(self, campaign: str, limit: int = 5_000) -> list[tuple[Record, bytes]]:
        """Every record, page by page."""
        found: list[tuple[Record, bytes]] = []
        after, more = 0, True
        while more:
            records, end = self.page(campaign, after, limit)
            found += records
            after, more = end.last, end.more
        return found


def public_text(signing_key: bytes) -> str:
    """The public half as `ardoise delivery init` takes it."""
    return base64.b64encode(signing.public_half(signing_key)).decode()
