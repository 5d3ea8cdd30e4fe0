"""What rules see: `Scope` while they are compiled, `State` while they run.

Every expression becomes a `Compiled`: a closure with the type that it is known to give. Types are
checked while compiling, so that running needs no checks (QTI 3 ASI, "Expressions": each states the
cardinality and base type that it takes and gives).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, NoReturn

from ardoise.content.dialects import warning_of
from ardoise.content.faults import ContentFault, Finding
from ardoise.content.processing import Expression
from ardoise.content.variables import (
    BaseType,
    Cardinality,
    OutcomeDeclaration,
    ResponseDeclaration,
    TemplateDeclaration,
)
from ardoise.scoring.values import Value, constant, parse_lexical

if TYPE_CHECKING:
    from ardoise.scoring.assessments import AssessmentView
    from ardoise.scoring.draws import Draws

Record = dict[str, Value | None]
Datum = Value | tuple[Value, ...] | Record | None
"""What a variable holds: a single value, a container, a record, or None: NULL."""
Run = Callable[["State"], Any]
Capture = Callable[[BaseType, str], Value | None]
"""Text to value: `values.parse_response` for what pupils type, `values.parse_lexical` for QTI's."""
Declaration = ResponseDeclaration | OutcomeDeclaration | TemplateDeclaration
Role = Literal["response", "outcome", "template", "context", "built-in"]


class State:
    """One run of rules over one set of values. Mutable, and used once."""

    __slots__ = ("correct", "defaults", "draws", "rounds", "test", "trace", "values")

    def __init__(
        self,
        values: dict[str, Datum],
        correct: Mapping[str, Datum],
        defaults: Mapping[str, Datum],
        draws: "Draws | None" = None,
        trace: "list[Step] | None" = None,
        test: "AssessmentView | None" = None,
    ) -> None:
        self.values = values
        self.correct = correct
        self.defaults = defaults
        self.draws = draws
        self.trace = trace
        self.test = test
        self.rounds = 0
        """How often `repeat` has gone round."""


class Step(NamedTuple):
    """One rule that ran, for a trace."""

    line: int | None
    rule: str
    subject: str
    """The variable that was set; empty for a branch."""
    value: Any


class Compiled(NamedTuple):
    """An expression ready to run. An unknown type (None) is that of NULL or of a record's field."""

    run: Run
    cardinality: Cardinality | None
    base: BaseType | None


@dataclass(frozen=True, slots=True)
class Variable:
    """A declared or built-in variable."""

    identifier: str
    role: Role
    cardinality: Cardinality
    base: BaseType | None
    declaration: Declaration | None = None


_SESSION: dict[str, BaseType] = {
    "numAttempts": "integer", "num-attempts": "integer", "duration": "duration",
    "completionStatus": "identifier", "completion-status": "identifier",
}  # fmt: skip
BUILT_IN = {
    **{name: Variable(name, "built-in", "single", base) for name, base in _SESSION.items()},
    "QTI_CONTEXT": Variable("QTI_CONTEXT", "context", "record", None),
}
"""Variables that every item has without declaring them; the session's in both spellings. The
context (QTI 3) would name the candidate: here its fields are NULL.
"""
SPELLED = {"num-attempts": "numAttempts", "completion-status": "completionStatus"}


@dataclass(slots=True)
class Scope:
    """What is declared, and where, while rules are compiled."""

    file: str
    item: str
    variables: Mapping[str, Variable]
    capture: Capture = parse_lexical
    level: Literal["item", "test"] = "item"
    items: Mapping[str, Any] = field(default_factory=dict)
    """Test level: item-ref identifier → the item's `assessments.ItemRef`."""
    draws: bool = False
    """Set once an expression that draws at random has been compiled."""
    warnings: list[Finding] = field(default_factory=list)
    """Where values are of a type that QTI does not ask for, and what they are read as."""

    def extend(self, line: int | None, element: str, meaning: str) -> None:
        """Keeps a warning: QTI's element over values that QTI does not give it (dialects.py).

        Raises ContentFault in a test, whose rules also go to the browsers: they know QTI alone.
        """
        if self.level == "test":
            message = f"cannot be read as {meaning}: a test's rules must be QTI's, to the letter"
            self.fault_at(line, element, message)
        message = warning_of(meaning, known=True)
        found = Finding(self.file, message, self.item, f"qti-{element}", line)
        if found not in self.warnings:
            self.warnings.append(found)

    def fault(self, expression: Expression, message: str) -> NoReturn:
        """Raises ContentFault naming file, item, element and line."""
        self.fault_at(expression.line, expression.name, message)

    def fault_at(self, line: int | None, element: str, message: str) -> NoReturn:
        """Raises ContentFault for a rule."""
        raise ContentFault(Finding(self.file, message, self.item, f"qti-{element}", line))

    def variable(self, expression: Expression, identifier: str) -> Variable:
        """The variable of this identifier. Raises ContentFault if there is none."""
        found = self.variables.get(identifier) or BUILT_IN.get(identifier)
        if found is None:
            self.fault(expression, f"names {identifier}, which is not declared")
        return found

    def value(self, base: BaseType, text: str) -> Value | None:
        """A value that the author wrote, in the form in which responses come."""
        return constant(base, text, self._text)

    def _text(self, text: str) -> str:
        found = self.capture("string", text)
        # A text of white space alone is no response, but may be looked for within one.
        return text if found is None else str(found)


def null(_: State) -> None:
    """NULL, whatever the state."""
    return


def always(value: Any) -> Run:
    """The same value, whatever the state."""
    return lambda _: value
