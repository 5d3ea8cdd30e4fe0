"""A seat's root: what PBKDF2 makes of its code, sealed under the campaign's key like the code.

Runs in worker processes: values in, values out, no models.
"""

from collections.abc import Sequence

from ardoise.authority.keyring import CampaignKey
from ardoise.seal.derive import SeatKeys

TABLE = "enrolment_seat"
Coded = tuple[str, str, bytes]
"""A seat's identifier, its order number and its sealed code."""


def open_code(key: CampaignKey, number: str, code: bytes) -> str:
    """The twelve characters. Raises SealError."""
    return key.unseal(TABLE, number, "code", code).decode("ascii")


def seal_root(key: CampaignKey, number: str, root: bytes) -> bytes:
    """For Seat.root."""
    return key.seal(TABLE, number, "root", root)


def seat_keys(
    key: CampaignKey, campaign_id: str, number: str, *, root: bytes, code: bytes
) -> SeatKeys:
    """From the sealed root; stretched once more from the sealed code where there is no root.

    Raises SealError.
    """
    if root:
        return SeatKeys(key.unseal(TABLE, number, "root", root))
    plain = open_code(key, number, code)
    return SeatKeys.from_code(code=plain, campaign=campaign_id, number=number)


def stretched(shared: tuple[str, CampaignKey], seats: Sequence[Coded]) -> list[tuple[bytes, str]]:
    """Each seat's sealed root, and its identifier. Half a millisecond a seat. Raises SealError."""
    campaign_id, key = shared
    return [
        (
            seal_root(key, number, seat_keys(key, campaign_id, number, root=b"", code=code).root),
            identifier,
        )
        for identifier, number, code in seats
    ]
