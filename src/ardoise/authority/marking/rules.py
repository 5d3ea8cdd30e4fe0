"""Marks of every sheet: what each item is worth, and why there may be nothing to score."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Literal

import msgspec
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from msgspec import Struct

from ardoise.authority.campaigns.models import Campaign, Part
from ardoise.authority.campaigns.rules import advance, refuse_if_closed
from ardoise.authority.collection.administering import Administering
from ardoise.authority.collection.models import Sheet
from ardoise.authority.collection.sheets import ItemState, item_state, open_sheet
from ardoise.authority.database.rows import insert
from ardoise.authority.enrolment.forms import FIRST, forms_by_number, keymaps_of
from ardoise.authority.keyring import CampaignKey, KeyRing
from ardoise.authority.marking.assessment import Assessment, assessment_of
from ardoise.authority.marking.models import (
    HeldText,
    Mark,
    PartMarking,
    RatingTask,
    ResponseScore,
)
from ardoise.authority.marking.scorers import FormScorers
from ardoise.authority.marking.scores import Given, ItemScores, given, text_name
from ardoise.clock import Clock, system_clock
from ardoise.content.faults import ContentFault
from ardoise.content.package import Package, read_package
from ardoise.contract import sheet as contract

BATCH = 500
"""Sheets marked in one transaction."""
MARK_TABLE = "marking_mark"
_OLD = -1
"""No sheet has this sequence number: its mark is made again."""
Status = Literal["scored", "omitted", "absent", "not-reached", "not-administered", "unrated"]
_NOTHING: Mapping[str, tuple[str, ...]] = {}
_UNANSWERED: dict[ItemState, Status] = {
    "omitted": "omitted",
    "absent": "absent",
    "not-reached": "not-reached",
}


class ItemMark(Struct, frozen=True, forbid_unknown_fields=True):
    """One item of one sheet. `score` is in points; None wherever nothing was scored."""

    status: Status
    score: float | None
    max_score: float


class PartMarks(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One sheet: booklet item identifier → mark, in the booklet's order."""

    items: dict[str, ItemMark]
    outcomes: dict[str, tuple[str, ...]] = {}
    """Of the test, as its outcome processing says: values in QTI's lexical form, none for NULL."""


class MarkingReport(Struct, frozen=True):
    """What a run of marking did."""

    campaign: str
    sheets: int
    """Marked in this run: new, changed, or because the content had changed."""
    responses: int
    """Answers in them."""
    scored: int
    """Distinct answers that had to be scored, of those."""
    unrated: int
    """Answers that no machine scores."""
    odd: int
    """Answers of which something could not have come from our runner, and was not counted."""
    unchanged: int
    """Sheets whose marks stand."""
    state: str
    detours: int = 0
    """Sheets whose path through a test in stages is not the one that their answers lead to."""
    without_outcomes: tuple[str, ...] = ()
    """Parts whose test has outcome processing that cannot be run, and why."""


def mark_campaign(
    campaign: Campaign,
    *,
    ring: KeyRing | None = None,
    clock: Clock = system_clock,
    again: bool = False,
    announce: Callable[[int, int], None] = lambda _done, _total: None,
) -> MarkingReport:
    """Mark every sheet that is new or changed. `again` forgets earlier scores and marks all.

    May run while the window is open: marks are provisional then. Once a campaign is collected,
    marking it makes it `reported`. Stopping anywhere loses at most a batch; running again goes on.
    Raises CampaignKeyDestroyed, ContentFault.
    """
    key = (ring or settings.KEYRING).campaign_key(campaign.pk)
    campaign.refresh_from_db()
    collected = campaign.state == Campaign.State.COLLECTED
    runs = [_PartRun(campaign, part, key) for part in campaign.parts.all()]
    for run in runs:
        run.prepare(again=again, clock=clock)
    total, done = sum(run.waiting().count() for run in runs), 0
    for run in runs:
        for count in run.mark():
            done += count
            announce(done, total)
    if collected and not any(run.waiting().exists() for run in runs):
        advance(campaign, Campaign.State.REPORTED)
    return MarkingReport(
        campaign=campaign.pk,
        sheets=done,
        responses=sum(run.responses for run in runs),
        scored=sum(run.scored for run in runs),
        unrated=sum(run.unrated for run in runs),
        odd=sum(run.odd for run in runs),
        unchanged=Sheet.objects.filter(campaign=campaign).count() - done,
        state=str(campaign.state),
        detours=sum(run.detours for run in runs),
        without_outcomes=tuple(run.without_outcomes for run in runs if run.without_outcomes),
    )


