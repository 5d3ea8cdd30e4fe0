"""Raters' work: texts are dealt out by lot, scored blind, compared, and decided.

A rater sees a text under a random name: no number, school or class leads from it or to it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

import msgspec
from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet

from ardoise.authority.accounts.models import Staff
from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.campaigns.rules import refuse_if_closed
from ardoise.authority.keyring import KeyRing
from ardoise.authority.marking.models import Rating, RatingPlan, RatingTask, ResponseScore
from ardoise.authority.marking.scores import TASK_TABLE
from ardoise.clock import Clock, system_clock
from ardoise.scoring import raters
from ardoise.scoring.raters import Agreement, RaterFault
from ardoise.seal.randomness import Source, system

_CHUNK = 500


@dataclass(frozen=True)
class ItemProgress:
    """How far the raters are with one item, and how far they agree."""

    part: str
    part_title: str
    item: str
    max_score: float
    texts: int
    decided: int
    disputed: int
    """Texts whose two raters differ and which a third has yet to score."""
    agreement: Agreement


def plan_of(campaign: Campaign, *, source: Source = system) -> RatingPlan:
    """The campaign's plan; at first the usual one, with a seed of its own."""
    plan, _ = RatingPlan.objects.get_or_create(campaign=campaign, defaults={"seed": source(32)})
    return plan


def change_plan(campaign: Campaign, *, share: float, tolerance: float, rule: str) -> RatingPlan:
    """How texts are scored from now on; what is dealt out already stays. Raises RaterFault."""
    if not 0 <= share <= 1:
        raise RaterFault("the share of double marking lies between 0 and 1")
    if not 0 <= tolerance <= 100 or rule not in RatingPlan.Rule.values:
        raise RaterFault("the tolerance is a number of points, the rule third, mean or higher")
    refuse_if_closed(campaign.pk)
    plan = plan_of(campaign)
    plan.share, plan.tolerance, plan.rule = share, tolerance, rule
    plan.save(update_fields=["share", "tolerance", "rule"])
    return plan


def raters_available() -> list[Staff]:
    """Accounts that may score, by login."""
    return list(Staff.objects.filter(role=Staff.Role.RATER, is_active=True).order_by("login"))


def deal(campaign: Campaign) -> int:
    """Give every text that nobody has its rater, or its two; how many texts were dealt.

    What waits for a rater who has been suspended goes back first. The draw is the plan's seed's.
    Raises RaterFault where there are too few raters.
    """
    plan, people = plan_of(campaign), {one.login: one for one in raters_available()}
    with transaction.atomic():
        refuse_if_closed(campaign.pk)
        fresh = RatingTask.objects.filter(part__campaign=campaign, ratings__isnull=True)
        by_name = {name.encode(): name for name in fresh.values_list("pk", flat=True)}
        waiting = Rating.objects.filter(task__part__campaign=campaign, score__isnull=True)
        gone = waiting.exclude(rater__in=people.values())
        orphaned = list(gone.filter(place__lt=3).values_list("task_id", flat=True))
        thirds = list(gone.filter(place=3).values_list("task_id", flat=True))
        gone.delete()
        twice = raters.marked_twice(list(by_name), share=plan.share, seed=bytes(plan.seed))
        dealt = raters.allocate(
            list(by_name), list(people), twice=twice, seed=bytes(plan.seed)
        ) if by_name or orphaned else {}  # fmt: skip
        rows = [
            Rating(task_id=by_name[task], rater=people[login], place=place)
            for task, logins in dealt.items()
            for place, login in enumerate(logins, start=1)
        ]
        Rating.objects.bulk_create(rows, batch_size=_CHUNK)
        doubled = [by_name[task] for task in twice]
        for start in range(0, len(doubled), _CHUNK):
            RatingTask.objects.filter(pk__in=doubled[start : start + _CHUNK]).update(twice=True)
        for task in RatingTask.objects.filter(pk__in=orphaned):
            _fill(task, plan, list(people.values()))
        for task in RatingTask.objects.filter(pk__in=thirds):
            _settle(task, plan)
    return len(by_name)


def _fill(task: RatingTask, plan: RatingPlan, people: Sequence[Staff]) -> None:
    """Give a text that lost a rater another one at the free place."""
    held = {rating.place: rating.rater for rating in task.ratings.select_related("rater")}
    for place in (1, 2) if task.twice else (1,):
        if place not in held:
            found = _least_busy(task, plan, people, [one.login for one in held.values()])
            if found is None:
                raise RaterFault("double marking needs two raters: name another")
            Rating.objects.create(task=task, rater=found, place=place)
            held[place] = found


def _least_busy(
    task: RatingTask, plan: RatingPlan, people: Iterable[Staff], marked: Sequence[str]
) -> Staff | None:
    by_login = {one.login: one for one in people}
    waiting = Rating.objects.filter(rater__in=by_login.values(), score__isnull=True)
    loads = Counter(dict(waiting.values_list("rater__login").annotate(n=Count("pk"))))
    chosen = raters.third_rater(
        list(by_login), task=task.pk.encode(), marked=marked, seed=bytes(plan.seed), loads=loads
    )
    return None if chosen is None else by_login[chosen]


