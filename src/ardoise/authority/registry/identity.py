"""A pupil's identity, sealed in one field, bound to its row."""

from datetime import date

import msgspec
from msgspec import Struct

from ardoise.authority.keyring import CampaignKey


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


def seal_identity(key: CampaignKey, pupil_id: str, identity: Identity) -> bytes:
    """For Pupil.identity."""
    return key.seal("registry_pupil", pupil_id, "identity", msgspec.json.encode(identity))


def open_identity(key: CampaignKey, pupil_id: str, sealed: bytes) -> Identity:
    """Raises SealError if it was moved or changed."""
    plain = key.unseal("registry_pupil", pupil_id, "identity", sealed)
    return msgspec.json.decode(plain, type=Identity)
