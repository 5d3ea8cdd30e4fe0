"""What is played: who, how many, how often. Times are of real life; `pace` plays them faster."""

from typing import Literal

import msgspec
from msgspec import Struct

Actor = Literal["pupil", "teacher", "pacer", "knocker"]
SAVES_A_SECOND = 2.0
"""What delivery lets one pupil's seat save in the long run (delivery's throttles)."""
MINUTES_LIMIT = 24 * 60.0
PUPILS_LIMIT = 1_000_000
RATE_LIMIT = 200_000.0


class ProfileFault(ValueError):
    """Options that make no rehearsal; the message says why."""


class Profile(Struct, frozen=True):
    """One way to load a delivery. Durations in seconds unless said."""

    name: str
    actor: Actor
    about: str
    pupils: int = 1_000
    """Pupils' seats. A teacher keys a class of 25 of them."""
    connections: int = 0
    """Pacers and knockers: how many are open; 0: as many as pupils."""
    rate: float = 0.0
    """Pacers: saves, knockers: logins a second, of all together."""
    minutes: float = 10.0
    """From the first login to the last answer."""
    arrive_s: float = 120.0
    """The crowd at minute zero: dense at once, thin at the end."""
    end_s: float = 30.0
    """The crowd at the end: last answers lie within."""
    every_s: float = 20.0
    """Between two answers of one pupil, on average."""
    most_kib: int = 2
    """A sheet's size at the end."""
    reconnects: float = 0.0
    """Share of pupils whose connection breaks once."""
    reloads: float = 0.0
    """Share who reload the page, and log in again."""
    takeovers: float = 0.0
    """Share who go on at another device while the first still writes."""
    offline: float = 0.0
    """Share who lose the network for `offline_s`, and catch up."""
    offline_s: float = 180.0
    late: float = 0.0
    """Share whose last sheet comes after the window was closed."""
    handshakes: bool = False
    """Knockers: a new connection for each login."""

    def paced(self, pace: float) -> "Profile":
        """The same people in 1/pace of the time: think times, crowds and pauses shrink."""
        return msgspec.structs.replace(
            self,
            minutes=self.minutes / pace,
            arrive_s=self.arrive_s / pace,
            end_s=self.end_s / pace,
            every_s=self.every_s / pace,
            offline_s=self.offline_s / pace,
        )

    def check(self) -> None:
        """Raises ProfileFault."""
        if not 1 <= self.pupils <= PUPILS_LIMIT:
            raise ProfileFault(f"between 1 and {PUPILS_LIMIT:,} pupils")
        if not 0 < self.minutes <= MINUTES_LIMIT:
            raise ProfileFault(f"more than 0 and at most {MINUTES_LIMIT:,.0f} minutes")
        if self.actor in ("pacer", "knocker") and not 0 < self.rate <= RATE_LIMIT:
            raise ProfileFault(f"--rate is more than 0 and at most {RATE_LIMIT:,.0f} a second")
        if self.connections > self.pupils:
            raise ProfileFault("no more --connections than --pupils: each has a seat of its own")
        if self.actor == "pacer" and self.rate > self.most_rate:
            least = int(-(-self.rate // SAVES_A_SECOND))
            raise ProfileFault(
                f"delivery lets a seat save {SAVES_A_SECOND:g} times a second: "
                f"{self.rate:g} saves a second need {least} --connections at least"
            )
        if self.actor == "pupil" and self.every_s < 1 / SAVES_A_SECOND:
            raise ProfileFault(
                f"at this pace a pupil answers every {self.every_s:.2f} s, and delivery holds "
                f"more than {SAVES_A_SECOND:g} a second back: choose a smaller --pace"
            )

    @property
    def open_connections(self) -> int:
        """At most at once."""
        if self.actor == "teacher":
            return -(-self.pupils // 25)
        extra = 1 + (self.takeovers if self.actor == "pupil" else 0)
        return int((self.connections or self.pupils) * extra)

    @property
    def most_rate(self) -> float:
        """Saves a second that delivery's throttles let these connections make."""
        return (self.connections or self.pupils) * SAVES_A_SECOND

    def requests(self) -> int:
        """About how many requests a run makes."""
        seconds = self.minutes * 60
        if self.actor in ("pacer", "knocker"):
            setup = 3 * (self.connections or self.pupils) if self.actor == "pacer" else 0
            return int(self.rate * seconds) + setup
        return int(self.pupils * (7 + seconds / self.every_s))


PROFILES = {
    profile.name: profile
    for profile in (
        Profile(
            "sixth-grade",
            "pupil",
            "a year group at once: logins within two minutes, an answer every 20 s, broken "
            "lines, reloads, second devices, some offline for minutes, and a crowd at the end",
            pupils=50_000,
            minutes=50.0,
            reconnects=0.05,
            reloads=0.03,
            takeovers=0.01,
            offline=0.02,
            late=0.002,
        ),
        Profile(
            "keying",
            "teacher",
            "teachers key paper booklets: each opens a class of 25 and saves at every line",
            pupils=25_000,
            minutes=60.0,
            arrive_s=600.0,
            every_s=6.0,
            most_kib=1,
            reloads=0.05,
            reconnects=0.05,
        ),
        Profile(
            "paced",
            "pacer",
            "saves at one constant rate on constant connections, each on a timer of its own",
            pupils=5_000,
            rate=10_000.0,
            minutes=1.0,
            arrive_s=10.0,
            most_kib=1,
        ),
        Profile(
            "idle",
            "pacer",
            "many connections stay open, and few of them save",
            pupils=50_000,
            rate=100.0,
            minutes=2.0,
            arrive_s=60.0,
            most_kib=1,
        ),
        Profile(
            "logins",
            "knocker",
            "logins alone, at a constant rate; --handshakes: each on a connection of its own",
            pupils=50_000,
            connections=500,
            rate=1_000.0,
            minutes=1.0,
        ),
    )
}
