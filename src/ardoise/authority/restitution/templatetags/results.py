"""What the results templates need: the sign of a group, words for states and for the log."""

from collections.abc import Mapping, Sequence

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.restitution import drawing, wording
from ardoise.authority.restitution.results import Status
from ardoise.seal.numbers import shown

register = template.Library()


@register.simple_tag
def group_mark(group: int, groups: int) -> SafeString:
    """Steps filled up to the group; the group's name always stands beside it."""
    return mark_safe(drawing.group_mark(group, groups))  # noqa: S308 - numbers only


@register.simple_tag
def group_tone(group: int, groups: int) -> str:
    """low, mid or high: a class name."""
    return drawing.tone(group, groups)


@register.filter
def status_word(status: Status) -> str:
    """évalué, absent, en cours, non passé."""
    return wording.status_word(status)


@register.filter
def state_word(state: str) -> str:
    """A campaign's state."""
    words = {
        Campaign.State.DRAFT: _("en préparation"),
        Campaign.State.ENROLLED: _("prête"),
        Campaign.State.OPEN: _("passation en cours"),
        Campaign.State.COLLECTED: _("copies relevées"),
        Campaign.State.REPORTED: _("résultats disponibles"),
        Campaign.State.CLOSED: _("close"),
    }
    return words.get(Campaign.State(state), state)


@register.filter
def view_word(what: str) -> str:
    """What a line of the log was about; unknown words are shown as they are."""
    words = {
        "class": _("résultats d’une classe"),
        "list": _("liste noms et numéros"),
        "pupil": _("fiche d’un élève"),
        "pupil-pdf": _("fiche d’un élève (PDF)"),
        "class-pdf": _("fiches d’une classe (PDF)"),
        "export-csv": _("tableur CSV"),
        "export-ods": _("tableur ODS"),
        "cards": _("cartes de codes (PDF)"),
        "card": _("carte de code (PDF)"),
        "codes": _("liste des codes (PDF)"),
        "lost-card": _("carte perdue"),
        "working-time": _("temps majoré"),
        "rating-text": _("texte à noter, sans nom"),
        "release-judged": _("publication sans nom, jugée"),
        "release-confirmed": _("publication sans nom, confirmée"),
        "release-declined": _("publication sans nom, refusée"),
        "release-fetched": _("publication sans nom, fichiers retirés"),
        "release-budget": _("budget de confidentialité fixé"),
    }
    return words.get(what, what)


@register.filter
def role_word(role: str) -> str:
    """A role in the reader's language."""
    words = {
        "officer": _("service statistique"),
        "head": _("direction"),
        "teacher": _("enseignant"),
        "rater": _("notation"),
    }
    return words.get(role, role)


@register.filter
def lookup(mapping: Mapping[str, str], key: str) -> str:
    """mapping[key], or the key itself."""
    return mapping.get(key, key)


@register.filter
def at(values: Sequence[str], place: int) -> str:
    """values[place]."""
    return values[place]


@register.filter
def order_number(number: str) -> str:
    """123-456-789, as on the card."""
    return shown(number)
