"""What heads choose: a pupil's working time."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ardoise.authority.enrolment.working_time import OFFERED


def time_word(percent: int) -> str:
    """A percentage as a head reads it."""
    words = {
        100: _("temps ordinaire (100 %)"),
        133: _("un tiers de plus (133 %)"),
        150: _("la moitié de plus (150 %)"),
        200: _("le double (200 %)"),
    }
    return words.get(percent, f"{percent}\u202f%")


class WorkingTimeForm(forms.Form):
    """One of the usual percentages, or the pupil's own if a list gave another."""

    percent = forms.TypedChoiceField(label=gettext_lazy("Temps accordé"), coerce=int)
    shorten = forms.IntegerField(required=False, widget=forms.HiddenInput, max_value=1000)
    """The percentage for which the warning was shown."""

    def __init__(self, data: object, *, present: int) -> None:
        super().__init__(data, initial={"percent": present})  # type: ignore[arg-type]
        choices = [(one, time_word(one)) for one in sorted({*OFFERED, present})]
        self.fields["percent"].choices = choices  # type: ignore[attr-defined]
