"""The log: one JSON object a line, to stderr. No number, address, code or path stands in it."""

import contextlib
import sys
import traceback
from pathlib import PurePath

import msgspec

from ardoise.clock import Clock, system_clock


def note(event: str, *, clock: Clock = system_clock, **fields: str | int | float) -> None:
    """Write one line. Never raises: a log that takes nothing must not stop the writer."""
    line = {"at": clock().isoformat(timespec="milliseconds"), "event": event, **fields}
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(msgspec.json.encode(line).decode() + "\n")
        sys.stderr.flush()


def note_fault(event: str, fault: BaseException) -> None:
    """A failure inside: its kind and where it came from, never its message, which may quote."""
    frames = traceback.extract_tb(fault.__traceback__)[-4:]
    where = " < ".join(f"{PurePath(f.filename).name}:{f.lineno}" for f in reversed(frames))
    note(event, fault=type(fault).__name__, where=where)
