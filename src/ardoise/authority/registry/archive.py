"""The one file inside a zip, in memory and bounded; nothing of it is ever written."""

import io
import zipfile
import zlib

from ardoise.authority.findings import Findings
from ardoise.authority.registry.roll import FILE_LIMIT

MAGIC = b"PK\x03\x04"
_EMPTY = b"PK\x05\x06"
_ENTRIES = 50
_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def is_zip(data: bytes) -> bool:
    """Whether the bytes begin like a zip."""
    return data.startswith((MAGIC, _EMPTY))


def unpacked(data: bytes, found: Findings) -> bytes | None:
    """The XML inside a zip, or the bytes themselves if they are no zip. None after an error."""
    if not is_zip(data):
        return data
    if len(data) > FILE_LIMIT:
        found.add("file-large", limit=FILE_LIMIT >> 20)
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entry = _only_entry(archive, found)
            return None if entry is None else _content(archive, entry, found)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError,
            RuntimeError, IndexError, KeyError, OverflowError):  # fmt: skip
        # zipfile answers damage with any of these; a roll has to say only that it is damaged.
        found.add("zip-damaged")
        return None


def _only_entry(archive: zipfile.ZipFile, found: Findings) -> zipfile.ZipInfo | None:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    names = {entry.filename for entry in entries}
    if "[Content_Types].xml" in names or "mimetype" in names:
        found.add("spreadsheet")
        return None
    if len(entries) > _ENTRIES or len(entries) != 1:
        found.add("zip-count", count=len(entries))
        return None
    entry = entries[0]
    steps = entry.filename.replace("\\", "/").split("/")
    if ".." in steps or steps[0] == "" or ":" in steps[0]:
        found.add("zip-path")
        return None
    if entry.flag_bits & _ENCRYPTED:
        found.add("zip-encrypted")
        return None
    if entry.compress_type not in _METHODS:
        found.add("zip-damaged")
        return None
    return entry


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, found: Findings) -> bytes | None:
    """Read with a bound of our own: what the entry declares of its size may be a lie."""
    if entry.file_size > FILE_LIMIT:
        found.add("zip-large", limit=FILE_LIMIT >> 20)
        return None
    with archive.open(entry) as file:
        content = file.read(FILE_LIMIT + 1)
    if len(content) > FILE_LIMIT:
        found.add("zip-large", limit=FILE_LIMIT >> 20)
        return None
    return content
