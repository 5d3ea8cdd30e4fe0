"""What people type: to log in, to change a password, to look after a team."""

from typing import Any

from django import forms
from django.contrib.auth.hashers import check_password
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from ardoise.authority.accounts.models import Staff
from ardoise.authority.registry.labels import by_label
from ardoise.authority.registry.models import ClassGroup

LONGEST_PASSWORD = 200


class LoginForm(forms.Form):
    """Login and password, both bounded."""

    login = forms.CharField(
        label=_("Identifiant"),
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    password = forms.CharField(
        label=_("Mot de passe"),
        max_length=LONGEST_PASSWORD,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class PasswordForm(forms.Form):
    """The old password once, the new one twice."""

    old_password = forms.CharField(
        label=_("Mot de passe actuel"),
        max_length=LONGEST_PASSWORD,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new_password1 = forms.CharField(
        label=_("Nouveau mot de passe"),
        help_text=_("Au moins 12 caractères. Une phrase de quatre mots convient très bien."),
        max_length=LONGEST_PASSWORD,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    new_password2 = forms.CharField(
        label=_("Le nouveau mot de passe, une seconde fois"),
        max_length=LONGEST_PASSWORD,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, account: Staff, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account

    def clean_old_password(self) -> str:
        """The one in use now."""
        old: str = self.cleaned_data["old_password"]
        if not check_password(old, self.account.password):
            raise forms.ValidationError(_("Ce n’est pas le mot de passe actuel."))
        return old

    def clean(self) -> dict[str, Any]:
        """The two new ones agree, are long enough, not common, and not the old one."""
        new, again = (self.cleaned_data.get(f"new_password{k}") for k in (1, 2))
        if not new or not again:
            return self.cleaned_data
        if new != again:
            self.add_error("new_password2", _("Les deux saisies ne sont pas les mêmes."))
        elif new == self.cleaned_data.get("old_password"):
            self.add_error("new_password1", _("Choisissez un mot de passe différent de l’actuel."))
        else:
            try:
                validate_password(new, self.account)
            except forms.ValidationError as fault:
                self.add_error("new_password1", fault)
        return self.cleaned_data


class TeacherForm(forms.Form):
    """Which of the school's classes a teacher sees."""

    class_groups = forms.ModelMultipleChoiceField(
        label=_("Classes"),
        queryset=ClassGroup.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, school_id: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups = ClassGroup.objects.filter(school_id=school_id).exclude(campaign__state="closed")
        self.groups = by_label(groups.select_related("campaign"))
        field = self.fields["class_groups"]
        assert isinstance(field, forms.ModelMultipleChoiceField)  # noqa: S101 - for the type checker
        field.queryset = groups
