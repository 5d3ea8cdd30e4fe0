"""Whom one may load, and what is said before. Loading what is not one's own is an attack.

This machine may always be loaded. Anything else must be named twice, word for word, and its
campaigns can be installed only with its own authority's signature: so nobody loads a stranger.
"""

from collections.abc import Sequence

from ardoise.bench.profiles import Profile
from ardoise.bench.wire import Target


class NotAllowed(Exception):
    """The address may not be loaded; the message says what would allow it."""


def want_consent(target: Target, allowed: Sequence[str]) -> None:
    """Raises NotAllowed."""
    if target.loopback:
        return
    if target.scheme != "https":
        raise NotAllowed(f"{target.url} is not this machine: only https is loaded elsewhere")
    if target.url not in allowed:
        raise NotAllowed(
            f"{target.url} is not this machine. If it is yours to load, and everyone who shares "
            f"machines and lines with it knows when, repeat it: --allow {target.url}"
        )


def announcement(
    targets: Sequence[Target], profile: Profile, campaign: str, generators: int
) -> list[str]:
    """What is going to happen, with its bounds, in sentences."""
    settle = " and two minutes more at most to settle"
    where = ", ".join(target.url for target in targets)
    rate = f" at {profile.rate:g} a second" if profile.rate else ""
    return [
        f"Rehearsal at {where}: {profile.name}, {profile.about}.",
        f"{profile.pupils:,} pupils' seats that nobody has, in a campaign {campaign} of its own; "
        "no other campaign is touched, but all of them share the machines that are loaded.",
        f"About {profile.requests():,} requests{rate} from {generators} process"
        f"{'es' if generators > 1 else ''}, {profile.open_connections:,} connections at most, "
        f"for {profile.minutes:g} minutes{settle}.",
        "Then the returns are compared with what was acknowledged, and the campaign is purged.",
    ]
