"""Raters: texts without names, scored by lot, compared, decided, and then in the marks."""

import pytest
from django.test import Client

from ardoise.authority.accounts.models import Staff
from ardoise.authority.marking import rating
from ardoise.authority.marking.models import HeldText, Rating, RatingTask, ResponseScore
from ardoise.authority.marking.rules import ItemMark, mark_campaign, marks_of
from ardoise.authority.restitution.models import NameView
from ardoise.clock import from_milliseconds
from ardoise.scoring.raters import RaterFault
from tests.authority.marking.marked import PART, Marked, marked

pytestmark = pytest.mark.django_db
TEXT = "fr-16"
"""The example's extended text, out of four points."""


class Ticking:
    """A clock that moves on by a second with each look."""

    def __init__(self) -> None:
        self.now = 0

    def __call__(self):  # type: ignore[no-untyped-def]
        self.now += 1000
        return from_milliseconds(self.now)


@pytest.fixture
def exam() -> Marked:
    made = marked()
    item = made.keymap.neutral(TEXT)
    for seq, text in enumerate(["Un", "Deux", "Un", "<b>Trois</b>", "Quatre"], start=1):
        made.put({item: (text,)}, seq=seq)
    made.put({}, seq=9, visited=(item,))
    mark_campaign(made.campaign)
    return made


@pytest.fixture
def people() -> list[Staff]:
    return [
        Staff.objects.create_account(f"note-{n}", "une-phrase-de-craie", role="rater")
        for n in range(3)
    ]


def item_marks(exam: Marked) -> list[ItemMark]:
    """Of the extended text, by sheet."""
    numbers = list(exam.campaign.sheets.order_by("seq").values_list("number", flat=True))
    found = marks_of(exam.key, exam.campaign.pk, numbers)
    return [found[number][PART].items[exam.keymap.neutral(TEXT)] for number in numbers]


def give_all(exam: Marked, people: list[Staff], score: float = 2.0) -> None:
    clock = Ticking()
    while any(rating.waiting_for(one, exam.campaign).exists() for one in people):
        for one in people:
            for waiting in rating.waiting_for(one, exam.campaign):
                rating.give(one, waiting.pk, score, clock=clock)


def test_each_distinct_text_is_one_task_and_sealed(exam: Marked) -> None:
    tasks = list(RatingTask.objects.all())
    assert {rating.text_of(task) for task in tasks} == {
        ("Un",), ("Deux",), ("<b>Trois</b>",), ("Quatre",),
    }  # fmt: skip
    assert all(b"Quatre" not in bytes(task.content) for task in tasks)
    mark_campaign(exam.campaign, again=True)
    assert {task.pk for task in tasks} == set(RatingTask.objects.values_list("pk", flat=True))


def test_decided_scores_reach_the_marks_at_the_next_marking(
    exam: Marked, people: list[Staff]
) -> None:
    assert [mark.status for mark in item_marks(exam)] == ["unrated"] * 5 + ["omitted"]
    assert item_marks(exam)[5].max_score == 0.0
    assert rating.deal(exam.campaign) == 4
    give_all(exam, people, 3.0)
    mark_campaign(exam.campaign)
    assert item_marks(exam)[:5] == [ItemMark("scored", 3.0, 4.0)] * 5
    assert item_marks(exam)[5] == ItemMark("omitted", None, 4.0)
    assert mark_campaign(exam.campaign).sheets == 0


def test_marking_everything_again_keeps_what_raters_decided(
    exam: Marked, people: list[Staff]
) -> None:
    rating.deal(exam.campaign)
    give_all(exam, people, 1.0)
    mark_campaign(exam.campaign, again=True)
    assert [mark.score for mark in item_marks(exam)] == [1.0] * 5 + [None]


def test_two_who_differ_call_a_third_whose_score_counts(exam: Marked, people: list[Staff]) -> None:
    rating.change_plan(exam.campaign, share=1.0, tolerance=0.0, rule="third")
    rating.deal(exam.campaign)
    task = RatingTask.objects.first()
    assert task is not None
    clock = Ticking()
    for held, score in zip(task.ratings.order_by("place"), (1.0, 3.0), strict=True):
        rating.give(held.rater, held.pk, score, clock=clock)
    third = task.ratings.get(place=3)
    assert third.rater not in [held.rater for held in task.ratings.filter(place__lt=3)]
    assert RatingTask.objects.get(pk=task.pk).score is None
    rating.give(third.rater, third.pk, 2.0, clock=clock)
    assert RatingTask.objects.get(pk=task.pk).score == 2.0