def mark_sheet(
    sheet: contract.Sheet,
    scores: ItemScores,
    *,
    given_items: Collection[str] | None = None,
    answers: Mapping[str, Given] | None = None,
) -> PartMarks:
    """The marks of one sheet whose answers `scores` has learnt. Every item gets exactly one.

    `given_items`: the items that the seat was given, if not all. What was answered counts anyhow.
    `answers`: as `answers_in` found them, if it was asked already.
    """
    said = answers_in(sheet, scores.items) if answers is None else answers
    return PartMarks(
        {
            item: _answered_mark(said[item], scores)
            if item in said
            else _item_mark(
                sheet, item, scores, administered=given_items is None or item in given_items
            )
            for item in scores.items
        }
    )


def answers_in(sheet: contract.Sheet, items: Iterable[str]) -> dict[str, Given]:
    """What was answered to these items, each in its canonical form."""
    return {
        item: given(item, sheet.responses[item])
        for item in items
        if any(sheet.responses.get(item, _NOTHING).values())
    }


def marks_of(
    key: CampaignKey, campaign_id: str, numbers: Iterable[str]
) -> dict[str, dict[str, PartMarks]]:
    """Order number → part → marks. A number without any sheet is not in it."""
    found: dict[str, dict[str, PartMarks]] = {}
    wanted = list(numbers)
    for start in range(0, len(wanted), BATCH):
        rows = Mark.objects.filter(
            campaign_id=campaign_id, number__in=wanted[start : start + BATCH]
        )
        for row in rows:
            found.setdefault(row.number, {})[row.part] = open_marks(key, row)
    return found


def open_marks(key: CampaignKey, row: Mark) -> PartMarks:
    """The marks of a row. Raises SealError if it was moved or changed."""
    place = f"{row.number}/{row.part}"
    content = key.unseal(MARK_TABLE, place, "content", bytes(row.content))
    return msgspec.json.decode(content, type=PartMarks)


def _item_mark(
    sheet: contract.Sheet, item: str, scores: ItemScores, *, administered: bool
) -> ItemMark:
    state = item_state(sheet, item)
    most = scores.max_score(item)
    if state == "not-reached" and not administered:
        return ItemMark("not-administered", None, 0.0)
    # What waits for a rater counts for nobody yet, so neither for those who left it out.
    return ItemMark(_UNANSWERED[state], None, most if scores.is_settled(item) else 0.0)


def _answered_mark(answer: Given, scores: ItemScores) -> ItemMark:
    score = scores.score(answer)
    return ItemMark("unrated" if score is None else "scored", score, scores.max_score(answer[0]))


