"""Marking: every item gets one mark, each distinct response is scored once, nothing else moves."""

from collections import Counter
from unittest import mock

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.collection.models import Sheet
from ardoise.authority.keyring import CampaignKeyDestroyed
from ardoise.authority.marking.models import Mark, ResponseScore
from ardoise.authority.marking.rules import PartMarks, mark_campaign, marks_of
from ardoise.content.package import read_package
from ardoise.scoring import Scorer
from tests.authority.marking.marked import PART, Marked, marked

pytestmark = pytest.mark.django_db

Answers = dict[str, tuple[str, ...]]
_SETTINGS = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def exam() -> Marked:
    return marked()


def right_answers(exam: Marked) -> Answers:
    """Booklet item → a right answer, where the package names one."""
    part = exam.campaign.parts.get(part=PART)
    package = read_package(bytes(part.package), name=part.package_name)
    found: Answers = {}
    for item in package.items:
        neutral = exam.keymap.neutral(item.identifier)
        response = next(iter(exam.keymap.items[neutral].responses.values()))
        correct = item.responses[0].correct if item.template else ()
        back = {original: shown for shown, original in (response.options or {}).items()}
        if correct:
            found[neutral] = tuple(back.get(value, value) for value in correct)
    return found


def marks(exam: Marked) -> dict[str, PartMarks]:
    """Number → marks of the French part."""
    numbers = list(Sheet.objects.values_list("number", flat=True))
    held = marks_of(exam.key, exam.campaign.pk, numbers)
    return {number: parts[PART] for number, parts in held.items()}


def an_answer(exam: Marked, item: str) -> st.SearchStrategy[tuple[str, ...]]:
    """What a browser may send for an item, sensible or not."""
    response = next(iter(exam.keymap.items[item].responses.values()))
    options = list(response.options or {"12": "", "douze": "", " ": "", "1 000,5": ""})
    return st.lists(st.sampled_from([*options, "c99"]), max_size=3).map(tuple)


@st.composite
def sheets(draw: st.DrawFn, exam: Marked) -> dict[str, object]:
    """Answers, visited and absent items of one sheet."""
    items = list(exam.keymap.items)
    chosen = draw(st.lists(st.sampled_from(items), unique=True))
    return {
        "answers": {item: draw(an_answer(exam, item)) for item in chosen},
        "visited": tuple(draw(st.lists(st.sampled_from(items), unique=True))),
        "absent": tuple(draw(st.lists(st.sampled_from(items), unique=True))),
    }


def put(exam: Marked, sheet: dict[str, object], seq: int, number: str = "") -> str:
    return exam.put(
        sheet["answers"],  # type: ignore[arg-type]
        seq=seq,
        number=number,
        visited=sheet["visited"],
        absent=sheet["absent"],
    )


@_SETTINGS
@given(data=st.data())
def test_every_item_has_one_mark_and_the_statuses_are_what_the_sheet_says(
    exam: Marked, data: st.DataObject
) -> None:
    sheet = data.draw(sheets(exam))
    number = put(exam, sheet, seq=data.draw(st.integers(1, 1 << 40)))
    mark_campaign(exam.campaign)
    items = marks(exam)[number].items
    assert list(items) == list(exam.keymap.items)
    answers: Answers = sheet["answers"]  # type: ignore[assignment]
    for item, mark in items.items():
        if answers.get(item):
            assert mark.status in ("scored", "unrated")
        elif item in sheet["absent"]:  # type: ignore[operator]
            assert mark.status == "absent"
        elif item in sheet["visited"]:  # type: ignore[operator]
            assert mark.status == "omitted"
        else:
            assert mark.status == "not-reached"
        assert (mark.score is not None) == (mark.status == "scored")
        assert mark.score is None or 0 <= mark.score <= mark.max_score


@_SETTINGS
@given(data=st.data())
def test_marking_twice_changes_nothing_and_the_order_of_sheets_does_not_matter(
    exam: Marked, data: st.DataObject
) -> None:
    Sheet.objects.all().delete()
    Mark.objects.all().delete()
    drawn = data.draw(st.lists(sheets(exam), min_size=1, max_size=4))
    numbers = [put(exam, sheet, seq=n + 1) for n, sheet in enumerate(drawn)]
    mark_campaign(exam.campaign)
    first = marks(exam)
    stored = list(Mark.objects.values_list("pk", "content"))
    assert mark_campaign(exam.campaign).sheets == 0
    assert list(Mark.objects.values_list("pk", "content")) == stored
    Sheet.objects.all().delete()
    for n, (number, sheet) in enumerate(reversed(list(zip(numbers, drawn, strict=True)))):
        put(exam, sheet, seq=n + 100, number=number)
    mark_campaign(exam.campaign, again=True)
    assert marks(exam) == first


