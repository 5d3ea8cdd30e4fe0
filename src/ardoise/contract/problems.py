"""The few kinds of refusal that cross the wire. Strangers learn the kind, and little else."""

from typing import Literal

from msgspec import Struct

from ardoise.contract.words import Milliseconds, Ticket

Kind = Literal[
    "malformed",  # 400: not what the protocol says
    "unsigned",  # 401: an authority's request without a good signature
    "unknown-seat",  # 401: unknown number, wrong code, voided seat: cannot be told apart
    "no-session",  # 401: log in again
    "not-yours",  # 403: this seat may not do that
    "absent",  # 404
    "wrong-method",  # 405
    "superseded",  # 409: another device took over; what was sent is kept as a stray
    "conflict",  # 409: built on an outdated state; kept as a stray; load the stored sheet
    "older",  # 409: a kit older than the one installed
    "incomplete",  # 409: a manifest names bytes that were not sent
    "open",  # 409: not while the window is open
    "late",  # 410: after the deadline; kept as a stray
    "purged",  # 410: the campaign is gone
    "too-large",  # 413
    "waiting",  # 425: the window has not opened yet
    "slow-down",  # 429: wait `retry_ms`
    "queued",  # 429: a place in the line of logins; come back with `ticket` after `retry_ms`
    "busy",  # 503: wait `retry_ms`
    "fault",  # 500
]

STATUS: dict[Kind, int] = {
    "malformed": 400,
    "unsigned": 401,
    "unknown-seat": 401,
    "no-session": 401,
    "not-yours": 403,
    "absent": 404,
    "wrong-method": 405,
    "superseded": 409,
    "conflict": 409,
    "older": 409,
    "incomplete": 409,
    "open": 409,
    "late": 410,
    "purged": 410,
    "too-large": 413,
    "waiting": 425,
    "slow-down": 429,
    "queued": 429,
    "busy": 503,
    "fault": 500,
}


class Problem(Struct, frozen=True, forbid_unknown_fields=True):
    """The body of every answer that is not a success."""

    problem: Kind
    detail: str = ""
    """For whoever writes a client or operates; never personal, never a stranger's clue."""
    kept: bool = False
    """A refused sheet that is stored as a stray: the client may forget it."""
    retry_ms: int | None = None
    now_ms: Milliseconds | None = None
    ticket: Ticket | None = None
    """With `queued`: the place in the line, to be sent along with the next login."""
