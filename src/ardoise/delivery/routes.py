"""A seat's requests (docs/protocol.md §5)."""

import base64
import hashlib
import re

import msgspec

from ardoise.contract import limits
from ardoise.contract.sitting import Login, OpenPart
from ardoise.contract.words import Digest, OrderNumber, PartId, Role
from ardoise.delivery import sessions
from ardoise.delivery.metrics import Metrics
from ardoise.delivery.sessions import NoSession, Session
from ardoise.delivery.store import Refused, SaveRequest, Store
from ardoise.delivery.throttles import Throttles
from ardoise.delivery.web import BYTES, Answer, Request, json_answer

SAVE_COST = 1.0
READ_COST = 0.25
"""A teacher who comes back loads a whole class."""
BLOBS = "/v1/blobs/"
VERSION_LIMIT = 1 << 40

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
        self, store: Store, session_key: bytes, throttles: Throttles, metrics: Metrics
    ) -> None:
        self._store = store
        self._key = session_key
        self._throttles = throttles
        self._metrics = metrics

    async def campaigns(self, _request: Request) -> Answer:
        """GET /v1/campaigns."""
        return json_answer(await self._store.campaigns())

    async def log_in(self, request: Request) -> Answer:
        """POST /v1/login."""
        login = request.json(_LOGIN)
        seat = f"{login.campaign}/{login.number}"
        self._throttles.login(seat, request.now_ms)
        token = base64.urlsafe_b64decode(login.token + "=")

        def issue(role: Role, epoch: int) -> str:
            return sessions.issue(self._key, Session(login.campaign, login.number, epoch, role))

        digest = hashlib.sha256(token).digest()
        answer = await self._store.log_in(
            login.campaign, login.number, digest, request.now_ms, issue
        )
        self._throttles.login_succeeded(seat)
        self._metrics.logins.inc()
        return json_answer(answer)

    async def sitting(self, request: Request) -> Answer:
        """GET /v1/sitting."""
        session, token = self._session(request, READ_COST)
        return json_answer(await self._store.sitting(session, token, request.now_ms))

    async def open_part(self, request: Request) -> Answer:
        """POST /v1/open."""
        session, _ = self._session(request, READ_COST)
        part = request.json(_OPEN).part
        return json_answer(await self._store.open_part(session, part, request.now_ms))

    async def save(self, request: Request) -> Answer:
        """PUT /v1/sheet."""
        session, _ = self._session(request, SAVE_COST)
        request.want(BYTES)
        number, part = self._which(request, session)
        version = request.header_number("ardoise-version")
        base = request.header_number("ardoise-base", default=0)
        if not (1 <= version <= VERSION_LIMIT and base <= VERSION_LIMIT):
            raise Refused("malformed", "a version begins with 1")
        stray = request.headers.get("ardoise-stray")
        if stray not in (None, "1"):
            raise Refused("malformed", "Ardoise-Stray is 1 or not there")
        if not limits.is_sealed_length(len(request.body), limits.SHEET):
            raise Refused("malformed", "the body does not have the length of a sealed sheet")
        try:
            saved = await self._store.save(
                SaveRequest(
                    session, number, part, version, base, request.body, request.now_ms,
                    stray is not None,
                )
            )  # fmt: skip
        except Refused as refusal:
            if refusal.stray is not None:
                self._metrics.strays.labels(refusal.stray).inc()
            raise
        self._metrics.saves.inc()
        return json_answer(saved)

    async def sheet(self, request: Request) -> Answer:
        """GET /v1/sheet."""
        session, _ = self._session(request, READ_COST)
        number, part = self._which(request, session)
        found = await self._store.sheet(session, number, part)
        headers = {"ardoise-version": str(found.version), "ardoise-seq": str(found.seq)}
        return Answer(body=found.body, media_type=BYTES, headers=headers)

    async def group(self, request: Request) -> Answer:
        """GET /v1/group."""
        session, _ = self._session(request, READ_COST)
        return json_answer(await self._store.group(session, request.now_ms))

    async def blob(self, request: Request) -> Answer:
        """GET /v1/blobs/<sha256>."""
        sha256 = request.path.removeprefix(BLOBS)
        if not _DIGEST.fullmatch(sha256):
            raise Refused("absent")
        etag = f'"{sha256[:32]}"'
        cache = "public, max-age=31536000, immutable"
        body = await self._store.blob(sha256)
        if request.headers.get("if-none-match") == etag:
            return Answer(304, media_type=BYTES, headers={"etag": etag}, cache=cache)
        return Answer(body=body, media_type=BYTES, headers={"etag": etag}, cache=cache)

    def _session(self, request: Request, cost: float) -> tuple[Session, str]:
        """The session of a request, counted against its seat's rate."""
        scheme, _, token = (request.headers.get("authorization") or "").partition(" ")
        if scheme.lower() != "bearer":
            raise Refused("no-session")
        try:
            session = sessions.verify(self._key, token.strip())
        except NoSession:
            raise Refused("no-session") from None
        self._throttles.request(session.seat, session.role, cost, request.now_ms)
        return session, token.strip()

    def _which(self, request: Request, session: Session) -> tuple[str, str]:
        """Number and part of the sheet that is meant."""
        part = request.headers.get("ardoise-part") or ""
        number = request.headers.get("ardoise-number")
        if not _PART.fullmatch(part):
            raise Refused("malformed", "Ardoise-Part has to name a part")
        if number is None:
            if session.role == "teacher":
                raise Refused("malformed", "Ardoise-Number has to name a pupil's seat")
            return session.number, part
        if not _NUMBER.fullmatch(number):
            raise Refused("malformed", "Ardoise-Number has to have nine digits")
        return number, part
