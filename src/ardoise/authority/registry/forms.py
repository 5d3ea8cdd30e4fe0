"""The form that takes roll files. They stay in memory: see `web.BoundedMemoryUpload`."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from ardoise.authority.registry.identifiers import parse_uai

FILES_AT_ONCE = 50


class ManyFilesInput(forms.ClearableFileInput):
    """Django's file input, for several files."""

    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """One to fifty files; empty ones are kept, so that their report says so."""

    widget = ManyFilesInput

    def clean(self, data: Any, initial: Any = None) -> "list[UploadedFile[Any]]":
        """The files, in the order given."""
        files = data if isinstance(data, list | tuple) else [data] if data else []
        if not files:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        if len(files) > FILES_AT_ONCE:
            raise forms.ValidationError(_("Cinquante fichiers au plus à la fois."))
        return list(files)


class RollForm(forms.Form):
    """Roll files, and the school that an ONDE export does not name."""

    use_required_attribute = False

    rolls = ManyFilesField(
        label=_l("Fichiers"),
        help_text=_l(
            "ONDE : CSVExtraction.csv. SIECLE : ElevesSansAdresses.xml, zippé ou non. "
            "Plusieurs à la fois si vous voulez."
        ),
        widget=ManyFilesInput(attrs={"accept": ".csv,.xml,.zip,text/csv,text/xml"}),
    )
    school = forms.CharField(
        label=_l("UAI de l’école (pour ONDE)"),
        help_text=_l(
            "Un export ONDE ne dit pas de quelle école il vient. Laissez vide si le nom de chaque "
            "fichier contient son UAI, ou pour SIECLE."
        ),
        required=False,
        max_length=12,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_school(self) -> str:
        """A UAI in normal form, or nothing."""
        text: str = self.cleaned_data["school"].strip()
        if not text:
            return ""
        try:
            return parse_uai(text)
        except ValueError as fault:
            raise forms.ValidationError(
                _("Ce numéro n’est pas valable : vérifiez les sept chiffres et la lettre.")
            ) from fault
