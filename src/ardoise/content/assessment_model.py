"""An assessment test as read: parts, sections, item references, rules, limits. Keys included.

QTI 3 ASI information model, "AssessmentTest". What a writer is given of it, `content.plan` decides;
what it is worth, scoring: outcome declarations and processing stand here as they were read.
"""

from collections.abc import Iterator, Mapping
from typing import Literal

from msgspec import Struct

from ardoise.content.model import Rubric
from ardoise.content.processing import Expression, Processing
from ardoise.content.variables import OutcomeDeclaration

Navigation = Literal["linear", "nonlinear"]
Submission = Literal["individual", "simultaneous"]
EXITS = ("EXIT_TEST", "EXIT_TESTPART", "EXIT_SECTION")


class TimeLimits(Struct, frozen=True):
    """qti-time-limits, in seconds."""

    least: float | None = None
    most: float | None = None
    late: bool = False
    """Answers after the end are taken."""


class SessionControl(Struct, frozen=True):
    """qti-item-session-control as one element says it; None: inherited."""

    attempts: int | None = None
    review: bool | None = None
    skipping: bool | None = None
    validate: bool | None = None

    def within(self, outer: "SessionControl") -> "SessionControl":
        """This one where it says something, the outer one elsewhere."""
        return SessionControl(
            outer.attempts if self.attempts is None else self.attempts,
            outer.review if self.review is None else self.review,
            outer.skipping if self.skipping is None else self.skipping,
            outer.validate if self.validate is None else self.validate,
        )


class BranchRule(Struct, frozen=True):
    """Where to go on once the element is left, if the expression is true."""

    target: str
    when: Expression
    line: int | None = None


class ItemRef(Struct, frozen=True):
    """A reference to an item of the package."""

    identifier: str
    path: str
    """Inside the package."""
    file: str
    """Where the reference stands."""
    line: int | None = None
    categories: tuple[str, ...] = ()
    weights: Mapping[str, float] = {}
    variable_mappings: tuple[tuple[str, str], ...] = ()
    """The item's variable, and what the test calls it."""
    template_defaults: tuple[tuple[str, Expression], ...] = ()
    required: bool = False
    fixed: bool = False
    control: SessionControl = SessionControl()
    limits: TimeLimits | None = None
    conditions: tuple[Expression, ...] = ()
    """Pre-conditions: all must be true."""
    branches: tuple[BranchRule, ...] = ()

    def item_variable(self, name: str) -> str:
        """The item's own name for a variable that the test may have renamed."""
        return next((source for source, target in self.variable_mappings if target == name), name)


class Section(Struct, frozen=True):
    """A section with its children in document order."""

    identifier: str
    file: str
    children: tuple["Section | ItemRef", ...] = ()
    title: str = ""
    visible: bool = True
    kept: bool = True
    """keep-together."""
    required: bool = False
    fixed: bool = False
    select: int | None = None
    shuffle: bool = False
    rubrics: tuple[Rubric, ...] = ()
    control: SessionControl = SessionControl()
    limits: TimeLimits | None = None
    conditions: tuple[Expression, ...] = ()
    branches: tuple[BranchRule, ...] = ()
    line: int | None = None

    def items(self) -> Iterator[ItemRef]:
        """All item references inside, in document order."""
        for child in self.children:
            if isinstance(child, Section):
                yield from child.items()
            else:
                yield child

    def sections(self) -> Iterator["Section"]:
        """This section and all inside it, in document order."""
        yield self
        for child in self.children:
            if isinstance(child, Section):
                yield from child.sections()


class TestPart(Struct, frozen=True):
    """A test part: one navigation mode, one submission mode."""

    __test__ = False  # its name is QTI's word; pytest is not meant

    identifier: str
    sections: tuple[Section, ...] = ()
    title: str = ""
    navigation: Navigation = "nonlinear"
    submission: Submission = "individual"
    rubrics: tuple[Rubric, ...] = ()
    control: SessionControl = SessionControl()
    limits: TimeLimits | None = None
    conditions: tuple[Expression, ...] = ()
    branches: tuple[BranchRule, ...] = ()
    line: int | None = None

    def items(self) -> Iterator[ItemRef]:
        """All item references inside, in document order."""
        for section in self.sections:
            yield from section.items()


class Test(Struct, frozen=True):
    """A whole assessment test."""

    __test__ = False

    identifier: str
    title: str
    file: str
    parts: tuple[TestPart, ...] = ()
    rubrics: tuple[Rubric, ...] = ()
    limits: TimeLimits | None = None
    outcomes: tuple[OutcomeDeclaration, ...] = ()
    outcome_processing: Processing | None = None

    def items(self) -> Iterator[ItemRef]:
        """All item references, in document order."""
        for part in self.parts:
            yield from part.items()

    def sections(self) -> Iterator[Section]:
        """All sections, in document order."""
        for part in self.parts:
            for section in part.sections:
                yield from section.sections()
