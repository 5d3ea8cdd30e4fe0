"""Joins pupil and order number, in both directions. Nothing else in Ardoise does.

From the pupil: its numbers, sealed and bound to the pupil's row. From the number: a keyed blind
index, beside the pupil's sealed identifier. Neither table tells which of its rows came last.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from django.db import transaction
from django.db.models import F
from msgspec import Struct

from ardoise.authority.database.rows import insert
from ardoise.authority.keyring import CampaignKey
from ardoise.authority.linkage.models import Holder, Link

_IN_ONE_QUERY = 500
_DIGITS = 9
_PADDED_TO = 8 * _DIGITS
"""Bytes: up to eight numbers look like one."""


class NewLink(Struct, frozen=True):
    """A pupil's number, and the class whose group its seat is in."""

    pupil_id: str
    class_group_id: int
    number: str


def link(key: CampaignKey, campaign_id: str, links: Sequence[NewLink]) -> None:
    """Give pupils their first numbers. IntegrityError: one has a number, or it is another's."""
    held = sorted(
        (new.pupil_id, campaign_id, new.class_group_id, _sealed_numbers(key, new, (new.number,)))
        for new in links
    )
    holders = sorted((*_sealed_holder(key, new), campaign_id) for new in links)
    with transaction.atomic():
        insert(Link, ("pupil_id", "campaign_id", "class_group_id", "numbers"), held)
        insert(Holder, ("id", "pupil", "campaign_id"), holders)


def relink(key: CampaignKey, campaign_id: str, new: NewLink) -> None:
    """Give a pupil another number, or its first. The earlier ones lead to its older sheets.

    IntegrityError: the number is another's.
    """
    with transaction.atomic():
        held = Link.objects.select_for_update()
        row = held.filter(campaign_id=campaign_id, pupil_id=new.pupil_id).first()
        earlier = () if row is None else _numbers(key, row)
        numbers = _sealed_numbers(key, new, (*earlier, new.number))
        Link(
            pupil_id=new.pupil_id,
            campaign_id=campaign_id,
            class_group_id=new.class_group_id,
            numbers=numbers,
        ).save(force_insert=row is None)
        index, sealed = _sealed_holder(key, new)
        Holder.objects.create(id=index, campaign_id=campaign_id, pupil=sealed)


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
        found |= {row.pupil_id: _numbers(key, row) for row in rows.order_by("pupil_id")}
    return found


def pupil_of(key: CampaignKey, campaign_id: str, number: str) -> str | None:
    """Whose number this is or was; None for a teacher's, a spare, or one never drawn."""
    return pupils_of(key, campaign_id, [number]).get(number)


def pupils_of(key: CampaignKey, campaign_id: str, numbers: Iterable[str]) -> dict[str, str]:
    """number → pupil id, numbers no longer in force included."""
    found: dict[str, str] = {}
    for some in _portions(numbers):
        by_index = {_index(key, number): number for number in some}
        rows = Holder.objects.filter(campaign_id=campaign_id, pk__in=list(by_index))
        for index, sealed in rows.values_list("pk", "pupil"):
            plain = key.unseal("linkage_holder", index, "pupil", bytes(sealed))
            found[by_index[index]] = plain.decode()
    return found


def moved(key: CampaignKey, campaign_id: str) -> Iterator[NewLink]:
    """Pupils whose class is no longer that of their seats' group: where each seat belongs now."""
    rows = Link.objects.filter(campaign_id=campaign_id).exclude(
        class_group_id=F("pupil__class_group_id")
    )
    for row in rows.select_related("pupil").order_by("pk").iterator():
        for number in _numbers(key, row):
            yield NewLink(row.pupil_id, row.pupil.class_group_id, number)


def follow_class(campaign_id: str, pupil_ids: Iterable[str]) -> None:
    """Note that these pupils' seats are in the group of their present class."""
    for some in _portions(pupil_ids):
        rows = list(
            Link.objects.filter(campaign_id=campaign_id, pupil_id__in=some).select_related("pupil")
        )
        for row in rows:
            row.class_group_id = row.pupil.class_group_id
        Link.objects.bulk_update(rows, ["class_group"])


def _sealed_numbers(key: CampaignKey, new: NewLink, numbers: tuple[str, ...]) -> bytes:
    plain = "".join(numbers).encode()
    padded = plain + bytes(-len(plain) % _PADDED_TO)
    return key.seal("linkage_link", new.pupil_id, "numbers", padded)


def _numbers(key: CampaignKey, row: Link) -> tuple[str, ...]:
    padded = key.unseal("linkage_link", row.pupil_id, "numbers", bytes(row.numbers))
    plain = padded.rstrip(b"\0").decode()
    return tuple(plain[start : start + _DIGITS] for start in range(0, len(plain), _DIGITS))


def _sealed_holder(key: CampaignKey, new: NewLink) -> tuple[str, bytes]:
    """A number's index, and whose it is."""
    index = _index(key, new.number)
    return index, key.seal("linkage_holder", index, "pupil", new.pupil_id.encode())


def _index(key: CampaignKey, number: str) -> str:
    return key.index("linkage/number", number).hex()


def _portions(values: Iterable[str]) -> Iterator[list[str]]:
    remaining = iter(values)
    while some := list(islice(remaining, _IN_ONE_QUERY)):
        yield some
