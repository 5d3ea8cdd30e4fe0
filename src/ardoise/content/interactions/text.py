"""Interactions that are written into: text entry, extended text."""

import re
from typing import Any

from ardoise.content.documents import children, line_of
from ardoise.content.interactions.reading import Reading
from ardoise.content.model import ExtendedText, TextEntry
from ardoise.contract.booklet import Node

LINE_CHARACTERS = 60
"""An expected line of extended text, in characters."""
PATTERN_LIMIT = 500
_LENGTHS = ("expected-length", "pattern-mask", "placeholder-text", "base", "format")
_UNREAD_PATTERN = re.compile(r"\\[pPiIcC]|&&|-\[")
"""XML Schema's own classes and subtraction: no browser reads them as they are."""


def text_entry(at: Reading) -> list[Node]:
    """qti-text-entry-interaction."""
    at.check_attributes(*_LENGTHS)
    at.keep(TextEntry(**_common(at)))
    return [["text-entry", at.attributes(placeholder=at.text("placeholder-text"))]]


def extended_text(at: Reading) -> list[Node]:
    """qti-extended-text-interaction. Its prompt stands before it."""
    at.check_attributes(*_LENGTHS, "expected-lines", "min-strings", "max-strings")
    if at.count("max-strings", 1) > 1:
        at.fault("asks for several texts (max-strings): make an interaction of each")
    if (at.element.get("format") or "plain") not in ("plain", "pre-formatted"):
        at.fault("format xhtml: text with a layout cannot be written, use plain")
    common, lines = _common(at), at.optional_count("expected-lines")
    if common["expected_length"] is None and lines:
        common["expected_length"] = lines * LINE_CHARACTERS
    at.keep(ExtendedText(**common, lines=lines or None))
    before: list[Node] = [
        ["div", {"class": "qti-prompt"}, *at.body.inside(child, depth=at.depth + 1)]
        for child in children(at.element, "qti-prompt")
    ]
    return [*before, ["extended-text", at.attributes(placeholder=at.text("placeholder-text"))]]


def _common(at: Reading) -> dict[str, Any]:
    if (at.element.get("string-identifier") or "").strip():
        at.fault("string-identifier: a second response variable is not filled: remove it")
    if (at.element.get("base") or "10").strip() != "10":
        at.fault("base: only decimal numbers are read, remove it")
    return {
        "response": at.response,
        "line": line_of(at.element),
        "expected_length": at.optional_count("expected-length"),
        "pattern": _pattern(at),
        "pattern_message": at.text("data-patternmask-message"),
        "min_choices": 1 if at.count("min-strings", 0) else 0,
    }


def _pattern(at: Reading) -> str | None:
    """The pattern-mask, if a browser can be asked for it too: it is a hint, never a rule."""
    pattern = at.element.get("pattern-mask")
    if not pattern:
        return None
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        sound = False
    else:
        sound = len(pattern) <= PATTERN_LIMIT and not _UNREAD_PATTERN.search(pattern)
    if not sound:
        at.body.warn(at.element, "the pattern-mask is left out: write a plain regular expression")
        return None
    return pattern
