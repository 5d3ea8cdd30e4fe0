"""Which items a seat was given: selection and order by its seed, then the way its answers took.

The runner does the same in runner/src/sitting/{layout,route}.ts; tests/vectors/plan.json holds both
to docs/protocol.md. Pure: the seed is the seat's shuffle seed for the part.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from ardoise.contract.booklet import Booklet, Response
from ardoise.contract.plan import (
    Branch,
    Compare,
    Condition,
    Every,
    ItemRef,
    Plan,
    Row,
    Section,
    Some,
    Table,
    TestPart,
    Unless,
)
from ardoise.contract.sheet import Sheet
from ardoise.seal.derive import shuffled

SELECT, ORDER = "ardoise-select/1", "ardoise-order/1"
"""Stand where an item's id stands when options are shuffled; no item can be called so."""
END = "end"
Capture = Callable[[Any, str], object]
"""Base type and raw text to a comparable value, or None: `scoring.values.parse_response`."""
Answers = Mapping[str, Mapping[str, Sequence[str]]]


class Stop(Struct, frozen=True):
    """An item in its place on the way, with the sections it stands in, outermost first."""

    ref: ItemRef
    sections: tuple[Section, ...]


class Administered(Struct, frozen=True):
    """What one seat was given of a booklet."""

    items: tuple[str, ...]
    """In the order in which this seat meets them; any other item is not administered."""
    path: tuple[str, ...]
    """Test parts on its way. Parts beyond the last one entered are those it would have taken."""
    agrees: bool
    """Whether the path in the sheet is the one that these answers lead to."""


def administered(
    booklet: Booklet, seed: bytes, sheet: Sheet, *, capture: Capture | None = None
) -> Administered:
    """The items that a seat was given, whether it reached them or not.

    A sheet's own path is followed as far as it goes, since it says what was on the screen; from
    there on the way is the one that the answers so far lead to. `capture`: as the scorer reads
    responses; the raw text where there is none. Parts without a plan give every item.
    """
    if booklet.plan is None:
        return Administered(tuple(item.id for item in booklet.items), (), agrees=True)
    return _Walk(booklet, booklet.plan, seed, sheet, capture or _raw).walk()


def gives_all(plan: Plan) -> bool:
    """Whether every seat is given every item: nothing is selected, and no rule leads past any."""
    return not any(
        held.when is not None
        or held.branches
        or (isinstance(held, Section) and held.select is not None)
        for held in (*plan.parts, *_elements(plan))
    )


def needs_seed(plan: Plan) -> bool:
    """Whether the seat's seed has any part in what it is given."""
    sections = (held for held in _elements(plan) if isinstance(held, Section))
    return any(section.shuffle or section.select is not None for section in sections)


def _elements(plan: Plan) -> Iterator[Section | ItemRef]:
    """All sections and items of a plan."""
    waiting: list[Section | ItemRef] = [held for part in plan.parts for held in part.sections]
    while waiting:
        held = waiting.pop()
        yield held
        if isinstance(held, Section):
            waiting.extend(held.children)


def layout(part: TestPart, seed: bytes) -> tuple[Stop, ...]:
    """A test part's items in the order of one seat, those alone that were selected for it."""
    return tuple(
        stop for section in part.sections for stop in _stops(section, (), _arranged(section, seed))
    )


def _stops(
    section: Section, outer: tuple[Section, ...], children: Sequence["Section | ItemRef | _Laid"]
) -> Iterator[Stop]:
    chain = (*outer, section)
    for child in children:
        if isinstance(child, _Laid):
            yield from _stops(child.section, chain, child.children)
        elif isinstance(child, ItemRef):
            yield Stop(child, chain)


class _Laid(Struct, frozen=True):
    """A section whose children stand in a seat's order."""

    section: Section
    children: tuple["ItemRef | _Laid", ...]


def _arranged(section: Section, seed: bytes) -> tuple["ItemRef | _Laid", ...]:
    """1. Select. 2. Lay out inner sections. 3. Mix in those not kept together. 4. Order."""
    # 1.
    chosen = list(section.children)
    if section.select is not None:
        names = [_name(child) for child in chosen if not child.required]
        free = max(0, section.select - sum(child.required for child in chosen))
        taken = set(shuffled(seed, SELECT, section.id, names)[:free])
        chosen = [child for child in chosen if child.required or _name(child) in taken]
    # 2, 3.
    held: list[ItemRef | _Laid] = []
    for child in chosen:
        if isinstance(child, ItemRef):
            held.append(child)
        elif section.shuffle and not child.kept and not child.fixed:
            held += _arranged(child, seed)
        else:
            held.append(_Laid(child, _arranged(child, seed)))
    # 4.
    if not section.shuffle:
        return tuple(held)
    by_name = {_name(child): child for child in held}
    moving = shuffled(seed, ORDER, section.id, [n for n, c in by_name.items() if not _fixed(c)])
    order = iter(moving)
    return tuple(child if _fixed(child) else by_name[next(order)] for child in held)


