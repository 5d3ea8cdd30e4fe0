"""A release's report as the office reads and signs it: one HTML file, one PDF."""

import msgspec

from ardoise.authority.documents.typeset import typeset
from ardoise.authority.release.models import Release
from ardoise.authority.release.rules import decisions_of, record_of
from ardoise.disclosure.release.report import Report, report
from ardoise.disclosure.release.report_html import to_html
from ardoise.disclosure.release.report_words import LanguageCode


def report_of(row: Release, language: LanguageCode) -> Report:
    """With the decisions so far. Raises CampaignKeyDestroyed (what never left dies with it)."""
    left = row.state == Release.State.RELEASED
    return report(record_of(row), decisions_of(row), language, left=left)


def as_html(row: Release, language: LanguageCode) -> bytes:
    """One file that opens without a network."""
    return to_html(report_of(row, language)).encode()


def as_pdf(row: Release, language: LanguageCode) -> bytes:
    """For paper and signatures. Raises documents.TypesetError."""
    return typeset("release", msgspec.to_builtins(report_of(row, language)))


def folder_of(row: Release, language: LanguageCode) -> dict[str, bytes]:
    """The report in both forms, under the names that they are written by."""
    return {"report.html": as_html(row, language), "report.pdf": as_pdf(row, language)}
