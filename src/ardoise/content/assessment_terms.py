"""What any element of a test may say of itself: rules, limits, session control, selection, weights.

QTI 3 ASI information model, "ItemSessionControl", "TimeLimits", "PreCondition", "BranchRule",
"Selection", "Ordering".
"""

from lxml import etree

from ardoise.content.assessment_model import BranchRule, SessionControl, TimeLimits
from ardoise.content.documents import children, line_of, local
from ardoise.content.faults import Finding, Findings
from ardoise.content.processing import Expression
from ardoise.content.rule_reader import RuleReader
from ardoise.content.variables import number, seconds

SECONDS_LIMIT = 86_400.0
_BRANCHED = frozenset({"qti-pre-condition", "qti-branch-rule"})
_READ = _BRANCHED | {"qti-time-limits", "qti-item-session-control"}
_TRUE, _FALSE = ("true", "1"), ("false", "0")
_UNTOLD = {
    "show-feedback": "feedback is never shown in an assessment",
    "show-solution": "solutions are never shown in an assessment",
}


class TermReader:
    """Reads terms of one file; faults go to `findings`."""

    def __init__(self, *, file: str, findings: Findings) -> None:
        self._file = file
        self._findings = findings
        self._rules = RuleReader(file=file, item="", findings=findings)

    def _finding(self, element: etree._Element, message: str) -> Finding:
        return Finding(self._file, message, "", local(element), line_of(element))

    def _fault(self, element: etree._Element, message: str) -> None:
        self._findings.fault(self._finding(element, message))

    @staticmethod
    def reads(name: str) -> bool:
        """Whether this reader is the one to read elements of this name."""
        return name in _READ

    def flag(self, element: etree._Element, name: str, *, default: bool = False) -> bool:
        """A boolean attribute."""
        given = element.get(name)
        if given is None or given.strip() in _TRUE + _FALSE:
            return default if given is None else given.strip() in _TRUE
        self._fault(element, f"{name} must be true or false")
        return default

    def one_of(self, element: etree._Element, name: str, allowed: tuple[str, ...]) -> str:
        """A required attribute with few values."""
        given = (element.get(name) or "").strip()
        if given not in allowed:
            self._fault(element, f"{name} must be {' or '.join(allowed)}")
            return allowed[-1]
        return given

    def limits(self, element: etree._Element) -> TimeLimits | None:
        """The time limits that an element carries."""
        for held in children(element, "qti-time-limits"):
            least, most = (self._seconds(held, name) for name in ("min-time", "max-time"))
            if least is not None and most is not None and least > most:
                self._fault(held, "min-time is above max-time")
            late = self.flag(held, "allow-late-submission")
            return TimeLimits(least, most, late)
        return None

    def _seconds(self, element: etree._Element, name: str) -> float | None:
        given = element.get(name)
        if given is None:
            return None
        value = seconds(given)
        if value is None or value > SECONDS_LIMIT:
            self._fault(element, f"{name} must be seconds, {SECONDS_LIMIT:.0f} at most")
            return None
        return value or None

    def control(self, element: etree._Element) -> SessionControl:
        """What an element says of item sessions; the rest is inherited."""
        for held in children(element, "qti-item-session-control"):
            for name, message in _UNTOLD.items():
                if self.flag(held, name):
                    self._findings.warn(self._finding(held, message))
            if self.flag(held, "allow-comment"):
                self._fault(held, "pupils write no comments: set allow-comment to false")
            return SessionControl(
                self._attempts(held), self._told(held, "allow-review"),
                self._told(held, "allow-skipping"), self._told(held, "validate-responses"),
            )  # fmt: skip
        return SessionControl()

    def _told(self, element: etree._Element, name: str) -> bool | None:
        return None if element.get(name) is None else self.flag(element, name)

    def _attempts(self, element: etree._Element) -> int | None:
        given = element.get("max-attempts")
        if given is None:
            return None
        if not given.strip().isdecimal() or len(given.strip()) > 4:
            self._fault(element, "max-attempts must be a whole number; 0: no limit")
            return None
        return int(given)

    def conditions(self, element: etree._Element) -> tuple[Expression, ...]:
        """Pre-conditions; all must be true."""
        held = (self._rules.condition_of(one) for one in children(element, "qti-pre-condition"))
        return tuple(one for one in held if one is not None)

    def branches(self, element: etree._Element) -> tuple[BranchRule, ...]:
        """Branch rules in order: the first that is true counts."""
        found: list[BranchRule] = []
        for rule in children(element, "qti-branch-rule"):
            target = (rule.get("target") or "").strip()
            when = self._rules.condition_of(rule)
            if not target:
                self._fault(rule, "needs a target")
            elif when is not None:
                found.append(BranchRule(target, when, line_of(rule)))
        return tuple(found)

    def selection(self, element: etree._Element, held: int) -> int | None:
        """How many children a pupil is given; None: all."""
        for selection in children(element, "qti-selection"):
            if self.flag(selection, "with-replacement"):
                message = "a pupil is given an item once: set with-replacement to false"
                self._fault(selection, message)
            if next(children(selection), None) is not None:
                self._fault(selection, "holds an extension, which is not known: remove it")
            given = (selection.get("select") or "").strip()
            count = int(given) if given.isdecimal() and len(given) < 5 else -1
            if not 0 <= count <= held:
                self._fault(selection, f"select must be a number up to {held}")
                return None
            return None if count == held else count
        return None

    def shuffled(self, element: etree._Element) -> bool:
        """Whether children come in an order of the seat's own."""
        for ordering in children(element, "qti-ordering"):
            if next(children(ordering), None) is not None:
                self._fault(ordering, "holds an extension, which is not known: remove it")
            return self.flag(ordering, "shuffle")
        return False

    def weights(self, element: etree._Element) -> dict[str, float]:
        """An item reference's weights by identifier."""
        found: dict[str, float] = {}
        for weight in children(element, "qti-weight"):
            identifier, value = weight.get("identifier") or "", number(weight.get("value"))
            if not identifier or value is None or abs(value) == float("inf"):
                self._fault(weight, "needs an identifier and a number as its value")
            else:
                found[identifier] = value
        return found

    def mappings(self, element: etree._Element) -> tuple[tuple[str, str], ...]:
        """An item reference's variable mappings: the item's name, the test's name."""
        found: list[tuple[str, str]] = []
        for held in children(element, "qti-variable-mapping"):
            pair = (held.get("source-identifier") or "", held.get("target-identifier") or "")
            if "" in pair:
                self._fault(held, "needs a source-identifier and a target-identifier")
            else:
                found.append(pair)
        return tuple(found)

    def template_defaults(self, element: etree._Element) -> tuple[tuple[str, Expression], ...]:
        """What an item's template variables start from, in this test."""
        found: list[tuple[str, Expression]] = []
        for held in children(element, "qti-template-default"):
            identifier = held.get("template-identifier") or ""
            when = self._rules.condition_of(held)
            if not identifier:
                self._fault(held, "needs a template-identifier")
            elif when is not None:
                found.append((identifier, when))
        return tuple(found)
