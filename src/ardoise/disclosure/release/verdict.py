"""The verdict: what was promised, what was found, and what to do where the two differ."""

from msgspec import Struct

FORMAT = "ardoise-verdict/1"


class Check(Struct, frozen=True, forbid_unknown_fields=True):
    """One promise. Texts hold no value of any one row."""

    part: str
    """The plan's name for the file or table."""
    promise: str
    bound: str
    found: str
    passed: bool
    advice: str = ""
    """For a failed one: which column or cell to coarsen."""


class Fact(Struct, frozen=True, forbid_unknown_fields=True):
    """Something a reader should know that nothing is promised of: what was lost, for example."""

    part: str
    what: str
    figure: str


class Verdict(Struct, frozen=True, forbid_unknown_fields=True):
    """Of a whole plan. A release is one act: one failed check stops all of it."""

    plan: str
    data: str
    """SHA-256 of the rows it was judged on."""
    checks: tuple[Check, ...]
    facts: tuple[Fact, ...]
    format: str = FORMAT

    @property
    def passed(self) -> bool:
        """Every check."""
        return bool(self.checks) and all(check.passed for check in self.checks)

    @property
    def failed(self) -> tuple[Check, ...]:
        """Those that did not hold."""
        return tuple(check for check in self.checks if not check.passed)
