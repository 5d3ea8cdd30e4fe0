"""Reads a roll file of either kind, told apart by its first bytes."""

from datetime import date

from ardoise.authority.findings import Findings
from ardoise.authority.registry.archive import is_zip
from ardoise.authority.registry.messages import ROLL
from ardoise.authority.registry.onde import read_onde
from ardoise.authority.registry.roll import RollFile
from ardoise.authority.registry.siecle import read_siecle

_XML_STARTS = (b"<", b"\xef\xbb\xbf<")
_UTF16_XML = ("<".encode("utf-16-le"), "<".encode("utf-16-be"))
_OLD_SPREADSHEET = b"\xd0\xcf\x11\xe0"
_PDF = b"%PDF"


def read_roll(data: bytes, *, filename: str, on: date, uai: str | None = None) -> RollFile:
    """The roll in those bytes. Never raises for what is in them: every fault is a finding."""
    start = data[:200].lstrip()
    if is_zip(data) or start.startswith(_XML_STARTS):
        return read_siecle(data, filename=filename, on=on, uai=uai)
    if start.startswith((_OLD_SPREADSHEET, _PDF)):
        found = Findings(ROLL, filename)
        found.add("spreadsheet")
        return RollFile("unknown", uai, (), found.all())
    if start[2:].startswith(_UTF16_XML):
        return read_siecle(data, filename=filename, on=on, uai=uai)
    return read_onde(data, filename=filename, on=on, uai=uai)