def _name(child: "Section | ItemRef | _Laid") -> str:
    if isinstance(child, ItemRef):
        return child.item
    return child.section.id if isinstance(child, _Laid) else child.id


def _fixed(child: "ItemRef | _Laid") -> bool:
    return child.section.fixed if isinstance(child, _Laid) else child.fixed


class Rules:
    """Evaluates a plan's conditions on the answers so far."""

    def __init__(self, booklet: Booklet, plan: Plan, capture: Capture | None = None) -> None:
        self._tables = plan.tables
        self._responses: dict[str, dict[str, Response]] = {
            item.id: {response.id: response for response in item.responses}
            for item in booklet.items
        }
        self._capture = capture or _raw

    def holds(self, condition: Condition | None, answers: Answers, given: frozenset[str]) -> bool:
        """Whether a condition is true; none is. `given`: items that the seat was given so far."""
        if condition is None:
            return True
        if isinstance(condition, Every):
            return all(self.holds(one, answers, given) for one in condition.of)
        if isinstance(condition, Some):
            return any(self.holds(one, answers, given) for one in condition.of)
        if isinstance(condition, Unless):
            return not self.holds(condition.of, answers, given)
        return self._compares(condition, answers, given)

    def first(
        self, branches: Sequence[Branch], answers: Answers, given: frozenset[str]
    ) -> str | None:
        """Where the first branch that is true goes."""
        taken = (branch.to for branch in branches if self.holds(branch.when, answers, given))
        return next(taken, None)

    def _compares(self, of: Compare, answers: Answers, given: frozenset[str]) -> bool:
        total = 0.0
        for term in of.terms:
            total += term.weight * self.points(self._tables[term.table], answers, given)
        return {
            "lt": total < of.value, "lte": total <= of.value, "gt": total > of.value,
            "gte": total >= of.value, "equal": total == of.value, "unequal": total != of.value,
        }[of.by]  # fmt: skip

    def points(self, table: Table, answers: Answers, given: frozenset[str]) -> float:
        """What the answers to a table's item are worth."""
        if table.item not in given:
            return table.absent
        held = answers.get(table.item, {})
        for row in table.rows:
            if all(
                self._same(self._responses[table.item][name], held.get(name, ()), wanted, row)
                for name, wanted in zip(table.responses, row.given, strict=True)
            ):
                return row.points
        return table.otherwise

    def _same(
        self, response: Response, given: Sequence[str], wanted: Sequence[str], row: Row
    ) -> bool:
        here, there = ([self._value(response, v, row) for v in vs] for vs in (given, wanted))
        here = [value for value in here if value is not None]
        if response.cardinality == "multiple":
            return sorted(map(str, here)) == sorted(map(str, there))
        return here == there

    def _value(self, response: Response, text: str, row: Row) -> object:
        if response.base not in ("string", "integer", "float"):
            return text
        value = self._capture(response.base, text)
        return value.lower() if row.folded and isinstance(value, str) else value


def _raw(base: str, text: str) -> object:
    plain = text.strip()
    if base == "string":
        return plain or None
    try:
        return float(plain.replace(",", "."))
    except ValueError:
        return None


