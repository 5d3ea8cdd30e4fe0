"""Tabulates what the answers to an item are worth, so that a browser can route without a scorer.

Where a pupil chooses, every possible answer is scored by the authority's own scorer and written
down; the table is exact, whatever rules the item has. Where a pupil types, only the standard
templates are tabulated: under them, texts that are no key are all worth the same.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import chain, combinations, islice, permutations, product
from typing import Any

from ardoise.content.faults import Finding
from ardoise.content.keymap import KeyMap
from ardoise.content.model import Item, Question
from ardoise.contract.plan import Row, Table

ROWS_LIMIT = 2_000
CHOSEN = frozenset({"choice", "inline-choice", "hottext", "hotspot", "order"})
"""Interactions whose answers are counted out."""
TEMPLATES = frozenset({
    "match_correct", "map_response", "CC2_match", "CC2_match_basic", "CC2_map_response",
    "CC2_match_inline",
})  # fmt: skip
RESPONSE = "RESPONSE"
"""The one response that a standard template scores."""
Responses = Mapping[str, tuple[str, ...]]
"""By QTI identifier."""
Points = Callable[[Item, Responses], Mapping[str, Any]]
"""Outcomes of an item for a set of responses: the authority's scorer."""


class Unroutable(Exception):
    """Why an item or expression cannot be compiled for the browser."""

    def __init__(self, message: str, element: str = "", line: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.element = element
        self.line = line

    def finding(self, file: str) -> Finding:
        """As a finding in the test's file."""
        return Finding(file, self.message, "", self.element, self.line)


class Tabulator:
    """Makes tables of one booklet's items. `keymap` names them neutrally."""

    def __init__(self, items: Mapping[str, Item], keymap: KeyMap) -> None:
        """`items`: by booklet id."""
        self._items = items
        self._keymap = keymap

    def table(self, item_id: str, worth: Callable[[Responses], float], absent: float) -> Table:
        """What every answer to an item is worth, by `worth`. Raises Unroutable."""
        item, key = self._items[item_id], self._keymap.items[item_id]
        template = item.template
        asked = [
            (response_id, question)
            for response_id, question in zip(key.responses, item.questions, strict=True)
            if template not in TEMPLATES or question.response == RESPONSE
        ]

        def points(answer: tuple[tuple[str, ...], ...]) -> float:
            given = {name: values for (name, _), values in zip(asked, answer, strict=True)}
            return worth(self._keymap.original(item_id, given)[1])

        if len(asked) == 1 and asked[0][1].interaction == "text-entry":
            return self._typed(item_id, asked[0], points, absent)
        domains = [self._chosen(item_id, response_id, question) for response_id, question in asked]
        answers = list(islice(product(*domains), ROWS_LIMIT + 1))
        if len(answers) > ROWS_LIMIT:
            raise Unroutable(
                f"item {item.identifier} has more than {ROWS_LIMIT} possible answers: route by "
                "items with fewer"
            )
        nothing = points(tuple(() for _ in asked))
        rows = tuple(Row(answer, points(answer)) for answer in answers)
        kept = tuple(row for row in rows if row.points != nothing)
        return Table(item_id, tuple(name for name, _ in asked), kept, nothing, absent)

    def _chosen(
        self, item_id: str, response_id: str, question: Question
    ) -> Iterator[tuple[str, ...]]:
        """All answers that can be chosen."""
        options = self._keymap.items[item_id].responses[response_id].options
        item = self._items[item_id]
        if question.interaction not in CHOSEN or options is None:
            raise Unroutable(
                f"item {item.identifier} is a {question.interaction}, whose answers cannot be "
                "counted out: route by choices, or by one text-entry under a standard template"
            )
        declared = next(r for r in item.responses if r.identifier == question.response)
        values = tuple(options)
        if declared.cardinality == "single":
            return chain(((),), ((value,) for value in values))
        most = min(question.max_choices or len(values), len(values))
        ways = permutations if declared.cardinality == "ordered" else combinations
        return chain.from_iterable(ways(values, count) for count in range(most + 1))

    def _typed(
        self,
        item_id: str,
        asked: tuple[str, Question],
        points: Callable[[tuple[tuple[str, ...], ...]], float],
        absent: float,
    ) -> Table:
        """Texts that are keys, nothing, and any other text."""
        item = self._items[item_id]
        declared = next(r for r in item.responses if r.identifier == asked[1].response)
        entries = declared.mapping.entries if declared.mapping is not None else ()
        if item.scorable.template_processing is not None:
            raise Unroutable(
                f"item {item.identifier} is typed, and its key is drawn: route by choices"
            )
        if item.template not in TEMPLATES or declared.base not in ("string", "integer", "float"):
            raise Unroutable(
                f"item {item.identifier} is typed and scored by rules of its own: route by typed "
                "answers only under match_correct or map_response"
            )
        if declared.base != "string" and declared.mapping is not None and declared.mapping.default:
            raise Unroutable(
                f"item {item.identifier} gives points for any number: set its mapping's "
                "default-value to 0 to route by it"
            )
        folded = {entry.key for entry in entries if not entry.case_sensitive}
        known = dict.fromkeys((*declared.correct, *(entry.key for entry in entries)))
        otherwise = points(((_other(tuple(known), declared.base),),))
        answers: list[tuple[str, ...]] = [(), *((text,) for text in known)]
        rows = (
            Row((given,), points((given,)), declared.base == "string" and folded.issuperset(given))
            for given in answers
        )
        kept = tuple(
            row if row.given != ((),) else Row(((),), row.points)
            for row in rows
            if row.points != otherwise
        )
        return Table(item_id, (asked[0],), kept, otherwise, absent)


def _other(known: tuple[str, ...], base: str) -> str:
    """A text, or number, that is none of these."""
    if base == "string":
        return "x" * (1 + max(map(len, known), default=0))
    return str(1 + max((int(abs(float(text))) + 1 for text in known), default=0))
