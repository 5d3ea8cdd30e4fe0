"""From a test's structure to a booklet's plan: neutral names, inherited control, compiled rules.

What it leaves behind: identifiers, categories, weights, outcome processing, titles of invisible
sections. The only key material that a plan may hold is the tables of the items that rules ask for.
"""

from collections.abc import Callable, Sequence

from ardoise.content import assessment_model as model
from ardoise.content.assessment_model import SessionControl
from ardoise.content.faults import ContentFault, Finding
from ardoise.content.keymap import KeyMap
from ardoise.content.model import Item, Rubric
from ardoise.content.plan_rules import RuleCompiler
from ardoise.content.plan_tables import Points, Tabulator, Unroutable
from ardoise.content.processing import Expression
from ardoise.contract.booklet import Node
from ardoise.contract.plan import (
    Branch,
    Condition,
    Control,
    ItemRef,
    Limits,
    Plan,
    Section,
    TestPart,
)

_QTI_DEFAULTS = SessionControl(attempts=1, review=True, skipping=True, validate=False)
_EXITS = {
    "EXIT_TEST": "exit-test", "EXIT_TESTPART": "exit-part", "EXIT_SECTION": "exit-section",
}  # fmt: skip
_FROM_PART = ("EXIT_TEST",)
Nodes = Callable[[Sequence[Rubric]], tuple[Node, ...]]
"""What this writer sees of rubrics."""


def plan_of(
    test: model.Test,
    items: Sequence[Item],
    keymap: KeyMap,
    *,
    nodes: Nodes,
    points: Points | None = None,
) -> Plan:
    """The plan of a test whose items are these, in document order, named i1, i2, … in `keymap`.

    Raises ContentFault with everything that a browser cannot keep to.
    """
    return _Planner(test, items, keymap, nodes, points).plan()


def check_plain(test: model.Test) -> None:
    """Raises ContentFault unless every item comes in its place: what a teacher keys is on paper."""
    findings = [
        Finding(section.file, f"a teacher keys it: {message}", "", "qti-assessment-section",
                section.line)
        for section in test.sections()
        for asked, message in (
            (section.select is not None, "every pupil has the whole booklet, select nothing"),
            (section.shuffle, "the booklet is printed in one order, do not shuffle"),
        )
        if asked
    ]  # fmt: skip
    carriers: list[model.TestPart | model.Section | model.ItemRef] = [
        *test.parts, *test.sections(), *test.items(),
    ]  # fmt: skip
    for held in carriers:
        if held.conditions or held.branches:
            message = f"a teacher keys it: {held.identifier} can have no rules"
            findings.append(Finding(test.file, message, line=held.line))
    if findings:
        raise ContentFault(*findings)