class _Walk:
    """One seat's way through a plan."""

    def __init__(
        self, booklet: Booklet, plan: Plan, seed: bytes, sheet: Sheet, capture: Capture
    ) -> None:
        self._plan = plan
        self._seed = seed
        self._sheet = sheet
        self._rules = Rules(booklet, plan, capture)
        self._visited = frozenset(sheet.visited)
        self._given: frozenset[str] = frozenset()

    def walk(self) -> Administered:
        recorded = [step for step in self._sheet.path if step != END]
        items: list[str] = []
        path: list[str] = []
        agrees = True
        at = self._arrive(0)
        while True:
            if len(path) < len(recorded):
                wanted = self._index(recorded[len(path)])
                agrees = agrees and wanted == at
                at = None if recorded[len(path)] in path else wanted
            if at is None:
                break
            part = self._plan.parts[at]
            path.append(part.id)
            met, quit_ = self._met(part)
            items += met
            at = None if quit_ else self._after(at)
        return Administered(tuple(dict.fromkeys(items)), tuple(path), agrees)

    def _index(self, part_id: str) -> int | None:
        return next((n for n, part in enumerate(self._plan.parts) if part.id == part_id), None)

    def _arrive(self, at: int) -> int | None:
        """The first part from here on whose pre-condition holds."""
        for place in range(at, len(self._plan.parts)):
            if self._holds(self._plan.parts[place].when):
                return place
        return None

    def _after(self, at: int) -> int | None:
        target = self._first(self._plan.parts[at].branches)
        if target is None:
            return self._arrive(at + 1)
        found = self._index(target)
        return None if found is None else self._arrive(found)

    def _met(self, part: TestPart) -> tuple[list[str], bool]:
        """The items of a part that the seat was given, and whether the test ends in it."""
        stops = layout(part, self._seed)
        if part.navigation == "nonlinear":
            met = [stop.ref.item for stop in stops]
            self._given |= frozenset(met)
            return met, False
        way = Way(stops, self._first, self._holds)
        met, place = [], way.start()
        while place is not None:
            met.append(stops[place].ref.item)
            # A rule that asks for an item further on was answered before that item was seen.
            self._given |= self._visited.intersection(met[-1:])
            place = way.next(place)
        # What was on the screen was given, whatever the rules say of it.
        seen = [stop.ref.item for stop in stops if stop.ref.item in self._visited]
        self._given |= frozenset(seen)
        return met + [item for item in seen if item not in met], way.quits

    def _holds(self, condition: Condition | None) -> bool:
        return self._rules.holds(condition, self._sheet.responses, self._given)

    def _first(self, branches: Sequence[Branch]) -> str | None:
        return self._rules.first(branches, self._sheet.responses, self._given)


class Way:
    """The way through a linear part: pre-conditions skip, branch rules jump, only ever forward."""

    def __init__(
        self,
        stops: Sequence[Stop],
        first: Callable[[Sequence[Branch]], str | None],
        holds: Callable[[Condition | None], bool],
    ) -> None:
        self._stops = stops
        self._first = first
        self._holds = holds
        self.quits = False
        """Whether a rule ended the whole test."""

    def start(self) -> int | None:
        """The first item, or None if the part gives none."""
        return self._arrive(0, ())

    def next(self, place: int) -> int | None:
        """The item after this one; None: the part is over."""
        stop = self._stops[place]
        following = self._leave(place, stop.sections, self._first(stop.ref.branches))
        return None if following is None else self._arrive(*following)

    def _leave(
        self, place: int, inside: Sequence[Section], target: str | None
    ) -> tuple[int, Sequence[Section]] | None:
        """Go on from a place, out of the sections in hand, innermost first; or to a target.

        Where to arrive, and the sections that are not entered anew there; None: the part is over.
        """
        for depth in range(len(inside) - 1, -1, -1):
            section = inside[depth]
            if target is None and place + 1 < len(self._stops) and self._within(place + 1, section):
                return place + 1, inside[: depth + 1]
            if target not in (None, "exit-section"):
                break
            place = self._last(section, place)
            target = self._first(section.branches)
        if target in ("exit-part", "exit-test"):
            self.quits = target == "exit-test"
            return None
        if target is None or target == "exit-section":
            return place + 1, ()
        found = self._find(target, place)
        return None if found is None else (found, self._shared(place, found))

    def _arrive(self, place: int, inside: Sequence[Section]) -> int | None:
        """The first place from this one on that no pre-condition skips."""
        while place < len(self._stops):
            skipped = self._skipped(place, inside)
            if skipped is None:
                return place
            following = self._leave(*skipped, None)
            if following is None:
                return None
            place, inside = following
        return None

    def _skipped(
        self, place: int, inside: Sequence[Section]
    ) -> tuple[int, Sequence[Section]] | None:
        """From where to go on if a pre-condition skips this place, or a section entered with it."""
        stop = self._stops[place]
        known = {section.id for section in inside}
        for depth, section in enumerate(stop.sections):
            if section.id not in known and not self._holds(section.when):
                return self._last(section, place), stop.sections[:depth]
        return None if self._holds(stop.ref.when) else (place, stop.sections)

    def _within(self, place: int, section: Section) -> bool:
        return any(held.id == section.id for held in self._stops[place].sections)

    def _last(self, section: Section, place: int) -> int:
        """The last place of a section that this place stands in."""
        while place + 1 < len(self._stops) and self._within(place + 1, section):
            place += 1
        return place

    def _find(self, target: str, place: int) -> int | None:
        for later in range(place + 1, len(self._stops)):
            stop = self._stops[later]
            if target == stop.ref.item or any(held.id == target for held in stop.sections):
                return later
        return None

    def _shared(self, here: int, there: int) -> tuple[Section, ...]:
        """The sections that both places stand in: they are not entered anew."""
        ids = {section.id for section in self._stops[here].sections}
        return tuple(s for s in self._stops[there].sections if s.id in ids)
