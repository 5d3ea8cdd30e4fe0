"""Which encoding a text export is in. The exports do not say, so their bytes have to.

UTF-8 is recognised by being valid. Of the single-byte encodings, only windows-1252 prints in
0x80-0x9F, and ISO-8859-15 differs from ISO-8859-1 in eight places, of which a roll only ever
uses the letters (Œ, œ, Ÿ, Š, š, Ž, ž).
"""

import codecs
import re

from ardoise.authority.findings import Findings

_C1 = re.compile(rb"[\x80-\x9f]")
_UNDEFINED_IN_1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_LETTERS_OF_15 = re.compile(rb"[\xa4\xa6\xa8\xb8\xbc\xbd\xbe]")
_ACUTE_OR_Z = re.compile(rb"\xb4")
_ELISION = re.compile(rb"(?<![A-Za-z\xc0-\xff])[DLNOdlno]\xb4(?=[A-Za-z\xc0-\xff])")


def decode(data: bytes, found: Findings) -> tuple[str, str] | None:
    """(text, name of the encoding); None after an error."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        found.add("utf-16")
        return None
    nul = data.find(b"\0")
    if nul >= 0:
        found.add("nul", line_at(data, nul))
        return None
    text, encoding = _decoded(data)
    if encoding == "windows-1252" and (bad := _UNDEFINED_IN_1252.search(data)):
        found.add("encoding", line_at(data, bad.start()))
        return None
    return text, encoding


def _decoded(data: bytes) -> tuple[str, str]:
    try:
        if data.startswith(codecs.BOM_UTF8):
            return data.decode("utf-8-sig"), "UTF-8 (BOM)"
        return data.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError:
        pass
    if _C1.search(data):
        return data.decode("cp1252", "replace"), "windows-1252"
    if _LETTERS_OF_15.search(data) or _has_z_caron(data):
        return data.decode("iso-8859-15"), "ISO-8859-15"
    # ´ as in D´ORLÉANS: an apostrophe somebody typed with the wrong key.
    return data.decode("iso-8859-1"), "ISO-8859-1"


def _has_z_caron(data: bytes) -> bool:
    """0xB4 is Ž, or an acute accent that stands for an apostrophe after a single letter."""
    return len(_ACUTE_OR_Z.findall(data)) > len(_ELISION.findall(data))


def line_at(data: bytes, offset: int) -> int:
    """The line, from 1, in which that byte stands (\\n, \\r\\n or \\r)."""
    before = data[:offset].replace(b"\r\n", b"\n")
    return before.count(b"\n") + before.count(b"\r") + 1
