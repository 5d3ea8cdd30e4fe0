"""The pupil's sheet as a document: for the family, in plain words, without rank or comparison."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localdate
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.documents.typeset import typeset
from ardoise.authority.registry.identity import Identity
from ardoise.authority.registry.models import Pupil
from ardoise.authority.restitution.drawing import tone
from ardoise.authority.restitution.results import Cell, Domain
from ardoise.authority.restitution.rules import parts_of
from ardoise.authority.restitution.wording import points, status_word
from ardoise.clock import Clock, system_clock


def sheet_data(
    pupil: Pupil, identity: Identity, domains: Sequence[Domain], cells: Mapping[str, Cell]
) -> dict[str, Any]:
    """What the template prints of one pupil. Exists only until the PDF is made."""
    school = pupil.class_group.school
    return {
        "name": identity.shown,
        "class": pupil.class_group.label,
        "school": school.name or school.pk,
        "parts": [
            {
                "title": part.title,
                "domains": [
                    _domain(one, cells[one.id]) for one in domains if one.part == part.part
                ],
            }
            for part in parts_of(pupil.campaign)
        ],
    }


def _domain(domain: Domain, cell: Cell) -> dict[str, Any]:
    data: dict[str, Any] = {"title": domain.title, "status": status_word(cell.status)}
    if cell.score is None or cell.group is None or not cell.max_score:
        if cell.score is not None:
            data["status"] = _score_text(cell)
        return data
    cuts = [0.0, *sorted(t for t in domain.thresholds if 0 < t < cell.max_score), cell.max_score]
    groups = len(domain.labels)
    data["score"] = _score_text(cell)
    data["group"] = domain.labels[cell.group]
    data["step"], data["steps"] = cell.group + 1, groups
    data["tone"] = tone(cell.group, groups)
    data["at"] = min(max(cell.score / cell.max_score, 0.0), 1.0)
    data["zones"] = [
        {
            "share": (end - start) / cell.max_score,
            "tone": tone(sum(t <= start for t in domain.thresholds), groups),
        }
        for start, end in pairwise(cuts)
    ]
    return data


def sheets_pdf(
    campaign: Campaign,
    labels: Sequence[str],
    pages: Sequence[Mapping[str, Any]],
    *,
    clock: Clock = system_clock,
) -> bytes:
    """One page a pupil; `labels` name the groups. Raises TypesetError, which quotes no data."""
    words = {
        "title": _("Résultats de l’élève"),
        "class": _("Classe"),
        "school": _("Établissement"),
        "intro": _(
            "Cette évaluation montre ce qui est acquis et ce qui demande encore du travail, au "
            "moment où elle a été passée. Ce n’est ni une note ni un classement. L’enseignant "
            "peut l’expliquer et dire ce qui est prévu pour aider."
        ),
        "reading": _(
            "Comment lire : la ligne va de zéro au maximum de points ; la flèche est le résultat "
            "de l’élève ; les couleurs suivent les groupes, dans cet ordre :"
        ),
        "foot": _(
            "Document destiné à l’élève et à sa famille. À la clôture de la campagne, les noms et "
            "les résultats individuels sont détruits."
        ),
        "printed": date_format(localdate(clock()), "j F Y"),
    }
    data = {
        "language": get_language() or "fr",
        "campaign": campaign.title,
        "words": words,
        "legend": [
            {"label": label, "step": k + 1, "steps": len(labels), "tone": tone(k, len(labels))}
            for k, label in enumerate(labels)
        ],
        "pages": list(pages),
    }
    return typeset("result-sheet", data)


def _score_text(cell: Cell) -> str:
    return _("%(score)s sur %(max)s") % {
        "score": points(cell.score or 0.0),
        "max": points(cell.max_score),
    }
