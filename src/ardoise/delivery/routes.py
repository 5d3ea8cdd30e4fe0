"""A seat's requests (docs/protocol.md §5)."""

import asyncio
import base64
import hashlib
import re

import msgspec

from ardoise.contract import limits
from ardoise.contract.sitting import Login, OpenPart, Saved
from ardoise.contract.words import Digest, OrderNumber, PartId, Role
from ardoise.delivery import sessions
from ardoise.delivery.admission import Admission, Place
from ardoise.delivery.metrics import Metrics
from ardoise.delivery.sessions import NoSession, Session
from ardoise.delivery.store import Refused, SaveRequest, Store
from ardoise.delivery.throttles import Throttles
from ardoise.delivery.web import BYTES, Answer, Request, decimal, json_answer

SAVE_COST = 1.0
READ_COST = 0.25
"""A teacher who comes back loads a whole class."""
BLOBS = "/v1/blobs/"
VERSION_LIMIT = 1 << 40
PARTS_KNOWN = 1_000

_LOGIN = msgspec.json.Decoder(Login)
_OPEN = msgspec.json.Decoder(OpenPart)


def _pattern(word: object) -> re.Pattern[str]:
    """The form of an identifier, from the contract."""
    meta = next(m for m in getattr(word, "__metadata__", ()) if m.pattern)
    return re.compile(meta.pattern)


_PART, _NUMBER, _DIGEST = _pattern(PartId), _pattern(OrderNumber), _pattern(Digest)


