"""A pupil's identity and working time, each sealed in one field, bound to its row."""

from datetime import date

import msgspec
from msgspec import Struct

from ardoise.authority.keyring import CampaignKey

_WIDTH = 256
"""Bytes: identities are padded to multiples of it, or a name would be known by its length."""


class Identity(Struct, frozen=True, forbid_unknown_fields=True):
    """What the roll says of a pupil, and all that is kept of it."""

    family_name: str
    first_name: str
    birth_date: date
    usual_name: str = ""
    sex: str = ""
    """'M', 'F' or nothing."""
    ine: str = ""

    @property
    def shown(self) -> str:
        """NOM Prénom, as French lists have it; the usual name where there is one."""
        return f"{(self.usual_name or self.family_name).upper()} {self.first_name}"


class Traits(Struct, frozen=True):
    """What a release may say of a pupil. Opening it makes no name: unknown fields are skipped."""

    birth_date: date
    sex: str = ""


def seal_identity(key: CampaignKey, pupil_id: str, identity: Identity) -> bytes:
    """For Pupil.identity."""
    plain = msgspec.json.encode(identity)
    padded = plain + b" " * (-len(plain) % _WIDTH)
    return key.seal("registry_pupil", pupil_id, "identity", padded)


def seal_time(key: CampaignKey, pupil_id: str, percent: int) -> bytes:
    """For Pupil.working_time: 1 to 65,535 per cent, always of one length. Raises OverflowError."""
    return key.seal("registry_pupil", pupil_id, "working_time", percent.to_bytes(2, "big"))


def open_time(key: CampaignKey, pupil_id: str, sealed: bytes) -> int:
    """Raises SealError if it was moved or changed."""
    return int.from_bytes(key.unseal("registry_pupil", pupil_id, "working_time", sealed), "big")


def open_identity(key: CampaignKey, pupil_id: str, sealed: bytes) -> Identity:
    """Raises SealError if it was moved or changed."""
    plain = key.unseal("registry_pupil", pupil_id, "identity", sealed)
    return msgspec.json.decode(plain, type=Identity)


def open_traits(key: CampaignKey, pupil_id: str, sealed: bytes) -> Traits:
    """The sealed identity's sex and birth date alone. Raises SealError."""
    plain = key.unseal("registry_pupil", pupil_id, "identity", sealed)
    return msgspec.json.decode(plain, type=Traits)
