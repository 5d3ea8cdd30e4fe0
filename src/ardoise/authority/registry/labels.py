"""Labels of class groups: sealed like names, because "CP Mme Durand" is one.

A label is bound to its keyed blind index, which stands for school, level and label together: the
same label in two schools has two indexes, so that nothing can be counted.
"""

import hmac
from collections.abc import Iterable

from django.conf import settings

from ardoise.authority.keyring import CampaignKey, CampaignKeyDestroyed, KeyRing
from ardoise.authority.registry.models import ClassGroup
from ardoise.seal.envelope import SealError

PURPOSE = "registry/class"
_WIDTH = 32
"""Bytes: labels are padded to multiples of it, so that a length says next to nothing."""


def label_index(key: CampaignKey, school_id: str, level: str, label: str) -> bytes:
    """For ClassGroup.label_index."""
    return key.index(PURPOSE, f"{school_id}|{level}|{label}")


def set_label(key: CampaignKey, group: ClassGroup, label: str) -> ClassGroup:
    """Seal a label into a group that has its school and level; save it yourself."""
    index = label_index(key, group.school_id, group.level, label)
    plain = label.encode()
    padded = plain + bytes(-len(plain) % _WIDTH)
    group.label_index = index
    group.sealed_label = key.seal("registry_classgroup", index.hex(), "sealed_label", padded)
    group.show(label)
    return group


def group_of(
    key: CampaignKey, campaign_id: str, school_id: str, level: str, label: str
) -> ClassGroup:
    """The class group of this label; a new one if there is none."""
    index = label_index(key, school_id, level, label)
    found = ClassGroup.objects.filter(campaign_id=campaign_id, label_index=index).first()
    if found is not None:
        found.show(label)
        return found
    fresh = ClassGroup(campaign_id=campaign_id, school_id=school_id, level=level)
    set_label(key, fresh, label).save(force_insert=True)
    return fresh


def open_label(key: CampaignKey, group: ClassGroup) -> str:
    """Also shows it on the group. Raises SealError if it was moved or changed."""
    index = bytes(group.label_index or b"")
    sealed = bytes(group.sealed_label)
    padded = key.unseal("registry_classgroup", index.hex(), "sealed_label", sealed)
    label = padded.rstrip(b"\0").decode()
    if not hmac.compare_digest(label_index(key, group.school_id, group.level, label), index):
        raise SealError("the label belongs to another class")
    group.show(label)
    return label


def opened(groups: Iterable[ClassGroup], *, ring: KeyRing | None = None) -> list[ClassGroup]:
    """The same groups in the same order, labels open: one look at the key file a campaign.

    After a closing there is no label any more: a group is called by its identifier, `#7`.
    """
    held = list(groups)
    keys = {one: _key(ring or settings.KEYRING, one) for one in {g.campaign_id for g in held}}
    for group in held:
        key = keys[group.campaign_id]
        if key is None or not group.sealed_label:
            group.show(f"#{group.pk}")
        else:
            open_label(key, group)
    return held


def by_label(groups: Iterable[ClassGroup], *, ring: KeyRing | None = None) -> list[ClassGroup]:
    """Opened and in the order of a list: by school, label, level."""
    held = opened(groups, ring=ring)
    return sorted(held, key=lambda group: (group.school_id, group.label, group.level))


def _key(ring: KeyRing, campaign_id: str) -> CampaignKey | None:
    try:
        return ring.campaign_key(campaign_id)
    except CampaignKeyDestroyed:
        return None
