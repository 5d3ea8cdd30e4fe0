"""Scores of distinct responses: each is scored once, however many pupils gave it.

What is kept of a response between runs is its keyed blind index: a text may hold anything.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from ardoise.authority.campaigns.models import Part
from ardoise.authority.enrolment.forms import FIRST
from ardoise.authority.keyring import CampaignKey
from ardoise.authority.marking.models import RatingTask, ResponseScore
from ardoise.authority.marking.scorers import FormScorers, Responses
from ardoise.scoring.raters import RaterFault, scale_of
from ardoise.seal.randomness import reference

Given = tuple[str, bytes]
"""An item and what was answered, in one canonical form: what makes a response distinct."""
_encode = msgspec.json.Encoder().encode
TASK_TABLE = "marking_ratingtask"
_QUERY = 500


def given(item: str, responses: Responses) -> Given:
    """The canonical form of an answer: responses in order, empty ones left out."""
    said = [(name, values) for name, values in responses.items() if values]
    if len(said) > 1:
        said.sort()
    return item, _encode(said)


def text_name(key: CampaignKey, response: bytes) -> bytes:
    """What a text is called where numbers stand beside it: not as it is called among raters."""
    return key.index("marking/held-text", response.hex())


class ItemScores:
    """The scores of one part's items in one form, for one run.

    Answers to items that draw values are scored form by form; other items are the same in every
    form, and an answer to them is scored, or read by raters, once.
    """

    def __init__(self, part: Part, key: CampaignKey, scorers: FormScorers) -> None:
        self._part = part
        self._key = key
        self.scorers = scorers
        self._scored: dict[tuple[str, bytes], float | None] = {}
        self._odd: dict[tuple[str, bytes], bool] = {}
        self._rated = self._rated_items()
        self.scored = 0
        """Distinct responses that were scored in this run, and not before."""

    @property
    def items(self) -> tuple[str, ...]:
        """The booklet's item identifiers, in the order of the test."""
        return self.scorers.items

    def max_score(self, item: str) -> float:
        """Points at most."""
        return self.scorers[item].max_score

    def is_machine_scored(self, item: str) -> bool:
        """Whether no rater is needed."""
        return self.scorers[item].machine_scored

    def is_settled(self, item: str) -> bool:
        """Whether every answer to it has its score, from the machine or from raters."""
        return self.is_machine_scored(item) or item in self._rated

    @property
    def settled(self) -> tuple[str, ...]:
        """The items whose every text raters had decided when this run began, in order."""
        return tuple(sorted(self._rated_items()))

    def held_texts(self, sheet_answers: Iterable[Given]) -> list[bytes]:
        """Names, good for nothing else, of the texts among these answers that raters score."""
        return [
            text_name(self._key, self._index(answer))
            for answer in sheet_answers
            if not self.is_machine_scored(answer[0])
        ]

    def is_odd(self, answer: Given) -> bool:
        """Whether something in it could not have come from our runner, and was not counted."""
        short = _short(answer)
        if short not in self._odd:
            item, encoded = answer
            self._odd[short] = bool(self.scorers.keymap.oddities(item, _responses(encoded)))
        return self._odd[short]

    def score(self, answer: Given) -> float | None:
        """Points of an answer that `learn` has seen; None: it waits for a rater."""
        return self._scored[_short(answer)]

    def learn(self, answers: Collection[Given]) -> int:
        """Score what neither this run nor an earlier one has scored, and keep it; how many came."""
        unseen = {_short(answer): answer for answer in answers}
        for known in unseen.keys() & self._scored.keys():
            del unseen[known]
        names = {short: self._index(answer) for short, answer in unseen.items()}
        kept = self._kept(list(names.values()))
        fresh = []
        for short, answer in unseen.items():
            name = (answer[0], names[short])
            if name in kept:
                self._scored[short] = kept[name]
                continue
            fresh.append(self._row(answer, names[short]))
        self._take_to_raters(fresh, {names[short]: answer for short, answer in unseen.items()})
        scores = {(row.item, bytes(row.response)): row.score for row in fresh}
        for short, answer in unseen.items():
            if short not in self._scored:
                self._scored[short] = scores[answer[0], names[short]]
        ResponseScore.objects.bulk_create(fresh, ignore_conflicts=True, batch_size=_QUERY)
        self.scored += len(fresh)
        return len(answers)

    def _row(self, answer: Given, index: bytes) -> ResponseScore:
        item, encoded = answer
        result = self.scorers.score(item, _responses(encoded))
        return ResponseScore(
            part=self._part,
            item=item,
            response=index,
            score=result.score,
            max_score=result.max_score,
        )

    def _take_to_raters(
        self, rows: Sequence[ResponseScore], answers: Mapping[bytes, Given]
    ) -> None:
        """Texts that no machine scores become tasks; what raters have decided before is taken."""
        unrated = {bytes(row.response): row for row in rows if row.score is None}
        decided = RatingTask.objects.filter(part=self._part, score__isnull=False)
        for start in range(0, len(unrated), _QUERY):
            asked = list(unrated)[start : start + _QUERY]
            for index, score in decided.filter(response__in=asked).values_list("response", "score"):
                unrated[bytes(index)].score = score
        tasks = [
            self._task(row, answers[index][1])
            for index, row in unrated.items()
            if _can_be_rated(row.max_score)
        ]
        RatingTask.objects.bulk_create(tasks, ignore_conflicts=True, batch_size=_QUERY)
        self._rated -= {row.item for row in unrated.values() if row.score is None}

    def _task(self, row: ResponseScore, encoded: bytes) -> RatingTask:
        name = reference()
        return RatingTask(
            id=name,
            part=self._part,
            item=row.item,
            form=self._form_of(row.item),
            response=row.response,
            content=self._key.seal(TASK_TABLE, name, "content", encoded),
            max_score=row.max_score,
        )

    def _rated_items(self) -> set[str]:
        """Items of which raters have decided every text."""
        tasks = RatingTask.objects.filter(part=self._part)
        waiting = set(tasks.filter(score__isnull=True).values_list("item", flat=True))
        return set(tasks.values_list("item", flat=True)) - waiting

    def _index(self, answer: Given) -> bytes:
        item, encoded = answer
        form = self._form_of(item)
        own = f"{form}/" if form != FIRST else ""
        return self._key.index("marking/response", f"{own}{item}/{encoded.decode()}")

    def _form_of(self, item: str) -> int:
        """The first for items that are the same in every form."""
        return self.scorers.form if item in self.scorers.values else FIRST

    def _kept(self, names: Sequence[bytes]) -> dict[tuple[str, bytes], float | None]:
        found: dict[tuple[str, bytes], float | None] = {}
        for start in range(0, len(names), _QUERY):
            rows = ResponseScore.objects.filter(
                part=self._part, response__in=names[start : start + _QUERY]
            )
            for item, response, score in rows.values_list("item", "response", "score"):
                found[item, bytes(response)] = score
        return found


def _responses(encoded: bytes) -> dict[str, tuple[str, ...]]:
    return dict(msgspec.json.decode(encoded, type=list[tuple[str, tuple[str, ...]]]))


def _short(answer: Given) -> tuple[str, bytes]:
    """A long text is remembered by its hash: a run's memory must not grow with what was typed."""
    item, encoded = answer
    return item, encoded if len(encoded) <= 64 else hashlib.sha256(encoded).digest()


def _can_be_rated(most: float) -> bool:
    """An item that states no maximum, or an odd one, has no scale: it stays unrated."""
    try:
        scale_of(most)
    except RaterFault:
        return False
    return True
