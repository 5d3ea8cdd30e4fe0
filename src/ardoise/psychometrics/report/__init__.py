"""The analysis report: tables in, one HTML page out that opens without a network or a script.

The command line and the authority's statistics import it; Matplotlib is imported here alone.
It must never know a name or an order number: it reads tables of items and counts.
"""

from ardoise.psychometrics.report.page import render
from ardoise.psychometrics.report.words import LANGUAGES, LanguageCode

__all__ = ["LANGUAGES", "LanguageCode", "render"]
