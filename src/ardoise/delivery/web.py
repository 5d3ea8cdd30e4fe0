"""Requests and answers, free of any server: what routes take and give."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import msgspec

from ardoise.contract.problems import STATUS, Problem
from ardoise.delivery.store import Refused

JSON = "application/json"
BYTES = "application/octet-stream"

_T = TypeVar("_T")


class Headers(Protocol):
    """Names in lower case."""

    def get(self, key: str, /) -> str | None:
        """The value, or None."""


@dataclass(slots=True)
class Request:
    """One request, its body already read and bounded."""

    method: str
    path: str
    query: str
    headers: Headers
    body: bytes
    now_ms: int

    @property
    def target(self) -> str:
        """Path and query as sent."""
        return f"{self.path}?{self.query}" if self.query else self.path

    def header_number(self, name: str, *, default: int | None = None) -> int:
        """A decimal header. Raises Refused `malformed`."""
        return decimal(self.headers.get(name), name, default=default)

    def want(self, media_type: str) -> None:
        """Raises Refused `malformed` for another Content-Type."""
        given = (self.headers.get("content-type") or "").split(";", 1)[0].strip().lower()
        if given != media_type:
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
    """One answer."""

    status: int = 200
    body: bytes = b""
    media_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    cache: str = "no-store"
    pieces: AsyncIterator[bytes] | None = None
    """Sent one after the other instead of `body`."""


def decimal(text: str | None, name: str, *, default: int | None = None) -> int:
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
