"""Requests and answers as routes see them, and the heads of answers as bytes."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

import msgspec

from ardoise.contract.problems import STATUS, Problem
from ardoise.delivery.store import Refused

if TYPE_CHECKING:
    from ardoise.delivery.app import Route
    from ardoise.delivery.sessions import Session

JSON = "application/json"
BYTES = "application/octet-stream"

_T = TypeVar("_T")


class Request:
    """One request: its head from the beginning, its body once all of it is there.

    `headers`: by name in lower case, as bytes; of what came twice and may, the last.
    """

    __slots__ = (
        "body", "headers", "last", "method", "now_ms", "old", "refusal", "route", "session",
        "size", "token", "url",
    )  # fmt: skip

    route: "Route"
    session: "Session"
    token: bytes

    def __init__(self, method: bytes, url: bytes, headers: dict[bytes, bytes]) -> None:
        self.method = method
        self.url = url
        """Path and query as sent."""
        self.headers = headers
        self.body = b""
        self.now_ms = 0
        self.size = 0
        """Bytes of the body that are counted against the server's bound."""
        self.last = False
        """The connection ends with the answer."""
        self.old = False
        """HTTP/1.0."""
        self.refusal: Refused | None = None

    @property
    def path(self) -> str:
        """Without the query."""
        return self.url.partition(b"?")[0].decode("latin-1")

    @property
    def query(self) -> str:
        """What follows the question mark."""
        return self.url.partition(b"?")[2].decode("latin-1")

    def header(self, name: bytes) -> str | None:
        """A header's value, by its name in lower case."""
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1")

    def want(self, media_type: str) -> None:
        """Raises Refused `malformed` for another Content-Type."""
        given = self.header(b"content-type") or ""
        if given != media_type and given.split(";", 1)[0].strip().lower() != media_type:
            raise Refused("malformed", f"the content type has to be {media_type}")

    def json(self, decoder: "msgspec.json.Decoder[_T]") -> _T:
        """The body as a contract type. Raises Refused `malformed`."""
        self.want(JSON)
        try:
            return decoder.decode(self.body)
        # UnicodeDecodeError is a ValueError; RecursionError: brackets nested thousands deep.
        except (msgspec.MsgspecError, ValueError, RecursionError) as fault:
            # What msgspec says names fields and types of the contract, never a value.
            raise Refused("malformed", str(fault)[:200]) from None


@dataclass(slots=True)
class Answer:
    """One answer. Without a body: 204 and 304."""

    status: int = 200
    body: bytes | None = b""
    media_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    cache: str = "no-store"
    pieces: AsyncIterator[bytes] | None = None
    """Sent one after the other instead of `body`."""


def head(answer: Answer, security: bytes) -> bytes:
    """Status line and headers, but for those that the connection adds, and no empty line."""
    lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
    if answer.body is not None:
        lines.append(f"content-type: {answer.media_type}")
    lines.append(f"cache-control: {answer.cache}")
    lines += (f"{name}: {value}" for name, value in answer.headers.items())
    return "\r\n".join(lines).encode("latin-1") + b"\r\n" + security


def decimal(text: str | bytes | None, name: str, *, default: int | None = None) -> int:
    """A bounded decimal number. Raises Refused `malformed`."""
    if text is None and default is not None:
        return default
    if text is None or not (text.isascii() and text.isdigit()) or len(text) > 16:
        raise Refused("malformed", f"{name} has to be a decimal number")
    return int(text)


def json_answer(value: msgspec.Struct) -> Answer:
    """200 with a contract type."""
    return Answer(body=msgspec.json.encode(value))


def problem_answer(problem: Problem) -> Answer:
    """A refusal with its status."""
    headers: dict[str, str] = {}
    if problem.retry_ms is not None:
        headers["retry-after"] = str(-(-problem.retry_ms // 1000))
    if problem.problem in ("no-session", "unknown-seat"):
        headers["www-authenticate"] = "Bearer"
    return Answer(STATUS[problem.problem], msgspec.json.encode(problem), headers=headers)
