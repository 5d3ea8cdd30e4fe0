"""What the authority holds of a campaign: what a closing destroys, and what it keeps.

Every model from which a path of foreign keys leads to a campaign stands in one of the two lists:
a test walks all models, and a closing refuses to go on beside one that is in neither.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.models import ForeignKey, Model, QuerySet

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.registry.models import ClassGroup

CHUNK = 2_000
"""Rows deleted in one transaction."""


@dataclass(frozen=True)
class Kind:
    """One kind of row. `path` leads from it to its campaign; `name` is what the office reads."""

    model: str
    path: str
    name: str


# In this order: what points at a row goes before the row.
DESTROYED = (
    # Files of persons, records that never left, seeds. What left is public.
    Kind("release.SealedRelease", "release__campaign", "sealed_releases"),
    # Sums that did not pass the disclosure gate: of a small campaign they would tell too much.
    Kind("restitution.CampaignSummary", "campaign", "summaries"),
    Kind("marking.Mark", "campaign", "marks"),
    Kind("marking.HeldText", "part__campaign", "held_texts"),
    Kind("marking.Rating", "task__part__campaign", "ratings"),
    Kind("marking.RatingTask", "part__campaign", "rating_tasks"),
    Kind("marking.RatingPlan", "campaign", "rating_plans"),
    Kind("marking.ResponseScore", "part__campaign", "response_scores"),
    Kind("marking.PartMarking", "part__campaign", "markings"),
    Kind("collection.Sheet", "campaign", "sheets"),
    Kind("collection.Stray", "campaign", "strays"),
    Kind("collection.Unopened", "campaign", "unopened"),
    Kind("collection.Pull", "campaign", "pulls"),
    Kind("enrolment.Kit", "campaign", "kits"),
    Kind("enrolment.SealedBlob", "part__campaign", "sealed_blobs"),
    Kind("enrolment.ContentKey", "part__campaign", "content_keys"),
    Kind("enrolment.Seat", "campaign", "seats"),
    Kind("linkage.Link", "campaign", "links"),
    Kind("linkage.Holder", "campaign", "holders"),
    Kind("enrolment.Group", "campaign", "groups"),
    Kind("registry.Pupil", "campaign", "pupils"),
    Kind("registry.RollImport", "campaign", "roll_imports"),
    Kind("accounts.Staff_class_groups", "classgroup__campaign", "teachers_of_classes"),
)
KEPT = (
    "campaigns.Part",  # the questions: they are the office's, and nobody's answers
    "registry.ClassGroup",  # the name-view log refers to it; its sealed label is wiped
    "restitution.NameView",
    # Of what left: its report and its published cells, which everybody has. Of what did not: that
    # it was proposed, and who decided.
    "release.Release",
    "release.Decision",
    "release.Budget",
    "release.Spending",
    "closure.Certificate",
    "closure.Closing",  # until the certificate is issued
)


class UnknownHolding(Exception):
    """A table that belongs to campaigns and of which nobody said what closing does with it."""


def rows(kind: Kind, campaign: Campaign) -> "QuerySet[Any]":
    """The rows of one kind that belong to a campaign."""
    return _model(kind.model)._default_manager.filter(**{kind.path: campaign})


def counts(campaign: Campaign) -> dict[str, int]:
    """Kind → how many rows there are; the sessions of everybody's browsers are one more kind."""
    found = {kind.name: rows(kind, campaign).count() for kind in DESTROYED}
    return {**found, "browser_sessions": Session.objects.count()}


def kept_counts(campaign: Campaign) -> dict[str, int]:
    """What remains of a campaign, beside its own row and the certificate."""
    return {
        "parts": campaign.parts.count(),
        "class_groups": ClassGroup.objects.filter(campaign=campaign).count(),
        "name_views": _model("restitution.NameView")
        ._default_manager.filter(campaign=campaign)
        .count(),
        "releases": _model("release.Release")._default_manager.filter(campaign=campaign).count(),
    }


def check_known() -> None:
    """Raises UnknownHolding if a model belongs to campaigns and stands in neither list."""
    known = {kind.model.lower() for kind in DESTROYED} | {name.lower() for name in KEPT}
    unknown = sorted(m._meta.label for m in _of_campaigns() if m._meta.label_lower not in known)
    if unknown:
        raise UnknownHolding(
            f"{', '.join(unknown)}: say in closure.holdings whether a closing destroys or keeps it"
        )


def delete_all(campaign: Campaign, announce: Callable[[int], None] = lambda _: None) -> None:
    """Delete every row of the kinds to destroy, wipe the class groups' labels, forget sequences.

    In chunks, each a transaction: stopping anywhere and running again ends the same.
    """
    done = 0
    for kind in DESTROYED:
        found = rows(kind, campaign)
        while keys := list(found.order_by("pk").values_list("pk", flat=True)[:CHUNK]):
            with transaction.atomic():
                found.filter(pk__in=keys).delete()
            done += len(keys)
            announce(done)
    with transaction.atomic():
        # From now on a class is called by its identifier (registry.labels).
        groups = ClassGroup.objects.filter(campaign=campaign)
        groups.update(sealed_label=b"", label_index=None)
    with transaction.atomic():
        Session.objects.all().delete()
    _forget_sequences()


def _forget_sequences() -> None:
    """SQLite counts the rows that a table ever had: back to the highest that is left."""
    if connection.vendor != "sqlite":
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_sequence")
        counted = {name for (name,) in cursor.fetchall()}
        for kind in DESTROYED:
            table = _model(kind.model)._meta.db_table
            if table in counted:
                name = connection.ops.quote_name(table)
                cursor.execute(
                    "UPDATE sqlite_sequence SET seq ="  # noqa: S608 - the names are our models'
                    f" (SELECT coalesce(max(rowid), 0) FROM {name}) WHERE name = %s",
                    [table],
                )


def _of_campaigns() -> Iterator[type[Model]]:
    """Every model from which foreign keys lead to a campaign, at any distance."""
    models = apps.get_models(include_auto_created=True)
    reached: set[type[Model]] = {Campaign}
    grown = True
    while grown:
        grown = False
        for model in models:
            if model not in reached and any(t in reached for t in _targets(model)):
                reached.add(model)
                grown = True
                yield model


def _targets(model: type[Model]) -> Iterator[type[Model]]:
    for each in model._meta.get_fields():
        if isinstance(each, ForeignKey) and each.model is model:
            yield each.remote_field.model


def _model(label: str) -> type[Model]:
    return apps.get_model(label)