class SeatRoutes:
    """Each method answers one route or raises Refused."""

    def __init__(
        self,
        store: Store,
        session_key: bytes,
        throttles: Throttles,
        admission: Admission,
        metrics: Metrics,
    ) -> None:
        self._store = store
        self._key = session_key
        self._throttles = throttles
        self._admission = admission
        self._metrics = metrics
        self._parts: dict[bytes, str] = {}

    async def campaigns(self, _request: Request) -> Answer:
        """GET /v1/campaigns."""
        return json_answer(await self._store.campaigns())

    async def log_in(self, request: Request) -> Answer:
        """POST /v1/login, when its turn comes."""
        login = request.json(_LOGIN)
        digest = hashlib.sha256(base64.urlsafe_b64decode(login.token + "=")).digest()
        place = self._admission.known(login.campaign, login.number, login.ticket)
        if place is not None:
            await self._admission.turn(place)
            return await self._enter(login, digest, place)
        seat = f"{login.campaign}/{login.number}"
        if not self._admission.near():
            # Who does not know the code never gets a place, and who does has tried nothing yet.
            self._throttles.login(seat, request.now_ms)
            self._admission.checks += 1
            try:
                await self._store.check_login(login.campaign, login.number, digest)
            finally:
                self._admission.checks -= 1
            self._throttles.login_succeeded(seat)
        place = self._admission.join(login.campaign, login.number)
        await self._admission.turn(place)
        try:
            return await self._enter(login, digest, place)
        except Refused as refusal:
            if refusal.kind in ("unknown-seat", "slow-down"):
                self._admission.give_back(place)
            raise

    async def _enter(self, login: Login, digest: bytes, place: Place) -> Answer:
        """A login whose turn has come."""
        seat = f"{login.campaign}/{login.number}"
        # A turn may have been waited for: the time of the request is over.
        now_ms = self._admission.clock()
        self._throttles.login(seat, now_ms)
        self._throttles.entering(seat, now_ms)

        def issue(role: Role, epoch: int) -> str:
            return sessions.issue(self._key, Session(login.campaign, login.number, epoch, role))

        since = self._admission.ticks()
        self._admission.logins.begun(since)
        try:
            answer = await self._store.log_in(login.campaign, login.number, digest, now_ms, issue)
        except Refused:
            self._throttles.not_entered(seat)
            raise
        finally:
            self._admission.logins.ended(since, self._admission.ticks())
        self._admission.entered(place)
        self._throttles.login_succeeded(seat)
        self._metrics.logins.inc()
        self._metrics.login_seconds.observe(
            max(0.0, self._admission.clock() / 1000 - place.arrived_us / 1e6)
        )
        return json_answer(answer)

    async def sitting(self, request: Request) -> Answer:
        """GET /v1/sitting."""
        answer = await self._store.sitting(request.session, request.token.decode(), request.now_ms)
        return json_answer(answer)

    async def open_part(self, request: Request) -> Answer:
        """POST /v1/open."""
        part = request.json(_OPEN).part
        return json_answer(await self._store.open_part(request.session, part, request.now_ms))

    def save(self, request: Request) -> "asyncio.Future[Saved]":
        """PUT /v1/sheet, as far as it goes without the store."""
        headers = request.headers
        if headers.get(b"content-type") != b"application/octet-stream":
            request.want(BYTES)
        number, part = self._which(request)
        version = decimal(headers.get(b"ardoise-version"), "Ardoise-Version")
        base = decimal(headers.get(b"ardoise-base"), "Ardoise-Base", default=0)
        if not (1 <= version <= VERSION_LIMIT and base <= VERSION_LIMIT):
            raise Refused("malformed", "a version begins with 1")
        stray = headers.get(b"ardoise-stray")
        if stray not in (None, b"1"):
            raise Refused("malformed", "Ardoise-Stray is 1 or not there")
        if not limits.is_sealed_length(len(request.body), limits.SHEET):
            raise Refused("malformed", "the body does not have the length of a sealed sheet")
        return self._store.save(
            SaveRequest(
                request.session, number, part, version, base, request.body, request.now_ms,
                stray is not None,
            )
        )  # fmt: skip

    async def sheet(self, request: Request) -> Answer:
        """GET /v1/sheet."""
        number, part = self._which(request)
        found = await self._store.sheet(request.session, number, part)
        headers = {"ardoise-version": str(found.version), "ardoise-seq": str(found.seq)}
        return Answer(body=found.body, media_type=BYTES, headers=headers)

    async def group(self, request: Request) -> Answer:
        """GET /v1/group."""
        return json_answer(await self._store.group(request.session, request.now_ms))

    async def blob(self, request: Request) -> Answer:
        """GET /v1/blobs/<sha256>."""
        sha256 = request.path.removeprefix(BLOBS)
        if not _DIGEST.fullmatch(sha256):
            raise Refused("absent")
        etag = f'"{sha256[:32]}"'
        cache = "public, max-age=31536000, immutable"
        body = await self._store.blob(sha256)
        same = request.header(b"if-none-match") == etag
        return Answer(
            304 if same else 200,
            None if same else body,
            media_type=BYTES,
            headers={"etag": etag},
            cache=cache,
        )

    def saving(self, request: Request) -> None:
        """Before the body of a save is read. Raises Refused."""
        self._session(request, SAVE_COST)

    def reading(self, request: Request) -> None:
        """Before anything else a seat may ask. Raises Refused."""
        self._session(request, READ_COST)

    def _session(self, request: Request, cost: float) -> None:
        """The session of a request, counted against its seat's rate."""
        given = request.headers.get(b"authorization", b"")
        if given[:7].lower() != b"bearer ":
            raise Refused("no-session")
        request.token = given[7:].strip()
        try:
            session = request.session = sessions.verify(self._key, request.token)
        except NoSession:
            raise Refused("no-session") from None
        self._throttles.request(session.seat, session.role, cost, request.now_ms)

    def _which(self, request: Request) -> tuple[str, str]:
        """Number and part of the sheet that is meant."""
        headers = request.headers
        raw = headers.get(b"ardoise-part", b"")
        part = self._parts.get(raw) or self._part(raw)
        number = headers.get(b"ardoise-number")
        if number is None:
            if request.session.role == "teacher":
                raise Refused("malformed", "Ardoise-Number has to name a pupil's seat")
            return request.session.number, part
        if not _NUMBER.fullmatch(number.decode("latin-1")):
            raise Refused("malformed", "Ardoise-Number has to have nine digits")
        return number.decode(), part

    def _part(self, raw: bytes) -> str:
        """Looked at closely once."""
        part = raw.decode("latin-1")
        if not _PART.fullmatch(part):
            raise Refused("malformed", "Ardoise-Part has to name a part")
        if len(self._parts) < PARTS_KNOWN:
            self._parts[raw] = part
        return part
