"""A decision on a release, and a plan to judge."""

from django import forms
from django.utils.translation import gettext_lazy as _

PLAN_LIMIT = 1 << 20


class ConfirmForm(forms.Form):
    """A yes to the record that was shown."""

    digest = forms.CharField(max_length=64, widget=forms.HiddenInput)
    read = forms.BooleanField(
        label=_("J’ai lu le rapport. Les garanties et les pertes me conviennent."),
        error_messages={"required": _("Lisez d’abord le rapport, puis cochez la case.")},
    )


class DeclineForm(forms.Form):
    """A no, and why."""

    reason = forms.CharField(
        label=_("Raison du refus"),
        help_text=_("Elle figurera au rapport. N’y écrivez aucun nom."),
        max_length=300,
    )
