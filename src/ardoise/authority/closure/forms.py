"""The confirmation that a closing is meant."""

from django import forms
from django.utils.translation import gettext_lazy as _


class ClosingForm(forms.Form):
    """The campaign's identifier, typed; and, where it is not in order, a reason."""

    identifier = forms.CharField(
        label=_("Tapez l’identifiant de la campagne"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    reason = forms.CharField(
        label=_("Raison de clore avant terme"),
        help_text=_("Elle figurera dans le certificat. N’y écrivez aucun nom."),
        max_length=300,
        required=False,
    )

    def __init__(self, *args: object, campaign_id: str, in_order: bool, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self._campaign_id = campaign_id
        if in_order:
            del self.fields["reason"]
        else:
            self.fields["reason"].required = True

    def clean_identifier(self) -> str:
        """Nothing but the identifier itself will do."""
        typed: str = self.cleaned_data["identifier"].strip()
        if typed != self._campaign_id:
            raise forms.ValidationError(
                _("Ce n’est pas l’identifiant de cette campagne : rien n’a été changé.")
            )
        return typed