class _PartRun:
    """Marks one part's sheets."""

    def __init__(self, campaign: Campaign, part: Part, key: CampaignKey) -> None:
        self._campaign, self._part, self._key = campaign, part, key
        package = read_package(bytes(part.package), name=part.package_name)
        self._scores = {
            form: ItemScores(part, key, FormScorers(part, key, package, keymap, form))
            for form, keymap in keymaps_of(part).items()
        }
        self._assessment, self.without_outcomes = _assessment(package, part)
        self._administering = Administering(campaign, part, key)
        self.responses = self.unrated = self.odd = 0

    @property
    def scored(self) -> int:
        """Distinct responses scored in this run, form by form where forms differ."""
        return sum(scores.scored for scores in self._scores.values())

    @property
    def detours(self) -> int:
        """Sheets of this run that went another way than their answers lead to."""
        return self._administering.detours

    def prepare(self, *, again: bool, clock: Clock) -> None:
        """Drop what was made with other content than the part's content of today."""
        made = PartMarking.objects.filter(part=self._part).first()
        if made is not None and made.digest == self._part.digest and not again:
            self._take_ratings(made)
            return
        with transaction.atomic():
            refuse_if_closed(self._campaign.pk)
            ResponseScore.objects.filter(part=self._part).delete()
            if made is not None and made.digest != self._part.digest:
                RatingTask.objects.filter(part=self._part).delete()  # other questions, it may be
            Mark.objects.filter(campaign=self._campaign, part=self._part.part).delete()
            HeldText.objects.filter(part=self._part).delete()
            PartMarking.objects.update_or_create(
                part=self._part,
                defaults={"digest": self._part.digest, "at": clock(), "settled": self._settled()},
            )

    def _settled(self) -> str:
        names = {item for scores in self._scores.values() for item in scores.settled}
        return json.dumps(sorted(names))

    def _take_ratings(self, made: PartMarking) -> None:
        """What raters have decided since: marks that it changes are old, but stand until then.

        Those of the sheets that hold such a text. All of them where an item's last text is decided,
        or one more came: from then on the item counts, or no more, for those who left it out.
        """
        with transaction.atomic():
            pending = ResponseScore.objects.filter(part=self._part, pending=True)
            decided = {bytes(one) for one in pending.values_list("response", flat=True)}
            settled = self._settled()
            if made.settled == settled and not decided:
                return
            refuse_if_closed(self._campaign.pk)
            marks = Mark.objects.filter(campaign=self._campaign, part=self._part.part)
            if made.settled != settled:
                marks.update(seq=_OLD)
            texts = [text_name(self._key, one) for one in decided]
            for start in range(0, len(texts), BATCH):
                held = HeldText.objects.filter(
                    part=self._part, text__in=texts[start : start + BATCH]
                )
                marks.filter(number__in=held.values("number")).update(seq=_OLD)
            pending.update(pending=False)
            PartMarking.objects.filter(pk=made.pk).update(settled=settled)

    def waiting(self) -> QuerySet[Sheet]:
        """Sheets without marks, or with those of an earlier state."""
        marked = Mark.objects.filter(
            campaign=self._campaign,
            part=self._part.part,
            number=OuterRef("number"),
            seq=OuterRef("seq"),
        )
        sheets = Sheet.objects.filter(campaign=self._campaign, part=self._part.part)
        return sheets.filter(~Exists(marked)).order_by("pk")

    def mark(self) -> Iterator[int]:
        """Mark all that waits; yields how many sheets each transaction held."""
        last = 0
        while batch := list(self.waiting().filter(pk__gt=last)[:BATCH]):
            last = batch[-1].pk
            with transaction.atomic():
                refuse_if_closed(self._campaign.pk)
                self._mark_batch(batch)
            yield len(batch)

    def _mark_batch(self, rows: Sequence[Sheet]) -> None:
        sheets = [open_sheet(self._key, row) for row in rows]
        numbers = [sheet.number for sheet in sheets]
        forms = forms_by_number(self._campaign, self._part, self._key, numbers)
        scored_by = [self._scores[forms.get(number, FIRST)] for number in numbers]
        answered = [
            answers_in(sheet, scores.items) for sheet, scores in zip(sheets, scored_by, strict=True)
        ]
        for scores in self._scores.values():
            own = [a for a, its in zip(answered, scored_by, strict=True) if its is scores]
            self.responses += scores.learn([one for answers in own for one in answers.values()])
        given_to = self._administering.given(sheets, forms)
        marks = [
            self._with_outcomes(
                sheet,
                mark_sheet(sheet, scores, given_items=given_to.get(sheet.number), answers=answers),
                scores,
            )
            for sheet, scores, answers in zip(sheets, scored_by, answered, strict=True)
        ]
        self._note_texts(numbers, scored_by, answered)
        insert(
            Mark,
            ("campaign_id", "number", "part", "seq", "content"),
            [self._row(row, marked) for row, marked in zip(rows, marks, strict=True)],
            replacing=("campaign_id", "number", "part"),
        )
        self.odd += sum(
            scores.is_odd(answer)
            for answers, scores in zip(answered, scored_by, strict=True)
            for answer in answers.values()
        )
        self.unrated += sum(
            mark.status == "unrated" for marked in marks for mark in marked.items.values()
        )

    def _with_outcomes(
        self, sheet: contract.Sheet, marks: PartMarks, scores: ItemScores
    ) -> PartMarks:
        if self._assessment is None:
            return marks
        found = self._assessment.outcomes(sheet, marks.items, scores.scorers)
        return PartMarks(marks.items, found)

    def _note_texts(
        self,
        numbers: Sequence[str],
        scored_by: Sequence[ItemScores],
        answered: Sequence[Mapping[str, Given]],
    ) -> None:
        """Which of these sheets hold which texts that raters score."""
        HeldText.objects.filter(part=self._part, number__in=numbers).delete()
        rows = [
            HeldText(part=self._part, number=number, text=text)
            for number, scores, answers in zip(numbers, scored_by, answered, strict=True)
            for text in scores.held_texts(answers.values())
        ]
        HeldText.objects.bulk_create(
            sorted(rows, key=lambda row: bytes(row.text)), batch_size=BATCH
        )

    def _row(self, sheet: Sheet, marks: PartMarks) -> tuple[str, str, str, int, bytes]:
        content = self._key.seal(
            MARK_TABLE, f"{sheet.number}/{sheet.part}", "content", msgspec.json.encode(marks)
        )
        return self._campaign.pk, sheet.number, sheet.part, sheet.seq, content


def _assessment(package: Package, part: Part) -> tuple[Assessment | None, str]:
    """A test's outcome processing; that it cannot be run must not keep items from their marks."""
    try:
        return assessment_of(package), ""
    except ContentFault as fault:
        return None, f"{part.part}: {str(fault)[:600]}"
