"""Joins pupil and order number, in both directions. Nothing else in Ardoise does.

From the pupil: the number, sealed and bound to the pupil's row. From the number: a keyed blind
index. Rows are written in the order of the pupils' random identifiers, so that their place in the
table tells no more than they do.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from django.db.models import F, Max
from msgspec import Struct

from ardoise.authority.keyring import CampaignKey
from ardoise.authority.linkage.models import Link

_IN_ONE_QUERY = 500


class NewLink(Struct, frozen=True):
    """A pupil's first number, and the class whose group its seat is in."""

    pupil_id: str
    class_group_id: int
    number: str


def link(key: CampaignKey, campaign_id: str, links: Sequence[NewLink]) -> None:
    """Give pupils their first numbers. IntegrityError: one has a number, or it is another's."""
    Link.objects.bulk_create(
        _row(key, campaign_id, new, position=0)
        for new in sorted(links, key=lambda new: new.pupil_id)
    )


def relink(key: CampaignKey, campaign_id: str, new: NewLink) -> None:
    """Give a pupil another number. The earlier ones stay: they lead to the pupil's older sheets."""
    highest = Link.objects.filter(campaign_id=campaign_id, pupil_id=new.pupil_id).aggregate(
        highest=Max("position")
    )["highest"]
    position = 0 if highest is None else highest + 1
    _row(key, campaign_id, new, position=position).save(force_insert=True)


def numbers_of(key: CampaignKey, campaign_id: str, pupil_ids: Iterable[str]) -> dict[str, str]:
    """The number in force of each pupil that has one."""
    every = every_number_of(key, campaign_id, pupil_ids)
    return {pupil_id: numbers[-1] for pupil_id, numbers in every.items()}


def every_number_of(
    key: CampaignKey, campaign_id: str, pupil_ids: Iterable[str]
) -> dict[str, tuple[str, ...]]:
    """All numbers a pupil has had, oldest first; more than one after a lost card.

    A pupil's sheets are under all of them: for each part, that of the newest number counts.
    """
    found: dict[str, tuple[str, ...]] = {}
    for some in _portions(pupil_ids):
        rows = Link.objects.filter(campaign_id=campaign_id, pupil_id__in=some)
        for row in rows.order_by("pupil_id", "position"):
            earlier = found.get(row.pupil_id, ())
            found[row.pupil_id] = (*earlier, _open(key, row))
    return found


def pupil_of(key: CampaignKey, campaign_id: str, number: str) -> str | None:
    """Whose number this is or was; None for a teacher's, a spare, or one never drawn."""
    return pupils_of(key, campaign_id, [number]).get(number)


def pupils_of(key: CampaignKey, campaign_id: str, numbers: Iterable[str]) -> dict[str, str]:
    """number → pupil id, numbers no longer in force included."""
    found: dict[str, str] = {}
    for some in _portions(numbers):
        by_index = {_index(key, number): number for number in some}
        rows = Link.objects.filter(campaign_id=campaign_id, number_index__in=list(by_index))
        for index, pupil_id in rows.values_list("number_index", "pupil_id"):
            found[by_index[bytes(index)]] = pupil_id
    return found


def moved(key: CampaignKey, campaign_id: str) -> Iterator[NewLink]:
    """Pupils whose class is no longer that of their seat's group: where the seat belongs now."""
    rows = Link.objects.filter(campaign_id=campaign_id).exclude(
        class_group_id=F("pupil__class_group_id")
    )
    for row in rows.select_related("pupil").order_by("pk").iterator():
        yield NewLink(row.pupil_id, row.pupil.class_group_id, _open(key, row))


def follow_class(campaign_id: str, pupil_ids: Iterable[str]) -> None:
    """Note that these pupils' seats are in the group of their present class."""
    for some in _portions(pupil_ids):
        rows = list(
            Link.objects.filter(campaign_id=campaign_id, pupil_id__in=some).select_related("pupil")
        )
        for row in rows:
            row.class_group_id = row.pupil.class_group_id
        Link.objects.bulk_update(rows, ["class_group"])


def _row(key: CampaignKey, campaign_id: str, new: NewLink, *, position: int) -> Link:
    place = f"{new.pupil_id}/{position}"
    return Link(
        campaign_id=campaign_id,
        pupil_id=new.pupil_id,
        position=position,
        class_group_id=new.class_group_id,
        number=key.seal("linkage_link", place, "number", new.number.encode()),
        number_index=_index(key, new.number),
    )


def _open(key: CampaignKey, row: Link) -> str:
    place = f"{row.pupil_id}/{row.position}"
    return key.unseal("linkage_link", place, "number", bytes(row.number)).decode()


def _index(key: CampaignKey, number: str) -> bytes:
    return key.index("linkage/number", number)


def _portions(values: Iterable[str]) -> Iterator[list[str]]:
    remaining = iter(values)
    while some := list(islice(remaining, _IN_ONE_QUERY)):
        yield some
