"""What worker processes are given to do in tests. Imports nothing that they could trip over."""

import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path


def doubled(shared: int, share: Sequence[int]) -> list[int]:
    """Each number, doubled and raised by `shared`; -1 is a fault."""
    if -1 in share:
        raise ValueError("minus one")
    return [2 * number + shared for number in share]


def where(_: object, __: object) -> int:
    """The process that did it, which takes its time so that others have a share too."""
    time.sleep(0.05)
    return os.getpid()


def django_is_here(_: object, __: object) -> bool:
    """Whether models could have been imported."""
    return "django.apps" in sys.modules


def said_of(shared: bytes, _: object) -> bool:
    """Whether `shared` can be read off the process from outside."""
    seen = [f"/proc/self/{name}" for name in ("cmdline", "environ")]
    return any(
        shared in content or shared.hex().encode() in content
        for content in (_read(path) for path in seen)
    )


def dies(_: object, share: int) -> int:
    """As one does when memory is short."""
    if share == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return share


def _read(path: str) -> bytes:
    return Path(path).read_bytes()
