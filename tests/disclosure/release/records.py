"""A record of a release, as the gate makes it."""

from ardoise.disclosure.release import Release
from ardoise.disclosure.release.record import Record, digests
from tests.disclosure.release.test_release import PLAN


def record_of(made: Release, text: str = PLAN) -> Record:
    """With one file of a few bytes."""
    return Record(
        format="ardoise-release-record/1", id="0123456789abcdef", campaign="c-2026",
        campaign_title="Campagne <2026>", software="ardoise", plan=text,
        proposed_ms=1_790_000_000_000, proposed_by="command-line", verdict=made.verdict,
        summary=made.summary, files=digests({"research.csv": b"a\n"}),
        budget="1", budget_left=str(made.ledger.left),
    )  # fmt: skip