class _Planner:
    def __init__(
        self,
        test: model.Test,
        items: Sequence[Item],
        keymap: KeyMap,
        nodes: Nodes,
        points: Points | None,
    ) -> None:
        ids = tuple(keymap.items)
        named = list(zip(test.items(), ids, items, strict=True))
        self._test = test
        self._nodes = nodes
        self._items = {ref.identifier: item_id for ref, item_id, _ in named}
        self._names = {section.identifier: f"s{n}" for n, section in enumerate(test.sections(), 1)}
        self._parts = {part.identifier: f"p{n}" for n, part in enumerate(test.parts, 1)}
        tabulator = Tabulator(dict(zip(ids, items, strict=True)), keymap)
        refs = {ref.identifier: (ref, item_id, item) for ref, item_id, item in named}
        self._rules = RuleCompiler(test, refs, tabulator, points)
        self._faults: list[Finding] = []

    def plan(self) -> Plan:
        """1. The parts. 2. Whatever could not be compiled, at once."""
        # 1.
        parts = tuple(self._part(part) for part in self._test.parts)
        # 2.
        if self._faults:
            raise ContentFault(*self._faults)
        return Plan(parts, _limits(self._test.limits), self._rules.tables)

    def _fault(self, file: str, message: str, element: str, line: int | None) -> None:
        self._faults.append(Finding(file, message, "", element, line))

    def _part(self, part: model.TestPart) -> TestPart:
        file = self._test.file
        later = [p.identifier for p in self._test.parts]
        later = later[later.index(part.identifier) + 1 :]
        linear = part.navigation == "linear"
        control = part.control.within(_QTI_DEFAULTS)
        sections = tuple(self._section(section, control, part, None) for section in part.sections)
        branches: list[Branch] = []
        for rule in part.branches:
            if rule.target not in (*later, *_FROM_PART):
                message = f"goes to {rule.target}, which is no test part further on nor EXIT_TEST"
                self._fault(file, message, "qti-branch-rule", rule.line)
            elif (when := self._compiled(file, (rule.when,))) is not None:
                branches.append(Branch(when, _EXITS.get(rule.target) or self._parts[rule.target]))
        return TestPart(
            id=self._parts[part.identifier],
            sections=sections,
            title=part.title,
            navigation="linear" if linear else "nonlinear",
            submission=part.submission,
            instructions=self._nodes(part.rubrics),
            limits=_limits(part.limits),
            when=self._compiled(file, part.conditions),
            branches=tuple(branches),
        )

    def _section(
        self,
        section: model.Section,
        outer: SessionControl,
        part: model.TestPart,
        parent: model.Section | None,
    ) -> Section:
        control = section.control.within(outer)
        dissolved = not section.kept and parent is not None and parent.shuffle
        ruled = section.conditions or section.branches or section.limits or section.rubrics
        if dissolved and ruled:
            message = (
                "is mixed with its parent's items, so it cannot have rules, limits or "
                "instructions: set keep-together to true"
            )
            self._fault(section.file, message, "qti-assessment-section", section.line)
        children = tuple(
            self._section(child, control, part, section)
            if isinstance(child, model.Section)
            else self._item(child, control, part, section)
            for child in section.children
        )
        return Section(
            id=self._names[section.identifier],
            children=children,
            title=section.title if section.visible else "",
            visible=section.visible,
            kept=section.kept,
            required=section.required,
            fixed=section.fixed,
            select=section.select,
            shuffle=section.shuffle,
            instructions=self._nodes(section.rubrics),
            limits=_limits(section.limits),
            when=self._condition(section.file, section.conditions, part),
            branches=self._branches(section, section.branches, part, parent),
        )

    def _item(
        self,
        ref: model.ItemRef,
        outer: SessionControl,
        part: model.TestPart,
        parent: model.Section,
    ) -> ItemRef:
        if ref.template_defaults:
            message = "gives an item's template variables a start of the test's own: not done here"
            self._fault(ref.file, message, "qti-template-default", ref.line)
        control = ref.control.within(outer)
        return ItemRef(
            item=self._items[ref.identifier],
            required=ref.required,
            fixed=ref.fixed,
            control=Control(
                attempts=1 if control.attempts is None else control.attempts,
                review=control.review is not False,
                skipping=control.skipping is not False,
                validate=bool(control.validate),
            ),
            limits=_limits(ref.limits),
            when=self._condition(ref.file, ref.conditions, part),
            branches=self._branches(ref, ref.branches, part, parent),
        )

    # Rules

    def _condition(
        self, file: str, conditions: Sequence[Expression], part: model.TestPart
    ) -> Condition | None:
        """A pre-condition inside a part: QTI asks for it in linear navigation only."""
        return self._compiled(file, conditions) if part.navigation == "linear" else None

    def _compiled(self, file: str, conditions: Sequence[Expression]) -> Condition | None:
        try:
            return self._rules.all_of(conditions)
        except Unroutable as fault:
            self._faults.append(fault.finding(file))
            return None

    def _branches(
        self,
        at: model.Section | model.ItemRef,
        rules: Sequence[model.BranchRule],
        part: model.TestPart,
        parent: model.Section | None,
    ) -> tuple[Branch, ...]:
        """Branch rules inside a part: linear navigation only, and forward only."""
        if part.navigation != "linear":
            return ()
        order = _order(part)
        inside = [ref.identifier for ref in at.items()] if isinstance(at, model.Section) else []
        last = max((order.index(name) for name in (at.identifier, *inside)), default=0)
        held: list[Branch] = []
        for rule in rules:
            if parent is not None and parent.shuffle:
                message = "stands in a shuffled section, where nobody knows what comes next"
            elif rule.target not in _EXITS and rule.target not in order[last + 1 :]:
                message = f"goes to {rule.target}, which does not come later in the same test part"
            elif (when := self._compiled(at.file, (rule.when,))) is not None:
                target = _EXITS.get(rule.target) or self._names.get(rule.target)
                held.append(Branch(when, target or self._items[rule.target]))
                continue
            else:
                continue
            self._fault(at.file, message, "qti-branch-rule", rule.line)
        return tuple(held)


def _order(part: model.TestPart) -> list[str]:
    """Identifiers of a part's sections and items, in document order."""
    found: list[str] = []

    def walk(held: model.Section | model.ItemRef) -> None:
        found.append(held.identifier)
        if isinstance(held, model.Section):
            for child in held.children:
                walk(child)

    for section in part.sections:
        walk(section)
    return found


def _limits(limits: model.TimeLimits | None) -> Limits | None:
    if limits is None or (limits.least is None and limits.most is None):
        return None
    return Limits(most=limits.most, least=limits.least, late=limits.late)
