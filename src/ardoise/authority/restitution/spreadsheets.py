"""A pupil's results as one row of a spreadsheet."""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from ardoise.authority.registry.identity import Identity
from ardoise.authority.restitution.exports import Value
from ardoise.authority.restitution.results import Cell, Domain
from ardoise.authority.restitution.wording import status_word


def header_of(domains: Sequence[Domain]) -> list[str]:
    """Class, names, then score, maximum, group of each domain."""
    head = [_("Classe"), _("Nom"), _("Prénom")]
    for domain in domains:
        head += [
            f"{domain.title} – {_('score')}",
            f"{domain.title} – {_('maximum')}",
            f"{domain.title} – {_('groupe')}",
        ]
    return head


def row_of(
    label: str, identity: Identity, domains: Sequence[Domain], cells: Mapping[str, Cell]
) -> list[Value]:
    """A score is a number; without one the group's cell says why."""
    row: list[Value] = [label, identity.usual_name or identity.family_name, identity.first_name]
    for domain in domains:
        cell = cells[domain.id]
        if cell.score is None:
            row += [None, None, status_word(cell.status)]
            continue
        group = domain.labels[cell.group] if cell.group is not None else None
        row += [round(cell.score, 4), round(cell.max_score, 4), group]
    return row
