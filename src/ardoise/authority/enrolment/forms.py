"""The form of a part: the template values that its booklet is printed with and scored by.

Every seat of a part has the same form. Its seed is derived from the campaign's key, so that
enrolment and marking draw the same values, and nobody can once the key is destroyed.
"""

from collections.abc import Iterable, Mapping

from ardoise.authority.keyring import CampaignKey
from ardoise.content.model import Item
from ardoise.scoring import compile_item
from ardoise.scoring.instantiate import TemplateValues


def drawn(items: Iterable[Item], *, part: str, key: CampaignKey) -> Mapping[str, TemplateValues]:
    """Item identifier → values, for the items that have template processing; the same each time.

    Raises ContentFault for rules that cannot be run, or a constraint that no draw satisfies.
    """
    seed = key.index("enrolment/form", part)
    return {
        item.identifier: compile_item(item).draw(seed)
        for item in items
        if item.scorable.template_processing is not None
    }
