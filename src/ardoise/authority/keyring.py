"""The authority's key file: the root key, and under it the signing key and each campaign's key.

A campaign's key is random and wrapped, never derived: taking its entry out of this file is final,
for the live database and for every backup of it. The file is replaced atomically, mode 0600.
"""

import base64
import contextlib
import fcntl
import hmac
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import msgspec

from ardoise.seal import randomness, signing
from ardoise.seal.derive import expand
from ardoise.seal.envelope import unwrap, wrap
from ardoise.seal.fields import joined

FORMAT = "ardoise-keyring/1"
FILE_NAME = "authority.key"


class KeyRingError(Exception):
    """A key file that is missing, readable by others, malformed or already there."""


class CampaignKeyDestroyed(Exception):
    """The campaign is closed: what was sealed under its key cannot be read by anyone any more."""


class _KeyFile(msgspec.Struct, forbid_unknown_fields=True):
    format: str
    root: bytes
    signing: bytes
    campaigns: dict[str, bytes]


@dataclass(frozen=True)
class CampaignKey:
    """Seals fields of rows, bound to (table, row, column), and makes blind indexes."""

    secret: bytes = field(repr=False)

    def seal(self, table: str, row: str, column: str, value: bytes) -> bytes:
        """AES-256-GCM; 28 bytes longer than the value."""
        return wrap(self._field, joined(table, row, column), value)

    def unseal(self, table: str, row: str, column: str, sealed: bytes) -> bytes:
        """Raises SealError for another place or a changed value."""
        return unwrap(self._field, joined(table, row, column), bytes(sealed))

    def index(self, purpose: str, value: str) -> bytes:
        """A keyed blind index (HMAC-SHA256): equal values meet, nothing else shows. 32 bytes."""
        key = self._indexes.get(purpose)
        if key is None:
            key = self._indexes[purpose] = expand(self.secret, "index", purpose)
        return hmac.digest(key, value.encode(), "sha256")

    @cached_property
    def _field(self) -> bytes:
        return expand(self.secret, "field")

    @cached_property
    def _indexes(self) -> dict[str, bytes]:
        return {}


class KeyRing:
    """Reads the file at each use, so that a destroyed key is gone for every process at once."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, path: Path, source: randomness.Source = randomness.system) -> "KeyRing":
        """A new key file. Raises KeyRingError if there is one."""
        if path.exists():
            raise KeyRingError(f"{path} exists: an authority's keys are made once")
        root = source(32)
        ring = cls(path)
        sealed = wrap(expand(root, "wrap"), joined("signing"), signing.new_key(source))
        ring._write(_KeyFile(FORMAT, root, sealed, {}))
        return ring

    def database_key(self) -> bytes:
        """Encrypts the whole database file."""
        return expand(self._read().root, "database")

    def web_secret(self) -> str:
        """Django's SECRET_KEY: signs sessions and form tokens."""
        return base64.b64encode(expand(self._read().root, "web")).decode()

    def signing_key(self) -> bytes:
        """The private key that signs kits, orders and certificates."""
        held = self._read()
        return unwrap(expand(held.root, "wrap"), joined("signing"), held.signing)

    def public_key(self) -> bytes:
        """Its public half: all that delivery is given."""
        return signing.public_half(self.signing_key())

    def add_campaign(
        self, campaign: str, source: randomness.Source = randomness.system
    ) -> CampaignKey:
        """Draw a campaign's key. Raises KeyRingError if it has one."""
        with self._locked():
            held = self._read()
            if campaign in held.campaigns:
                raise KeyRingError(f"campaign {campaign} has its key already")
            secret = source(32)
            held.campaigns[campaign] = wrap(
                expand(held.root, "wrap"), joined("campaign", campaign), secret
            )
            self._write(held)
        return CampaignKey(secret)

    def campaign_key(self, campaign: str) -> CampaignKey:
        """Raises CampaignKeyDestroyed if there is none (any more)."""
        held = self._read()
        wrapped = held.campaigns.get(campaign)
        if wrapped is None:
            raise CampaignKeyDestroyed(f"campaign {campaign} has no key: it was closed")
        context = joined("campaign", campaign)
        return CampaignKey(unwrap(expand(held.root, "wrap"), context, wrapped))

    def destroy_campaign(self, campaign: str) -> bool:
        """Take a campaign's key out of the file; False if there was none. Final.

        Called again after a crash it overwrites the copies that the crash left beside the file.
        """
        with self._locked():
            self._scrub_leftovers()
            held = self._read()
            if held.campaigns.pop(campaign, None) is None:
                return False
            self._write(held)
        return True

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        with self.path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _read(self) -> _KeyFile:
        try:
            if self.path.stat().st_mode & 0o077:
                raise KeyRingError(f"{self.path} can be read by others: chmod 600 {self.path}")
            held = msgspec.json.decode(self.path.read_bytes(), type=_KeyFile)
        except FileNotFoundError as fault:
            raise KeyRingError(
                f"no key file at {self.path}: run `ardoise authority init`"
            ) from fault
        except msgspec.MsgspecError as fault:
            raise KeyRingError(f"{self.path} is not a key file: restore it") from fault
        if held.format != FORMAT:
            raise KeyRingError(f"{self.path} is of format {held.format}, not {FORMAT}")
        return held

    def _write(self, held: _KeyFile) -> None:
        """Replace the file: overwrite nothing in place, leave no window without a file."""
        self._scrub_leftovers()
        fresh = self.path.with_suffix(".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(held))
            file.flush()
            os.fsync(file.fileno())
        outgoing = self._hold_outgoing()
        fresh.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        if outgoing is not None:
            _scrub(outgoing)

    def _hold_outgoing(self) -> Path | None:
        """A second name for the file that is about to be replaced, so it can be overwritten."""
        if not self.path.exists():
            return None
        outgoing = self.path.with_suffix(".old")
        os.link(self.path, outgoing)
        return outgoing

    def _scrub_leftovers(self) -> None:
        """Overwrite what a crash in `_write` left: every copy holds campaigns' keys.

        `.old` may still be a second name of the file in force: then only the name goes.
        """
        for suffix in (".new", ".old"):
            copy = self.path.with_suffix(suffix)
            if not copy.exists():
                continue
            if self.path.exists() and copy.samefile(self.path):
                copy.unlink()
            else:
                _scrub(copy)


def _scrub(path: Path) -> None:
    """Overwrite a file's bytes, then remove it.

    A journalling file system or a flash disk may keep copies all the same: keep the key file on an
    encrypted volume or a token.
    """
    with path.open("r+b") as file:
        size = path.stat().st_size
        file.write(bytes(size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