def test_undo_takes_the_last_score_back_and_with_it_the_decision(
    exam: Marked, people: list[Staff]
) -> None:
    rating.change_plan(exam.campaign, share=1.0, tolerance=0.0, rule="third")
    rating.deal(exam.campaign)
    give_all(exam, people, 2.0)
    before = Rating.objects.filter(rater=people[0]).order_by("-given_at").first()
    undone = rating.undo(people[0], exam.campaign)
    assert undone == before
    assert RatingTask.objects.filter(score__isnull=True).count() == 1
    assert ResponseScore.objects.filter(score__isnull=True).count() == 1
    mark_campaign(exam.campaign)
    assert "unrated" in {mark.status for mark in item_marks(exam)}


def test_a_third_raters_call_is_taken_back_with_the_score_that_made_it(
    exam: Marked, people: list[Staff]
) -> None:
    rating.change_plan(exam.campaign, share=1.0, tolerance=0.0, rule="third")
    rating.deal(exam.campaign)
    task = RatingTask.objects.first()
    assert task is not None
    first, second = task.ratings.order_by("place")
    rating.give(first.rater, first.pk, 0.0, clock=Ticking())
    rating.give(second.rater, second.pk, 4.0, clock=Ticking())
    assert rating.undo(second.rater, exam.campaign) == second
    assert not task.ratings.filter(place=3).exists()


def test_a_score_off_the_scale_or_for_anothers_text_is_refused(
    exam: Marked, people: list[Staff]
) -> None:
    rating.deal(exam.campaign)
    held = Rating.objects.first()
    assert held is not None
    with pytest.raises(RaterFault):
        rating.give(held.rater, held.pk, 5.0)
    other = next(one for one in people if one != held.rater)
    with pytest.raises(Rating.DoesNotExist):
        rating.give(other, held.pk, 1.0)


def test_what_waits_for_a_suspended_rater_goes_to_the_others(
    exam: Marked, people: list[Staff]
) -> None:
    rating.change_plan(exam.campaign, share=0.5, tolerance=0.0, rule="third")
    rating.deal(exam.campaign)
    total = Rating.objects.count()
    people[0].is_active = False
    people[0].save()
    rating.deal(exam.campaign)
    assert not Rating.objects.filter(rater=people[0]).exists()
    assert Rating.objects.count() == total


def test_dealing_without_raters_says_so(exam: Marked) -> None:
    with pytest.raises(RaterFault, match="nobody to mark"):
        rating.deal(exam.campaign)


def test_agreement_is_that_of_first_and_second_raters(exam: Marked, people: list[Staff]) -> None:
    rating.change_plan(exam.campaign, share=1.0, tolerance=4.0, rule="third")
    rating.deal(exam.campaign)
    for place, scores in ((1, (0, 1, 2, 4)), (2, (0, 1, 3, 0))):
        held = Rating.objects.filter(place=place).order_by("task_id")
        for one, score in zip(held, scores, strict=True):
            rating.give(one.rater, one.pk, float(score), clock=Ticking())
    (line,) = rating.item_progress(exam.campaign)
    assert (line.texts, line.decided, line.agreement.pairs) == (4, 4, 4)
    assert (line.agreement.exact, line.agreement.adjacent) == (0.5, 0.75)


def client_of(account: Staff) -> Client:
    client = Client()
    client.force_login(account)
    return client


def test_a_rater_sees_a_text_its_guide_and_nothing_that_leads_to_a_pupil(
    exam: Marked, people: list[Staff]
) -> None:
    rating.deal(exam.campaign)
    held = rating.waiting_for(people[0], exam.campaign).first()
    assert held is not None
    page = client_of(people[0]).get(f"/notation/{exam.campaign.pk}/")
    text = page.content.decode()
    assert "Un point pour chacun des quatre critères" in text
    assert "Raconte cette soirée" in text
    for number in exam.campaign.sheets.values_list("number", flat=True):
        assert number not in text
    view = NameView.objects.get(what="rating-text")
    assert (view.login, view.subject, view.names) == (people[0].login, held.task_id, 0)
    client_of(people[0]).get(f"/notation/{exam.campaign.pk}/")
    assert NameView.objects.filter(what="rating-text").count() == 1


def test_markup_in_an_answer_is_text(exam: Marked, people: list[Staff]) -> None:
    rating.deal(exam.campaign)
    task = next(t for t in RatingTask.objects.all() if rating.text_of(t) == ("<b>Trois</b>",))
    held = task.ratings.get(place=1)
    for other in rating.waiting_for(held.rater, exam.campaign).exclude(pk=held.pk):
        rating.give(held.rater, other.pk, 0.0, clock=Ticking())
    page = client_of(held.rater).get(f"/notation/{exam.campaign.pk}/").content.decode()
    assert "&lt;b&gt;Trois&lt;/b&gt;" in page