def waiting_for(rater: Staff, campaign: Campaign | None = None) -> QuerySet[Rating]:
    """What a rater has to score, item by item, within an item in the random order of names."""
    found = Rating.objects.filter(rater=rater, score__isnull=True)
    found = found.exclude(task__part__campaign__state=Campaign.State.CLOSED)
    if campaign is not None:
        found = found.filter(task__part__campaign=campaign)
    return found.order_by("task__part__position", "task__item", "task_id")


def text_of(task: RatingTask, *, ring: KeyRing | None = None) -> tuple[str, ...]:
    """The text or texts that were given, as they were typed. Raises CampaignKeyDestroyed."""
    key = (ring or settings.KEYRING).campaign_key(task.part.campaign_id)
    content = key.unseal(TASK_TABLE, task.pk, "content", bytes(task.content))
    said = msgspec.json.decode(content, type=list[tuple[str, tuple[str, ...]]])
    return tuple(value for _, values in said for value in values)


def give(rater: Staff, rating_id: int, score: float, *, clock: Clock = system_clock) -> Rating:
    """Score a text that waits for this rater.

    Raises RaterFault for a score off the scale, Rating.DoesNotExist for a text that does not wait
    for them (any more).
    """
    with transaction.atomic():
        rating = Rating.objects.select_related("task__part").get(
            pk=rating_id, rater=rater, score__isnull=True
        )
        refuse_if_closed(rating.task.part.campaign_id)
        raters.scale_of(rating.task.max_score).category(score)
        rating.score, rating.given_at = score, clock()
        rating.save(update_fields=["score", "given_at"])
        _settle(rating.task, plan_of(rating.task.part.campaign))
    return rating


def undo(rater: Staff, campaign: Campaign) -> Rating | None:
    """Take a rater's last score back; None if there is none, or a third rater has built on it."""
    with transaction.atomic():
        refuse_if_closed(campaign.pk)
        given = Rating.objects.filter(
            rater=rater, score__isnull=False, task__part__campaign=campaign
        )
        last = given.select_related("task__part").order_by("-given_at", "-pk").first()
        if last is None:
            return None
        third = last.task.ratings.filter(place=3).exclude(pk=last.pk).first()
        if third is not None and third.score is not None:
            return None
        if third is not None:
            third.delete()
        last.score = last.given_at = None
        last.save(update_fields=["score", "given_at"])
        _settle(last.task, plan_of(campaign))
    return last


def _settle(task: RatingTask, plan: RatingPlan) -> None:
    """Decide a text from its scores, call a third rater where two differ, tell the marking."""
    held = list(task.ratings.select_related("rater").order_by("place"))
    scores = [rating.score for rating in held if rating.score is not None]
    decision = raters.decide(
        scores,
        wanted=2 if task.twice else 1,
        tolerance=plan.tolerance,
        rule=cast(raters.Rule, plan.rule),
    )
    if decision.waits == "third" and all(rating.place != 3 for rating in held):
        found = _least_busy(task, plan, raters_available(), [one.rater.login for one in held])
        if found is not None:
            Rating.objects.create(task=task, rater=found, place=3)
    if decision.score == task.score:
        return
    task.score = decision.score
    task.save(update_fields=["score"])
    ResponseScore.objects.filter(
        part_id=task.part_id, item=task.item, response=bytes(task.response)
    ).update(score=decision.score, pending=True)


def item_progress(campaign: Campaign) -> list[ItemProgress]:
    """Every item that raters score, in the order of parts and items."""
    tasks = RatingTask.objects.filter(part__campaign=campaign)
    lines = (
        tasks.values("part", "item", code=F("part__part"), title=F("part__title"))
        .annotate(
            texts=Count("pk"),
            decided=Count("pk", filter=Q(score__isnull=False)),
            most=Max("max_score"),
        )
        .order_by("part__position", "item")
    )
    return [
        ItemProgress(
            part=line["code"],
            part_title=line["title"],
            item=line["item"],
            max_score=line["most"],
            texts=line["texts"],
            decided=line["decided"],
            disputed=Rating.objects.filter(
                task__part=line["part"], task__item=line["item"], place=3, score__isnull=True
            ).count(),
            agreement=_agreement(line["part"], line["item"], line["most"]),
        )
        for line in lines
    ]


def without_scale(campaign: Campaign) -> list[tuple[str, str]]:
    """Parts and items whose texts no machine scores, and no rater can: they state no maximum."""
    waiting = ResponseScore.objects.filter(part__campaign=campaign, score__isnull=True)
    tasks = RatingTask.objects.filter(part=OuterRef("part"), item=OuterRef("item"))
    found = waiting.filter(~Exists(tasks)).order_by("part__position", "item")
    return list(found.values_list("part__part", "item").distinct())


def _agreement(part: int, item: str, most: float) -> Agreement:
    """Of first and second raters; a third's scores are not compared."""
    rows = Rating.objects.filter(
        task__part=part, task__item=item, task__twice=True, place__lt=3, score__isnull=False
    )
    by_task: dict[str, dict[int, float]] = {}
    for task, place, score in rows.values_list("task_id", "place", "score"):
        by_task.setdefault(task, {})[place] = score or 0.0
    both = [held for held in by_task.values() if len(held) == 2]
    return raters.agreement([h[1] for h in both], [h[2] for h in both], raters.scale_of(most))
