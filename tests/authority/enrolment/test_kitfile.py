"""A kit that is damaged, changed or somebody else's is refused, and says why."""

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from django.conf import settings

from ardoise.authority.enrolment.kitfile import KitFault, verify_kit
from ardoise.contract import kit
from ardoise.seal import signing

Entries = dict[str, bytes]


def rewritten(source: Path, change: Callable[[Entries], None]) -> Path:
    """A copy of a kit after `change` of its entries."""
    with zipfile.ZipFile(source) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    change(entries)
    out = source.with_name("changed.zip")
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return out


def resigned(entries: Entries, **changes: object) -> None:
    """The manifest with changes, signed by the authority."""
    manifest = msgspec.json.decode(entries[kit.MANIFEST_NAME], type=kit.Manifest)
    encoded = msgspec.json.encode(msgspec.structs.replace(manifest, **changes))
    entries[kit.MANIFEST_NAME] = encoded
    key = settings.KEYRING.signing_key()
    entries[kit.SIGNATURE_NAME] = signing.sign_document(key, "kit", encoded)


def with_seats(entries: Entries, change: Callable[[list[kit.Seat]], None]) -> None:
    """The first chunk with its seats changed, named and signed again."""
    import hashlib

    name = next(name for name in entries if name.startswith("chunks/"))
    chunk = msgspec.json.decode(entries.pop(name), type=kit.SeatChunk)
    seats = list(chunk.seats)
    change(seats)
    encoded = msgspec.json.encode(msgspec.structs.replace(chunk, seats=tuple(seats)))
    digest = hashlib.sha256(encoded).hexdigest()
    entries[f"chunks/{digest}"] = encoded
    resigned(entries, chunks=(kit.Blob(digest, len(encoded)),))


def first(entries: Entries, prefix: str) -> str:
    return next(name for name in entries if name.startswith(prefix))


def test_a_whole_kit_is_accepted(kit_path: Path) -> None:
    contents = verify_kit(kit_path, settings.KEYRING.public_key())
    assert (contents.seats, contents.teachers, contents.spares) == (10, 2, 2)


def test_another_authoritys_key_does_not_verify(kit_path: Path) -> None:
    with pytest.raises(KitFault, match="not signed"):
        verify_kit(kit_path, signing.public_half(b"\x01" * 32))


def _flip(entries: Entries) -> None:
    name = first(entries, "blobs/")
    entries[name] = bytes([entries[name][0] ^ 1]) + entries[name][1:]


def _edit(entries: Entries) -> None:
    entries[kit.MANIFEST_NAME] = entries[kit.MANIFEST_NAME].replace(b'"serial":1', b'"serial":9')


def _twice(seats: list[kit.Seat]) -> None:
    seats.append(seats[0])


def _wrong_check(seats: list[kit.Seat]) -> None:
    seats[0] = msgspec.structs.replace(seats[0], number="123456789")


def _no_part(seats: list[kit.Seat]) -> None:
    seats[0] = msgspec.structs.replace(seats[0], parts=())


def _no_booklet(seats: list[kit.Seat]) -> None:
    part = msgspec.structs.replace(seats[0].parts[0], booklet="0" * 64)
    seats[0] = msgspec.structs.replace(seats[0], parts=(part,))


def _short_login(seats: list[kit.Seat]) -> None:
    seats[0] = msgspec.structs.replace(seats[0], login=b"short")


def _group_key_for_all(seats: list[kit.Seat]) -> None:
    for index, seat in enumerate(seats):
        seats[index] = msgspec.structs.replace(seat, group_key=bytes(60))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda entries: entries.pop(first(entries, "blobs/")), "incomplete"),
        (lambda entries: entries.pop(kit.SIGNATURE_NAME), "incomplete"),
        (_flip, "not what the manifest names"),
        (_edit, "not signed"),
        (lambda entries: entries.update({"blobs/extra": b"x"}), "does not name"),
        (lambda entries: resigned(entries, campaign="autre-2026"), "another campaign"),
        (lambda entries: resigned(entries, chunks=(), blobs=()), "does not name"),
        (lambda entries: with_seats(entries, _twice), "stands twice"),
        (lambda entries: with_seats(entries, _wrong_check), "or is none"),
        (lambda entries: with_seats(entries, _no_part), "lacks a part"),
        (lambda entries: with_seats(entries, _no_booklet), "not in the kit"),
        (lambda entries: with_seats(entries, _short_login), "wrong length"),
        (lambda entries: with_seats(entries, _group_key_for_all), "pupil's seat"),
    ],
)
def test_a_changed_kit_is_refused(
    kit_path: Path, change: Callable[[Entries], None], why: str
) -> None:
    with pytest.raises(KitFault, match=why):
        verify_kit(rewritten(kit_path, change), settings.KEYRING.public_key())


def test_what_is_no_zip_or_cut_short_is_refused(kit_path: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.zip"
    shutil.copy(kit_path, cut)
    with cut.open("r+b") as file:
        file.truncate(cut.stat().st_size // 2)
    for path in (cut, tmp_path / "absent.zip"):
        with pytest.raises(KitFault, match="cannot be read"):
            verify_kit(path, settings.KEYRING.public_key())


def test_an_entry_that_swells_is_not_read_whole(kit_path: Path) -> None:
    def swell(entries: Entries) -> None:
        entries[kit.SIGNATURE_NAME] = bytes(64 << 20)

    with pytest.raises(KitFault, match="larger than"):
        verify_kit(rewritten(kit_path, swell), settings.KEYRING.public_key())
