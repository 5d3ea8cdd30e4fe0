"""Booklets of sample packages."""

from collections.abc import Mapping

import msgspec

from ardoise.content.booklet import Draft, draft
from ardoise.content.package import Package
from ardoise.content.printing import Values
from ardoise.contract.words import Writer


def drafted(
    read: Package, writer: Writer = "pupil", values: Mapping[str, Values] | None = None
) -> Draft:
    """A booklet of this package."""
    return draft(
        read, campaign="autumn-2026", part="english", title="English", language="en",
        campaign_title="Autumn", minutes=30, writer=writer, values=values,
    )  # fmt: skip


def written(made: Draft) -> bytes:
    """The booklet's bytes, its assets somewhere."""
    blobs = {asset: f"{n:064x}" for n, asset in enumerate(made.assets)}
    return msgspec.json.encode(made.with_blobs(blobs))
