"""The authority's requests (docs/protocol.md §6): each one signed, and taken once."""

import base64
import binascii
import hashlib
import re
from collections.abc import AsyncIterator
from urllib.parse import parse_qsl

import msgspec

from ardoise.contract import limits, returns
from ardoise.contract.kit import KitInstalled, KitUpload, Manifest
from ardoise.contract.orders import Order, OrderDone
from ardoise.delivery.journal import note
from ardoise.delivery.metrics import Metrics
from ardoise.delivery.store import Piece, Refused, Store
from ardoise.delivery.web import BYTES, Answer, Request, decimal, json_answer
from ardoise.seal import signing
from ardoise.seal.signing import RequestSignature, SignatureError

KIT = "/v1/kit/"
_ORDER: "msgspec.json.Decoder[Order]" = msgspec.json.Decoder(Order)
_UPLOAD = msgspec.json.Decoder(KitUpload)
_MANIFEST = msgspec.json.Decoder(Manifest)
_DIGEST = re.compile(r"[0-9a-f]{64}")
_NONCE = re.compile(r"[0-9a-f]{16}")
_CAMPAIGN = re.compile(r"[a-z0-9][a-z0-9-]{1,38}[a-z0-9]")


class Exchange:
    """What the authority may ask. Also called by the command line, for kits that come as files."""

    def __init__(
        self, store: Store, authority: bytes, metrics: Metrics, names: tuple[str, ...] = ()
    ) -> None:
        self._names = names
        self._store = store
        self._authority = authority
        self._metrics = metrics

    def check(self, request: Request) -> None:
        """Before the body is read: the authority signed this, now, for this server.

        Raises Refused `unsigned`.
        """
        claimed = _claims(request)
        audience = (request.header(b"host") or "").lower()
        # Who replays a rehearsal's request here can write any Host, but not one of our names.
        if self._names and audience not in self._names:
            raise Refused("unsigned", "the request is meant for another server: see --name")
        try:
            signing.verify_request(
                self._authority,
                claimed,
                audience=audience,
                method=request.method.decode(),
                target=request.url.decode("latin-1"),
                now_ms=request.now_ms,
            )
        except SignatureError as fault:
            raise Refused("unsigned", str(fault)) from None

    async def admit(self, request: Request) -> None:
        """Raises Refused `unsigned` unless the body is the one signed, and the nonce is new."""
        claimed = _claims(request)
        try:
            signing.verify_body(claimed, request.body)
        except SignatureError as fault:
            raise Refused("unsigned", str(fault)) from None
        await self._store.spend_nonce(claimed.nonce, claimed.moment_ms, request.now_ms)

    async def put_bytes(self, request: Request) -> Answer:
        """PUT /v1/kit/<sha256>."""
        await self.admit(request)
        request.want(BYTES)
        sha256 = request.path.removeprefix(KIT)
        if not _DIGEST.fullmatch(sha256):
            raise Refused("malformed", "the path has to end with a SHA-256")
        await self.take_bytes(sha256, request.body, request.now_ms)
        return Answer(204, None)

    async def take_bytes(self, sha256: str, body: bytes, now_ms: int) -> None:
        """Keep bytes that hash to their name."""
        if not body or hashlib.sha256(body).hexdigest() != sha256:
            raise Refused("malformed", "the bytes do not have the SHA-256 in the path")
        await self._store.put_bytes(sha256, body, now_ms)

    async def post_kit(self, request: Request) -> Answer:
        """POST /v1/kit."""
        await self.admit(request)
        upload = request.json(_UPLOAD)
        return json_answer(await self.install(upload.manifest, upload.signature))

    async def install(self, raw: bytes, signature: bytes) -> KitInstalled:
        """Install a manifest after checking the authority's signature on it."""
        if len(raw) > limits.MANIFEST:
            raise Refused("too-large", "the manifest is larger than 4 MiB")
        try:
            signing.verify_document(self._authority, "kit", raw, signature)
        except SignatureError as fault:
            raise Refused("unsigned", str(fault)) from None
        try:
            manifest = _MANIFEST.decode(raw)
        except (msgspec.MsgspecError, ValueError, RecursionError) as fault:
            raise Refused("malformed", str(fault)[:200]) from None
        done = await self._store.install(manifest, hashlib.sha256(raw).hexdigest())
        note("kit", campaign=done.campaign, serial=done.serial, seats=done.seats, blobs=done.blobs)
        return done

    async def post_order(self, request: Request) -> Answer:
        """POST /v1/orders."""
        await self.admit(request)
        order = request.json(_ORDER)
        sha256 = hashlib.sha256(request.body).hexdigest()
        return json_answer(await self.carry_out(order, sha256, request.now_ms))

    async def carry_out(self, order: Order, sha256: str, now_ms: int) -> OrderDone:
        """Carry out an order that was checked."""
        done = await self._store.order(order, sha256, now_ms)
        note("order", campaign=order.campaign, order=type(order).__name__, state=done.state)
        return done

    async def get_returns(self, request: Request) -> Answer:
        """GET /v1/returns."""
        await self.admit(request)
        query = _query(request, "campaign", "after", "limit")
        after = decimal(query.get("after"), "after", default=0)
        limit = decimal(query.get("limit"), "limit", default=limits.RETURNS_PAGE)
        if not 1 <= limit <= limits.RETURNS_PAGE:
            raise Refused("malformed", f"limit is between 1 and {limits.RETURNS_PAGE}")
        pieces = await self._store.returns(query["campaign"], after, limit)
        return Answer(media_type=returns.MEDIA_TYPE, pieces=self._counted(pieces))

    async def _counted(self, pieces: AsyncIterator[Piece]) -> AsyncIterator[bytes]:
        async for piece in pieces:
            self._metrics.returned.inc(piece.records)
            yield piece.frames

    async def get_status(self, request: Request) -> Answer:
        """GET /v1/status."""
        await self.admit(request)
        query = _query(request, "campaign")
        return json_answer(await self._store.status(query["campaign"], request.now_ms))


def _claims(request: Request) -> RequestSignature:
    """The four headers. Raises Refused `unsigned`."""
    moment, nonce, digest, text = (
        request.header(name.encode()) or ""
        for name in (
            signing.MOMENT_HEADER,
            signing.NONCE_HEADER,
            signing.DIGEST_HEADER,
            signing.SIGNATURE_HEADER,
        )
    )
    try:
        signature = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Refused("unsigned") from None
    if not (
        moment.isascii()
        and moment.isdigit()
        and len(moment) <= 16
        and _NONCE.fullmatch(nonce)
        and _DIGEST.fullmatch(digest)
        and len(signature) == 64
    ):
        raise Refused("unsigned")
    return RequestSignature(int(moment), nonce, digest, signature)


def _query(request: Request, *names: str) -> dict[str, str]:
    """The query's fields, each at most once and named. Raises Refused `malformed`."""
    try:
        pairs = parse_qsl(request.query, strict_parsing=True, max_num_fields=len(names))
    except ValueError:
        raise Refused("malformed", "the query cannot be read") from None
    query = dict(pairs)
    if len(query) != len(pairs) or query.keys() - set(names):
        raise Refused("malformed", f"the query may hold {', '.join(names)}, each once")
    if not _CAMPAIGN.fullmatch(query.get("campaign", "")):
        raise Refused("malformed", "the query has to name a campaign")
    return query
