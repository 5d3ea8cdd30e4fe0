"""A package's files as bytes: a directory or a zip, bounded and never trusted.

Refused: traversal, absolute paths, links, duplicates, names that differ in capitals alone, files
that overlap, bombs, encryption, odd compression.
Nothing is ever unpacked to disk.
"""

import io
import os
import stat
import struct
import unicodedata
import zipfile
import zlib
from itertools import pairwise
from pathlib import Path, PurePosixPath

from ardoise.content.faults import ContentFault, Finding

FILES_LIMIT = 5_000
FILE_LIMIT = 16 << 20
"""Bytes of one file once unpacked."""
TOTAL_LIMIT = 256 << 20
ARCHIVE_LIMIT = 256 << 20
RATIO_LIMIT = 200
RATIO_FLOOR = 256 << 10
"""Below this size a high ratio is harmless."""
PATH_LIMIT = 240

_HEAD = 256
_ENTRY = b"PK\x01\x02"
_ENTRIES_LIMIT = 4 * FILES_LIMIT
"""Of the directory, by its bytes: Python would read a million entries before they are counted."""
_ODD = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Characters that a terminal obeys, or that turn or hide what stands beside them."""
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_HEADER = 30
"""Bytes of an entry's own header, at least."""


def read_files(source: Path | bytes, *, name: str) -> dict[str, bytes]:
    """Every file of a directory, a .zip, or the bytes of a zip: path inside → bytes.

    A lone XML document is a package of one file.

    `name` stands for the package in messages. Raises ContentFault.
    """
    if isinstance(source, bytes):
        return _from_zip(source, name)
    if source.is_dir():
        return _from_directory(source, name)
    try:
        if source.stat().st_size > ARCHIVE_LIMIT:
            raise _refusal(name, f"is larger than {ARCHIVE_LIMIT >> 20} MiB: split the package")
        return _from_zip(source.read_bytes(), name)
    except OSError as fault:
        raise _refusal(name, f"cannot be read ({fault.strerror}): check the path") from fault


def _refusal(file: str, message: str) -> ContentFault:
    return ContentFault(Finding(file, message))


def safe_path(path: str) -> str | None:
    """The path in its plain form, or None if it leaves the package, is absolute or odd."""
    if not path or len(path) > PATH_LIMIT or "\\" in path or ":" in path:
        return None
    if any(unicodedata.category(char) in _ODD for char in path):
        return None
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts:
        return None
    return str(pure) if pure.parts else None


def _ignored(path: str) -> bool:
    """What operating systems leave behind: hidden files and macOS's resource forks."""
    parts = PurePosixPath(path).parts
    return "__MACOSX" in parts or any(part.startswith(".") and part != ".." for part in parts)


class _Store:
    """Takes files one by one and keeps the bounds."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.files: dict[str, bytes] = {}
        self.total = 0
        self._folded: dict[str, str] = {}

    def path(self, given: str) -> str:
        path = safe_path(given)
        if path is None:
            shown = ascii(given[:80])
            raise _refusal(self.name, f"the path {shown} leaves the package or is odd: rename it")
        if path in self.files:
            raise _refusal(self.name, f"{path} stands in the package twice: keep one of them")
        alike = self._folded.setdefault(unicodedata.normalize("NFC", path).casefold(), path)
        if alike != path:
            # On other machines they are one file: which of them is meant, nobody could say.
            raise _refusal(self.name, f"{path} and {alike} differ in capitals alone: rename one")
        if len(self.files) >= FILES_LIMIT:
            raise _refusal(self.name, f"holds more than {FILES_LIMIT} files: split the package")
        return path

    def room(self, path: str, size: int) -> None:
        if size > FILE_LIMIT:
            raise _refusal(path, f"is larger than {FILE_LIMIT >> 20} MiB: make it smaller")
        if self.total + size > TOTAL_LIMIT:
            raise _refusal(self.name, f"holds more than {TOTAL_LIMIT >> 20} MiB: split the package")

    def keep(self, path: str, payload: bytes) -> None:
        self.room(path, len(payload))
        self.files[path] = payload
        self.total += len(payload)


def _from_directory(root: Path, name: str) -> dict[str, bytes]:
    store = _Store(name)
    for folder, folders, files in os.walk(root, followlinks=False):
        folders.sort()
        for entry in sorted((*folders, *files)):
            full = Path(folder, entry)
            inside = full.relative_to(root).as_posix()
            if _ignored(inside):
                continue
            if full.is_symlink():
                raise _refusal(inside, "is a symbolic link: put the file itself in the package")
            if full.is_dir():
                continue
            if not full.is_file():
                raise _refusal(inside, "is no ordinary file: remove it from the package")
            path = store.path(inside)
            store.room(path, full.stat().st_size)
            store.keep(path, full.read_bytes())
    return store.files


def _from_zip(payload: bytes, name: str) -> dict[str, bytes]:
    if len(payload) > ARCHIVE_LIMIT:
        raise _refusal(name, f"is larger than {ARCHIVE_LIMIT >> 20} MiB: split the package")
    store = _Store(name)
    if payload[:_HEAD].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        alone = PurePosixPath(name).name or "item.xml"
        store.keep(alone if alone.endswith(".xml") else "item.xml", payload)
        return store.files
    if payload.count(_ENTRY) > _ENTRIES_LIMIT:
        raise _refusal(name, f"holds more than {FILES_LIMIT} files: split the package")
    try:
        with zipfile.ZipFile(io.BytesIO(payload)) as archive:
            entries = archive.infolist()
            if len(entries) > FILES_LIMIT:
                raise _refusal(name, f"holds more than {FILES_LIMIT} files: split the package")
            _check_overlaps(entries, name)
            for entry in entries:
                if not entry.is_dir() and not _ignored(entry.filename):
                    _take(archive, entry, store)
    # zipfile and zlib meet damage with all of these.
    except (
        zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError,
        NotImplementedError, LookupError, OverflowError, struct.error,
    ) as fault:  # fmt: skip
        raise _refusal(name, "is no sound zip file: make the package again") from fault
    return store.files


def _check_overlaps(entries: list[zipfile.ZipInfo], name: str) -> None:
    """Entries that share bytes unpack to more than was ever packed."""
    ordered = sorted(entries, key=lambda entry: entry.header_offset)
    for entry, following in pairwise(ordered):
        if entry.header_offset + _HEADER + entry.compress_size > following.header_offset:
            raise _refusal(name, "holds files that overlap: make the package again")


def _take(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, store: _Store) -> None:
    path = store.path(entry.filename)
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise _refusal(path, "is a symbolic link: put the file itself in the package")
    if entry.flag_bits & _ENCRYPTED:
        raise _refusal(path, "is encrypted: make the package again without a password")
    if entry.compress_type not in _METHODS:
        raise _refusal(path, "uses a rare compression: make the package again with plain zip")
    store.room(path, entry.file_size)
    if entry.file_size > RATIO_FLOOR and entry.file_size > RATIO_LIMIT * entry.compress_size:
        raise _refusal(path, "is packed suspiciously tightly: make the package again")
    # The size in the directory may lie: read no further than the bound.
    with archive.open(entry) as stream:
        content = stream.read(FILE_LIMIT + 1)
    store.keep(path, content)
