"""The plan of a booklet: how its items follow one another, and which of them a seat is given.

A booklet is one part of a campaign (one clock, one writer) and one QTI test. What QTI calls a test
part stands in here as `TestPart`: leaving one is final. Names are neutral: `p1`, `s1`, in document
order. Defaults are left out of the JSON. Read by the runner and the authority, with one meaning:
docs/protocol.md says it, tests/vectors/plan.json holds both to it.
"""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from ardoise.contract.sheet import BookletItemId, ResponseId, SectionId, TestPartId

Navigation = Literal["linear", "nonlinear"]
Submission = Literal["individual", "simultaneous"]
Comparison = Literal["lt", "lte", "gt", "gte", "equal", "unequal"]
Target = Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,31}\Z")]
"""A test part, a section or an item further on; or exit-section, exit-part, exit-test."""
TableId = Annotated[str, Meta(pattern=r"^t[0-9]{1,4}\Z")]
Seconds = Annotated[float, Meta(gt=0, le=86_400)]


class Limits(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """qti-time-limits. Seconds, before the seat's time percentage is applied to `most`."""

    most: Seconds | None = None
    least: Seconds | None = None
    """Linear navigation only: going on waits for it."""
    late: bool = False
    """allow-late-submission: the end is told and nothing is taken away."""


class Control(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """qti-item-session-control as it holds for one item, inheritance applied."""

    attempts: int = 1
    """0: no limit. With one, a pressed `end-attempt` closes the item."""
    review: bool = True
    """False: an item that is submitted alone and was left with an answer is not shown again."""
    skipping: bool = True
    """False: an item that is submitted alone is not left without an answer."""
    validate: bool = False
    """True: an item that is submitted alone is not left with an answer its interaction refuses."""


class Row(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Answers to a table's responses, one tuple of values each, and what they are worth."""

    given: tuple[tuple[str, ...], ...]
    points: float
    folded: bool = False
    """Text is compared without regard to case."""


class Table(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the answers to one item are worth to a rule. The only key material in a booklet.

    The first row that matches counts: every response of the row equals the one given, as a set
    where its cardinality is multiple, as a number where its base type is one.
    """

    item: BookletItemId
    responses: tuple[ResponseId, ...]
    rows: tuple[Row, ...]
    otherwise: float = 0.0
    """No row matches."""
    absent: float = 0.0
    """The seat was not given the item."""


class Term(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A table's points, weighted."""

    table: TableId
    weight: float = 1.0


class Compare(
    Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="is",
    tag="compare",
):  # fmt: skip
    """Σ weight · points, added from the left, compared with a number."""

    terms: tuple[Term, ...]
    by: Comparison
    value: float


class Every(
    Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="is", tag="every"
):
    """All of these; of nothing: true."""

    of: "tuple[Condition, ...]"


class Some(
    Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="is", tag="some"
):
    """One of these; of nothing: false."""

    of: "tuple[Condition, ...]"


class Unless(
    Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="is",
    tag="unless",
):  # fmt: skip
    """Not this."""

    of: "Condition"


Condition = Compare | Every | Some | Unless


class Branch(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """qti-branch-rule: where to go on, once the element that carries it is left."""

    when: Condition
    to: Target


class ItemRef(
    Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="is", tag="item"
):
    """An item in its place."""

    item: BookletItemId
    required: bool = False
    """Selection always takes it."""
    fixed: bool = False
    """Ordering leaves it in its place."""
    control: Control = Control()
    limits: Limits | None = None
    when: Condition | None = None
    """qti-pre-condition. Linear navigation only, as for sections."""
    branches: tuple[Branch, ...] = ()


class Section(
    Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="is",
    tag="section",
):  # fmt: skip
    """A section, with its sections and items in document order."""

    id: SectionId
    children: "tuple[Section | ItemRef, ...]"
    title: str = ""
    visible: bool = True
    """False: no writer is told of it, and its title stays in the authority."""
    kept: bool = True
    """keep-together; False only where not visible: its children mix with its parent's."""
    required: bool = False
    fixed: bool = False
    select: int | None = None
    """How many children a seat is given; None: all."""
    shuffle: bool = False
    instructions: tuple[str | list[Any], ...] = ()
    limits: Limits | None = None
    when: Condition | None = None
    branches: tuple[Branch, ...] = ()


class TestPart(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """qti-test-part. Once left there is no way back into it."""

    id: TestPartId
    sections: tuple[Section, ...]
    title: str = ""
    navigation: Navigation = "nonlinear"
    submission: Submission = "simultaneous"
    instructions: tuple[str | list[Any], ...] = ()
    limits: Limits | None = None
    when: Condition | None = None
    branches: tuple[Branch, ...] = ()

    __test__ = False  # its name is QTI's word; pytest is not meant


class Plan(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The whole test. Every item of the booklet stands in it once."""

    parts: tuple[TestPart, ...]
    limits: Limits | None = None
    tables: dict[TableId, Table] = {}
    """By name, so that several rules share them."""