def test_right_answers_give_full_marks_and_nothing_gives_none(exam: Marked) -> None:
    right = right_answers(exam)
    assert len(right) >= 8
    best = exam.put(right, seq=1)
    blank = exam.put({}, seq=2, visited=tuple(exam.keymap.items))
    never = exam.put({}, seq=3)
    mark_campaign(exam.campaign)
    held = marks(exam)
    assert all(held[best].items[item].score == held[best].items[item].max_score for item in right)
    assert Counter(mark.status for mark in held[blank].items.values()).keys() == {"omitted"}
    assert Counter(mark.status for mark in held[never].items.values()).keys() == {"not-reached"}


def test_a_text_that_no_machine_scores_waits_for_a_rater(exam: Marked) -> None:
    item = exam.keymap.neutral("fr-16")
    number = exam.put({item: ("La réponse est dans le texte.",)}, seq=1)
    report = mark_campaign(exam.campaign)
    mark = marks(exam)[number].items[item]
    assert (mark.status, mark.score) == ("unrated", None)
    assert (report.responses, report.scored, report.unrated) == (1, 1, 1)


def test_leaving_out_what_a_rater_would_score_costs_nothing_while_nobody_is_rated(
    exam: Marked,
) -> None:
    item = exam.keymap.neutral("fr-16")
    number = exam.put({}, seq=1, visited=(item,))
    mark_campaign(exam.campaign)
    mark = marks(exam)[number].items[item]
    assert (mark.status, mark.score, mark.max_score) == ("omitted", None, 0.0)


def test_each_distinct_response_is_scored_once_in_this_run_and_never_in_the_next(
    exam: Marked,
) -> None:
    right = right_answers(exam)
    item = next(iter(right))
    for seq in range(1, 31):
        exam.put({item: right[item] if seq % 3 else ("c99",)}, seq=seq)
    with mock.patch.object(Scorer, "score", autospec=True, side_effect=Scorer.score) as scored:
        report = mark_campaign(exam.campaign)
        assert scored.call_count == 2
        assert (report.sheets, report.responses, report.scored) == (30, 30, 2)
        exam.put({item: right[item]}, seq=31)
        report = mark_campaign(exam.campaign)
        assert scored.call_count == 2
    assert (report.sheets, report.scored, report.unchanged) == (1, 0, 30)


def test_a_changed_sheet_alone_is_marked_anew(exam: Marked) -> None:
    right = right_answers(exam)
    item = next(iter(right))
    one, two = exam.put({item: ("c99",)}, seq=1), exam.put({item: ("c99",)}, seq=2)
    mark_campaign(exam.campaign)
    exam.put({item: right[item]}, seq=3, number=one)
    assert mark_campaign(exam.campaign).sheets == 1
    held = marks(exam)
    assert held[one].items[item].score == held[one].items[item].max_score
    assert held[two].items[item].score == 0


def test_a_changed_package_forces_every_sheet(exam: Marked) -> None:
    exam.put(right_answers(exam), seq=1)
    mark_campaign(exam.campaign)
    exam.campaign.parts.filter(part=PART).update(digest="f" * 64)
    assert mark_campaign(exam.campaign).sheets == 1
    assert mark_campaign(exam.campaign).sheets == 0


def test_no_answer_stands_in_the_database_unsealed(exam: Marked) -> None:
    item = exam.keymap.neutral("fr-16")
    planted = "Zorobabel a vu des lanternes violettes"
    exam.put({item: (planted,)}, seq=1)
    mark_campaign(exam.campaign)
    for model in (ResponseScore, Mark, Sheet):
        for row in model.objects.values_list():
            assert planted.encode() not in b"".join(
                value if isinstance(value, bytes) else str(value).encode() for value in row
            )


def test_marking_a_collected_campaign_reports_it_and_an_open_one_stays_open(
    exam: Marked,
) -> None:
    exam.put(right_answers(exam), seq=1)
    for state, after in (("open", "open"), ("collected", "reported"), ("reported", "reported")):
        Campaign.objects.filter(pk=exam.campaign.pk).update(state=state)
        assert mark_campaign(exam.campaign).state == after


def test_a_run_that_still_holds_the_key_does_not_write_after_the_wipe(exam: Marked) -> None:
    exam.put(right_answers(exam), seq=1)
    Campaign.objects.filter(pk=exam.campaign.pk).update(state="closed")
    with pytest.raises(CampaignKeyDestroyed):
        mark_campaign(exam.campaign)
    assert not Mark.objects.exists()
    assert not ResponseScore.objects.exists()


def test_marks_are_kept_as_json_that_says_why_there_is_no_score() -> None:
    raw = b'{"items":{"i1":{"status":"omitted","score":null,"max_score":1.0}}}'
    assert msgspec.json.encode(msgspec.json.decode(raw, type=PartMarks)) == raw
