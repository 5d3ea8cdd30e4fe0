"""A seat's side of the protocol in Python: what a pupil's or a teacher's browser does.

Written from docs/protocol.md. Seals with the seat's own keys; holds one session.
"""

import base64
from dataclasses import dataclass

import msgspec
import urllib3

from ardoise.contract import booklet as booklets
from ardoise.contract import limits
from ardoise.contract import sheet as sheets
from ardoise.contract.booklet import Booklet
from ardoise.contract.problems import Problem
from ardoise.contract.sheet import Sheet
from ardoise.contract.sitting import (
    GroupState,
    LoggedIn,
    Login,
    OpenPart,
    PartOpened,
    Saved,
)
from ardoise.seal import derive, envelope
from ardoise.seal.derive import SeatKeys
from ardoise.seal.randomness import Source, system


class SeatRefusal(Exception):
    """Delivery answered with a `Problem`."""

    def __init__(self, status: int, problem: Problem) -> None:
        super().__init__(f"{status} {problem.problem}")
        self.status = status
        self.problem = problem


@dataclass(frozen=True)
class Stored:
    """A sheet as delivery holds it."""

    sheet: Sheet
    version: int
    seq: int


class SeatClient:
    """One seat at one delivery. Not for several threads at once."""

    def __init__(
        self,
        url: str,
        *,
        campaign: str,
        number: str,
        code: str,
        pool: urllib3.PoolManager | None = None,
        source: Source = system,
    ) -> None:
        """`code`: the 12 normalised characters. `pool`: share one among many seats."""
        self.url = url.rstrip("/")
        self.campaign = campaign
        self.number = number
        self.keys = SeatKeys.from_code(code=code, campaign=campaign, number=number)
        self.state: LoggedIn | None = None
        self._ticket: str | None = None
        """A place in the line of logins (docs/protocol.md §5)."""
        self._pool = pool or urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(30.0))
        self._source = source
        self._content_keys: dict[str, bytes] = {}
        self._group_key: bytes | None = None

    # -- requests --------------------------------------------------------------------------

    def request(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        media_type: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> urllib3.BaseHTTPResponse:
        """A request with this seat's session. Raises SeatRefusal, urllib3's HTTPError."""
        sent = dict(headers or {})
        if self.state is not None:
            sent["Authorization"] = f"Bearer {self.state.session}"
        if media_type is not None:
            sent["Content-Type"] = media_type
        answer = self._pool.request(
            method, self.url + path, body=body, headers=sent, redirect=False, retries=False
        )
        if answer.status >= 400:
            raise SeatRefusal(answer.status, msgspec.json.decode(answer.data, type=Problem))
        return answer

    def _post(self, path: str, value: msgspec.Struct) -> bytes:
        body = msgspec.json.encode(value)
        return self.request("POST", path, body=body, media_type="application/json").data

    def log_in(self) -> LoggedIn:
        """Log in; any earlier session of the seat is superseded."""
        token = base64.urlsafe_b64encode(self.keys.login_token()).rstrip(b"=").decode()
        self.state = None
        try:
            raw = self._post("/v1/login", Login(self.campaign, self.number, token, self._ticket))
        except SeatRefusal as refusal:
            self._ticket = refusal.problem.ticket or self._ticket
            raise
        self._ticket = None
        self.state = msgspec.json.decode(raw, type=LoggedIn)
        return self.state

    def refresh(self) -> LoggedIn:
        """How the seat stands now, same session."""
        raw = self.request("GET", "/v1/sitting").data
        self.state = msgspec.json.decode(raw, type=LoggedIn)
        return self.state

    def open_part(self, part: str) -> PartOpened:
        """Start a part's clock, or see how it stands; keeps its content key."""
        raw = self._post("/v1/open", OpenPart(part))
        opened = msgspec.json.decode(raw, type=PartOpened)
        context = envelope.wrap_context(campaign=self.campaign, number=self.number, part=part)
        self._content_keys[part] = envelope.unwrap(
            self.keys.wrap_key(part), context, opened.wrapped
        )
        return opened

    def booklet(self, opened: PartOpened) -> Booklet:
        """Fetch and open the booklet of a part that `open_part` opened."""
        part = opened.state.id
        sealed = self.request("GET", f"/v1/blobs/{opened.state.booklet}").data
        context = envelope.booklet_context(campaign=self.campaign, part=part)
        key = self._content_keys[part]
        return booklets.decode(envelope.unseal(key, context, sealed, limit=booklets.PLAIN_LIMIT))

    def asset(self, booklet: Booklet, asset: str) -> bytes:
        """Fetch and open a picture or sound of a booklet."""
        sealed = self.request("GET", f"/v1/blobs/{booklet.assets[asset].blob}").data
        context = envelope.asset_context(campaign=self.campaign, part=booklet.part, asset=asset)
        return envelope.unseal(self._content_keys[booklet.part], context, sealed, limit=limits.BLOB)

    def group(self) -> GroupState:
        """A teacher's seat: the pupils of its group."""
        return msgspec.json.decode(self.request("GET", "/v1/group").data, type=GroupState)

    # -- sheets ----------------------------------------------------------------------------

    def sheet_key(self, part: str, number: str | None = None) -> bytes:
        """The key of the seat's own sheet, or of the one it keys for the pupil `number`."""
        if number is None:
            return self.keys.sheet_key(part)
        return derive.keyed_sheet_key(self._open_group_key(), number=number, part=part)

    def _open_group_key(self) -> bytes:
        if self._group_key is None:
            if self.state is None or self.state.group_key is None:
                raise ValueError("only a teacher's seat that has logged in holds a group key")
            context = envelope.group_context(
                campaign=self.campaign, number=self.number, group=self.state.group
            )
            self._group_key = envelope.unwrap(
                self.keys.group_wrap_key(), context, self.state.group_key
            )
        return self._group_key

    def seal(self, sheet: Sheet) -> bytes:
        """A sheet as it is sent. `sheet.writer` says which key."""
        keyed = sheet.number if sheet.writer == "teacher" else None
        context = envelope.sheet_context(
            campaign=self.campaign, number=sheet.number, part=sheet.part, version=sheet.version
        )
        payload = msgspec.json.encode(sheet)
        key = self.sheet_key(sheet.part, keyed)
        return envelope.seal(key, context, payload, source=self._source)

    def save(self, sheet: Sheet, *, base: int = 0) -> Saved:
        """Seal and save. `base`: the version this one went on from; 0: none was stored."""
        return self.put(self.seal(sheet), sheet, base=base)

    def put(self, sealed: bytes, sheet: Sheet, *, base: int = 0, stray: bool = False) -> Saved:
        """Save bytes that are sealed already, as a client does that tries again.

        `stray`: they are left over from an earlier session and may replace nothing.
        """
        headers = self._which(sheet.part, sheet.number if sheet.writer == "teacher" else None)
        headers["Ardoise-Version"] = str(sheet.version)
        headers["Ardoise-Base"] = str(base)
        if stray:
            headers["Ardoise-Stray"] = "1"
        answer = self.request(
            "PUT",
            "/v1/sheet",
            body=sealed,
            media_type="application/octet-stream",
            headers=headers,
        )
        return msgspec.json.decode(answer.data, type=Saved)

    def load(self, part: str, number: str | None = None) -> Stored | None:
        """The stored sheet (for a teacher: of the pupil `number`), opened; None if none is."""
        try:
            answer = self.request("GET", "/v1/sheet", headers=self._which(part, number))
        except SeatRefusal as refusal:
            if refusal.problem.problem == "absent":
                return None
            raise
        version = int(answer.headers["Ardoise-Version"])
        context = envelope.sheet_context(
            campaign=self.campaign, number=number or self.number, part=part, version=version
        )
        payload = envelope.unseal(
            self.sheet_key(part, number), context, answer.data, limit=sheets.PLAIN_LIMIT
        )
        return Stored(sheets.decode(payload), version, int(answer.headers["Ardoise-Seq"]))

    @staticmethod
    def _which(part: str, number: str | None) -> dict[str, str]:
        headers = {"Ardoise-Part": part}
        if number is not None:
            headers["Ardoise-Number"] = number
        return headers
