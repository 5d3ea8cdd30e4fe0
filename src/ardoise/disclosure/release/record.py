"""The record of a release: what was judged and what would leave, in one document to be confirmed.

It holds figures and digests, and no value of any one row.
"""

import hashlib
from collections.abc import Mapping
from typing import Literal

import msgspec
from msgspec import Struct

from ardoise.disclosure.release.summary import Summary
from ardoise.disclosure.release.verdict import Verdict


class FileDigest(Struct, frozen=True, forbid_unknown_fields=True):
    """One file, byte for byte."""

    name: str
    sha256: str
    size: int


class Record(Struct, frozen=True, forbid_unknown_fields=True):
    """All that a report is drawn from. Times in milliseconds since 1970."""

    format: Literal["ardoise-release-record/1"]
    id: str
    campaign: str
    campaign_title: str
    software: str
    plan: str
    """plan.toml as it was judged."""
    proposed_ms: int
    proposed_by: str
    verdict: Verdict
    summary: Summary
    files: tuple[FileDigest, ...]
    """Empty when the verdict is a failure: nothing was kept."""
    budget: str
    budget_left: str
    """Of the privacy budget, after this release."""


class Decided(Struct, frozen=True, forbid_unknown_fields=True):
    """An officer's decision."""

    login: str
    at_ms: int
    confirmed: bool
    reason: str = ""


def encoded(record: Record) -> bytes:
    """As JSON: what is digested, and what officers confirm."""
    return msgspec.json.encode(record)


def decoded(content: bytes) -> Record:
    """Raises msgspec.MsgspecError."""
    return msgspec.json.decode(content, type=Record)


def digest_of_record(record: Record) -> str:
    """SHA-256."""
    return hashlib.sha256(encoded(record)).hexdigest()


def digests(files: Mapping[str, bytes]) -> tuple[FileDigest, ...]:
    """In the files' order."""
    return tuple(
        FileDigest(name, hashlib.sha256(content).hexdigest(), len(content))
        for name, content in files.items()
    )
