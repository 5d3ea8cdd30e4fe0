"""What a part's test makes of its items' outcomes, sheet by sheet: QTI outcome processing.

Selected are the items that the seat was given; presented, those that the sheet reached. While one
of its texts waits for a rater a sheet has no test outcomes: a sum without it would read as final.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ardoise.authority.marking.scorers import FormScorers
from ardoise.content import assessment_model as model
from ardoise.content.package import Package
from ardoise.contract.sheet import Sheet
from ardoise.scoring.assessments import (
    AssessmentScorer,
    ItemRef,
    ItemSession,
    compile_test,
    first_values,
)
from ardoise.scoring.reporting import lexical
from ardoise.scoring.scope import Datum
from ardoise.scoring.templates import SCORE

if TYPE_CHECKING:
    from ardoise.authority.marking.rules import ItemMark

_REACHED = frozenset({"scored", "omitted", "unrated"})
_RESPONDED = frozenset({"scored", "unrated"})


class Assessment:
    """The outcome processing of one package's test."""

    def __init__(self, scorer: AssessmentScorer, refs: Mapping[str, ItemRef]) -> None:
        self._scorer = scorer
        self._refs = refs
        """The package's item identifier → how the test refers to it."""
        self._first = {name: first_values(ref) for name, ref in refs.items()}

    def outcomes(
        self, sheet: Sheet, marks: "Mapping[str, ItemMark]", scorers: FormScorers
    ) -> dict[str, tuple[str, ...]]:
        """Test outcome → its values in QTI's lexical form, none for NULL; records are left out.

        Empty while a rater is due.
        """
        if any(mark.status == "unrated" for mark in marks.values()):
            return {}
        sessions = {}
        for neutral, mark in marks.items():
            name = scorers.keymap.items[neutral].original
            if name in self._refs and mark.status != "not-administered":
                reference = self._refs[name].identifier
                sessions[reference] = self._session(sheet, name, neutral, mark, scorers)
        found = self._scorer.score(sessions)
        return {name: lexical(held) for name, held in found.items() if not isinstance(held, dict)}

    def _session(
        self, sheet: Sheet, name: str, neutral: str, mark: "ItemMark", scorers: FormScorers
    ) -> ItemSession:
        first, drawn = self._first[name], scorers.values.get(neutral)
        correct = None if drawn is None else drawn.correct
        if mark.status not in _REACHED:
            return ItemSession(first, presented=False, responded=False, correct=correct)
        responses = sheet.responses.get(neutral, {})
        found = scorers.remembered(neutral, responses)
        values: dict[str, Datum] = {
            **first,
            **found.outcomes,
            **scorers.read(neutral, responses),
            "numAttempts": 1,
            "duration": float(sheet.seconds.get(neutral, 0.0)),
            "completionStatus": found.completion,
        }
        if mark.score is not None and not scorers[neutral].machine_scored:
            values[SCORE] = mark.score
        return ItemSession(values, responded=mark.status in _RESPONDED, correct=correct)


def assessment_of(package: Package) -> Assessment | None:
    """None where the test, if there is one, has no outcome processing. Raises ContentFault."""
    test = package.test
    if test is None or test.outcome_processing is None:
        return None
    by_file = {item.file: item for item in package.items}
    refs = {
        by_file[ref.path].identifier: ItemRef(
            ref.identifier,
            by_file[ref.path].scorable,
            sections=frozenset(sections),
            categories=frozenset(ref.categories),
            weights=ref.weights,
            names={target: source for source, target in ref.variable_mappings},
        )
        for ref, sections in _placed(test)
        if ref.path in by_file
    }
    scorer = compile_test(
        test.identifier,
        test.outcomes,
        test.outcome_processing,
        list(refs.values()),
        file=test.file,
    )
    return Assessment(scorer, refs)


def _placed(test: model.Test) -> Iterator[tuple[model.ItemRef, tuple[str, ...]]]:
    """Every reference to an item, with the sections it stands in."""

    def inside(
        section: model.Section, outer: tuple[str, ...]
    ) -> Iterator[tuple[model.ItemRef, tuple[str, ...]]]:
        here = (*outer, section.identifier)
        for child in section.children:
            if isinstance(child, model.Section):
                yield from inside(child, here)
            else:
                yield child, here

    for part in test.parts:
        for section in part.sections:
            yield from inside(section, ())
