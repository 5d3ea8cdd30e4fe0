"""What is kept of a release under the campaign's key: its record, its bytes, its seed."""

import hashlib
import zlib

import msgspec
from msgspec import Struct

from ardoise.authority.keyring import CampaignKey
from ardoise.authority.release.models import Release, SealedRelease
from ardoise.disclosure.release.record import Record
from ardoise.disclosure.release.run import Publication


class BundleChanged(Exception):
    """What is kept is not what was judged."""


class Bundle(Struct, frozen=True, forbid_unknown_fields=True):
    """Noise cannot be drawn twice, so bytes are kept, not made again."""

    record: Record
    seed: bytes
    """Of sampling and shuffling: whoever has the rows can make the files of persons again."""
    published: tuple[Publication, ...]
    costs: tuple[tuple[str, str], ...]
    """Purpose → ε, as a decimal's text."""
    files: dict[str, bytes]


def sealed(key: CampaignKey, release_id: str, bundle: Bundle) -> bytes:
    """For SealedRelease.content."""
    plain = zlib.compress(msgspec.msgpack.encode(bundle), 1)
    return key.seal("release_sealedrelease", release_id, "content", plain)


def unsealed(key: CampaignKey, release: Release) -> Bundle:
    """Checked against what was judged. Raises SealError, BundleChanged, SealedRelease.DoesNotExist.

    1. The seal. 2. The record is the one that officers are shown. 3. Every file's bytes are the
    record's.
    """
    row = SealedRelease.objects.get(pk=release.pk)
    # 1.
    plain = key.unseal("release_sealedrelease", release.pk, "content", bytes(row.content))
    bundle = msgspec.msgpack.decode(zlib.decompress(plain), type=Bundle)
    # 2.
    if hashlib.sha256(msgspec.json.encode(bundle.record)).hexdigest() != release.digest:
        raise BundleChanged("the record is not the one that was proposed")
    # 3.
    told = {one.name: one.sha256 for one in bundle.record.files}
    held = {name: hashlib.sha256(content).hexdigest() for name, content in bundle.files.items()}
    if told != held:
        raise BundleChanged("a file is not the one that was judged")
    return bundle
