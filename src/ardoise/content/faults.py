"""What is wrong with a package, said so that the author of the item can mend it."""

from dataclasses import dataclass

FINDINGS_LIMIT = 200
"""A package with more faults than this has one fault: it is not what it claims to be."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault or warning: where it is, and what to do."""

    file: str
    message: str
    item: str = ""
    element: str = ""
    line: int | None = None

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        named = [f"item {self.item}"] if self.item else []
        named += [f"<{self.element}>"] if self.element else []
        return f"{place}: {', '.join(named)}{': ' if named else ''}{self.message}"


class ContentFault(Exception):
    """A package that cannot be used as it stands; `findings` holds every reason, one or many."""

    def __init__(self, *findings: Finding) -> None:
        self.findings: tuple[Finding, ...] = findings
        super().__init__(*findings)

    def __str__(self) -> str:
        return "\n".join(str(finding) for finding in self.findings)


class Findings:
    """Gathers faults and warnings while reading, so that an author sees them all in one go."""

    def __init__(self) -> None:
        self.faults: list[Finding] = []
        self.warnings: list[Finding] = []

    def fault(self, finding: Finding) -> None:
        """Keep a fault, once. Raises ContentFault once there are too many to be worth reading."""
        if finding not in self.faults and len(self.faults) < FINDINGS_LIMIT:
            self.faults.append(finding)
        if len(self.faults) >= FINDINGS_LIMIT:
            self.settle()

    def warn(self, finding: Finding) -> None:
        """Keep a warning; beyond the limit they are dropped, a fault never is."""
        if finding not in self.warnings and len(self.warnings) < FINDINGS_LIMIT:
            self.warnings.append(finding)

    def settle(self) -> None:
        """Raises ContentFault if there is any fault."""
        if self.faults:
            raise ContentFault(*self.faults)
