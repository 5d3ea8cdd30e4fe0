"""The rules of a sitting: windows, deadlines, what a save does, throttles. Values in, values out.

Times are milliseconds since the Unix epoch. The numbered steps are those of docs/protocol.md §5.
"""

from dataclasses import dataclass
from typing import Literal

from ardoise.contract.problems import Kind
from ardoise.contract.returns import StrayReason
from ardoise.contract.words import Role, Writer

STRAYS_OF_A_SESSION = 200
"""What a superseded device may fill, so that it takes no room from the one that took over."""
STRAYS_OF_A_SEAT = 1_000
STRAYS_RETRY_MS = 60_000
_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Window:
    """When a campaign takes sheets: from `opens_ms` up to, not including, `closes_ms`."""

    opens_ms: int
    closes_ms: int

    def state(self, now_ms: int) -> Literal["waiting", "open", "closed"]:
        """Where `now_ms` lies. A window closed before it opened is closed."""
        if now_ms >= self.closes_ms:
            return "closed"
        return "waiting" if now_ms < self.opens_ms else "open"


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a seat may work on a part."""

    writer: Writer
    minutes: int
    """As the kit says, before the seat's factor; 0: only the window limits."""
    grace_s: int
    time_percent: int = 100

    @property
    def seat_minutes(self) -> int:
        """With the seat's factor applied, rounded up to a whole minute."""
        return -(-self.minutes * self.time_percent // 100)

    def deadline_ms(self, window: Window, opened_ms: int | None, extra_ms: int) -> int | None:
        """End of the working time, grace not included; None for a part that is not opened."""
        if self.writer == "teacher":
            return window.closes_ms
        if opened_ms is None:
            return None
        if not self.minutes:
            return window.closes_ms
        return min(window.closes_ms, opened_ms + self.seat_minutes * _MINUTE_MS + extra_ms)


@dataclass(frozen=True, slots=True)
class Saver:
    """The seat behind a session, as it stands in the store."""

    seat: int
    role: Role
    epoch: int
    voided: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where a save wants to go: one part of one pupil's seat."""

    own: bool
    """The saver's own seat."""
    same_group: bool
    pupil: bool
    """The seat it belongs to is a pupil's."""
    opened_ms: int | None
    extra_ms: int


@dataclass(slots=True)  # One for each save: a frozen one takes four times as long to make.
class Stored:
    """The sheet that is stored there."""

    writer: int
    epoch: int
    version: int


@dataclass(slots=True)  # One for each save: a frozen one takes four times as long to make.
class Attempt:
    """What a client sent, and when the server had it."""

    epoch: int
    """Of its session."""
    version: int
    base: int
    now_ms: int
    stray: bool = False
    """Left over from an earlier session: it may not take a place."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a save.

    `refusal` is None for an acknowledgement. `keep`: store the new sheet as a stray. `put_aside`:
    store the sheet that is there as a stray (`replaced`). `store`: the new sheet takes the place.
    """

    refusal: Kind | None = None
    keep: StrayReason | None = None
    store: bool = False
    put_aside: bool = False


ACKNOWLEDGED = Verdict()
NOT_YOURS = Verdict(refusal="not-yours")


def judge(  # noqa: PLR0911, PLR0912 - one return for each of the protocol's steps
    attempt: Attempt,
    saver: Saver,
    place: Place,
    timing: Timing,
    window: Window,
    stored: Stored | None,
    *,
    same_bytes: bool,
) -> Verdict:
    """The verdict on a save. `same_bytes`: what was sent is, byte for byte, what is stored."""
    # What could never be this seat's sheet has no place to be kept in.
    if not _may_write(saver, place, timing):
        return NOT_YOURS
    # 1. A voided seat.
    if saver.voided:
        return Verdict(refusal="unknown-seat", keep="voided")
    # 2. Another device took over.
    if attempt.epoch != saver.epoch:
        return Verdict(refusal="superseded", keep="superseded")
    # 3. A pupil opens a part before it writes in it.
    if saver.role == "pupil" and place.opened_ms is None:
        return NOT_YOURS
    # What is stored already is acknowledged, however late it is sent again.
    if same_bytes:
        return ACKNOWLEDGED
    # 4. The window, and the seat's deadline with the part's grace.
    if attempt.now_ms < window.opens_ms and attempt.now_ms < window.closes_ms:
        return Verdict(refusal="waiting")
    deadline_ms = timing.deadline_ms(window, place.opened_ms, place.extra_ms)
    if deadline_ms is None or attempt.now_ms > deadline_ms + timing.grace_s * 1000:
        return Verdict(refusal="late", keep="late")
    # 5. What an earlier session left over never takes the place of what came since.
    if attempt.stray:
        return Verdict(refusal="conflict", keep="conflict")
    # 6. Nothing stored yet.
    if stored is None:
        return Verdict(store=True)
    # 7. The same device goes on.
    if (stored.writer, stored.epoch) == (saver.seat, saver.epoch):
        if attempt.version > stored.version:
            return Verdict(store=True)
        if attempt.version < stored.version:
            return ACKNOWLEDGED
        return Verdict(refusal="conflict", keep="conflict")
    # 8. Another seat or epoch: only what went on from the stored sheet takes its place.
    if attempt.base == stored.version and attempt.version > stored.version:
        return Verdict(store=True, put_aside=True)
    return Verdict(refusal="conflict", keep="conflict")


def _may_write(saver: Saver, place: Place, timing: Timing) -> bool:
    if saver.role == "pupil":
        return timing.writer == "pupil" and place.own
    return timing.writer == "teacher" and place.pupil and place.same_group


def has_room(verdict: Verdict, of_session: int, of_seat: int) -> bool:
    """Whether a verdict may add its stray: how many the session sent, how many the seat caused."""
    return of_seat < STRAYS_OF_A_SEAT and (verdict.keep is None or of_session < STRAYS_OF_A_SESSION)


def may_open(role: Role, writer: Writer) -> bool:
    """A part is opened by those who write in it."""
    return role == writer


def opening(window: Window, opened_ms: int | None, now_ms: int) -> Kind | None:
    """Why a part cannot be opened at `now_ms`; None if it can. What is open stays so."""
    if opened_ms is not None:
        return None
    state = window.state(now_ms)
    if state == "waiting":
        return "waiting"
    return "late" if state == "closed" else None


# -- throttles -------------------------------------------------------------------------------

FREE_ATTEMPTS = 5
FIRST_PAUSE_MS = 1_000
LONGEST_PAUSE_MS = 60_000
FORGOTTEN_MS = 15 * _MINUTE_MS


@dataclass(frozen=True, slots=True)
class Attempts:
    """Logins tried on one order number that did not succeed."""

    count: int = 0
    last_ms: int = 0


def login_wait_ms(attempts: Attempts, now_ms: int) -> int:
    """How long the next login on this number has to wait; 0: not at all."""
    if attempts.count < FREE_ATTEMPTS or now_ms - attempts.last_ms >= FORGOTTEN_MS:
        return 0
    # Past 2⁶ the pause has its longest; the bound keeps the power small.
    doublings = min(attempts.count - FREE_ATTEMPTS, 6)
    pause = min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS << doublings)
    return max(0, attempts.last_ms + pause - now_ms)


def login_tried(attempts: Attempts, now_ms: int) -> Attempts:
    """After one more login that was let through."""
    forgotten = now_ms - attempts.last_ms >= FORGOTTEN_MS
    return Attempts(1 if forgotten else attempts.count + 1, now_ms)


@dataclass(frozen=True, slots=True)
class Rate:
    """An allowance: one request each `every_ms`, and as many at once as fill `burst_ms`."""

    every_ms: float
    burst_ms: float


RATES: dict[Role, Rate] = {"pupil": Rate(500.0, 10_000.0), "teacher": Rate(200.0, 16_000.0)}


def take(full_ms: float, rate: Rate, cost: float, now_ms: int) -> tuple[float, int]:
    """One request against a seat's allowance (GCRA, ITU-T I.371: a bucket kept as one number).

    `full_ms` is when the allowance will be whole again, 0 if it never was used; that moment comes
    back, with 0 or the milliseconds to wait (then nothing was taken). A clock that was set back
    costs nobody more than a whole allowance.
    """
    most_ms = now_ms + rate.burst_ms
    later_ms = min(max(full_ms, now_ms), most_ms) + cost * rate.every_ms
    if later_ms > most_ms:
        return full_ms, int(later_ms - most_ms) + 1
    return later_ms, 0