def test_the_page_scores_and_undoes(exam: Marked, people: list[Staff]) -> None:
    rating.deal(exam.campaign)
    client = client_of(people[0])
    address = f"/notation/{exam.campaign.pk}/"
    held = rating.waiting_for(people[0], exam.campaign).first()
    assert held is not None
    client.post(address, {"rating": held.pk, "score": "2.0"})
    assert Rating.objects.get(pk=held.pk).score == 2.0
    client.post(address, {"rating": held.pk, "score": "4.0"})
    assert Rating.objects.get(pk=held.pk).score == 2.0
    assert client.post(address, {"rating": held.pk, "score": "x"}).status_code == 404
    client.post(address + "annuler/")
    assert Rating.objects.get(pk=held.pk).score is None


def test_only_a_rater_reads_texts_and_a_rater_reads_nothing_else(
    exam: Marked, people: list[Staff]
) -> None:
    rating.deal(exam.campaign)
    officer = Staff.objects.create_account("bureau", "une-phrase-de-craie", role="officer")
    campaign = exam.campaign.pk
    assert client_of(officer).get(f"/notation/{campaign}/").status_code == 403
    rater = client_of(people[0])
    for address in ("notation/", "", "consultations/", "sauvegardes/"):
        assert rater.get(f"/campagnes/{campaign}/{address}").status_code == 403
    assert rater.get("/").headers["Location"] == "/notation/"
    stranger = Staff.objects.create_account("note-9", "une-phrase-de-craie", role="rater")
    assert client_of(stranger).get(f"/notation/{campaign}/").status_code == 404


def test_the_office_deals_follows_and_reports(exam: Marked, people: list[Staff]) -> None:
    officer = Staff.objects.create_account("bureau", "une-phrase-de-craie", role="officer")
    client, address = client_of(officer), f"/campagnes/{exam.campaign.pk}/notation/"
    client.post(address, {"share": "50", "tolerance": "0,5", "rule": "mean"})
    plan = rating.plan_of(exam.campaign)
    assert (plan.share, plan.tolerance, plan.rule) == (0.5, 0.5, "mean")
    client.post(address + "repartir/")
    assert RatingTask.objects.filter(twice=True).count() == 2
    give_all(exam, people, 2.0)
    page = client.get(address).content.decode()
    assert "1,00" in page
    assert "Quatre" not in page
    client.post(address + "reporter/")
    assert [mark.score for mark in item_marks(exam)] == [2.0] * 5 + [None]


def test_only_the_sheets_that_hold_a_decided_text_are_marked_again(
    exam: Marked, people: list[Staff]
) -> None:
    rating.deal(exam.campaign)
    task = next(one for one in RatingTask.objects.all() if rating.text_of(one) == ("Un",))
    for held in rating.waiting_for(task.ratings.get(place=1).rater).filter(task=task):
        rating.give(held.rater, held.pk, 2.0, clock=Ticking())
    for held in Rating.objects.filter(task=task, score__isnull=True):
        rating.give(held.rater, held.pk, 2.0, clock=Ticking())
    assert mark_campaign(exam.campaign).sheets == 2
    assert [mark.score for mark in item_marks(exam)] == [2.0, None, 2.0, None, None, None]
    assert mark_campaign(exam.campaign).sheets == 0


def test_the_last_decided_text_of_an_item_and_one_taken_back_change_it_for_all(
    exam: Marked, people: list[Staff]
) -> None:
    rating.deal(exam.campaign)
    give_all(exam, people, 2.0)
    assert mark_campaign(exam.campaign).sheets == 6
    assert item_marks(exam)[5].max_score == 4.0
    assert rating.undo(people[0], exam.campaign) is not None
    assert mark_campaign(exam.campaign).sheets == 6
    assert item_marks(exam)[5].max_score == 0.0


def test_no_number_stands_beside_the_name_that_raters_texts_have(exam: Marked) -> None:
    names = {bytes(one) for one in RatingTask.objects.values_list("response", flat=True)}
    held = {bytes(one) for one in HeldText.objects.values_list("text", flat=True)}
    assert len(held) == len(names) == 4
    assert not held & names


def test_a_question_without_a_maximum_is_named_with_what_to_do(
    exam: Marked, people: list[Staff]
) -> None:
    RatingTask.objects.all().delete()
    officer = Staff.objects.create_account("bureau", "une-phrase-de-craie", role="officer")
    page = client_of(officer).get(f"/campagnes/{exam.campaign.pk}/notation/").content.decode()
    assert "normal-maximum" in page
    assert rating.without_scale(exam.campaign) == [(PART, exam.keymap.neutral(TEXT))]
