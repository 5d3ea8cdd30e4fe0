"""Logging in and out, changing one's password, a head's team of teachers."""

from django.contrib import messages
from django.contrib.auth import login as open_session
from django.contrib.auth import logout as close_session
from django.contrib.auth import update_session_auth_hash
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from ardoise.authority.accounts import rules
from ardoise.authority.accounts.access import account_of, head_only, staff_before_change
from ardoise.authority.accounts.forms import LoginForm, PasswordForm, TeacherForm
from ardoise.authority.accounts.models import Staff
from ardoise.authority.registry.models import School


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponseBase:
    """The login page. A wrong try answers 200, a try during a pause 429."""
    target = _safe_target(request)
    if isinstance(request.user, Staff):
        return redirect(target)
    form = LoginForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            account = rules.log_in_as(
                request, form.cleaned_data["login"], form.cleaned_data["password"]
            )
        except rules.LoginRefused as refused:
            status = _explain(form, refused)
        else:
            open_session(request, account)  # gives the session a new key
            return redirect("accounts:password" if account.must_change_password else target)
    context = {"form": form, "next": request.POST.get("next", request.GET.get("next", ""))}
    return render(request, "ardoise/login.html", context, status=status)


def _explain(form: LoginForm, refused: rules.LoginRefused) -> int:
    form.add_error(None, _("Identifiant ou mot de passe inconnu."))
    if not refused.wait_s:
        return 200
    form.add_error(
        None,
        ngettext(
            "Prochain essai possible dans %(seconds)d seconde.",
            "Prochain essai possible dans %(seconds)d secondes.",
            refused.wait_s,
        )
        % {"seconds": refused.wait_s},
    )
    return 429


def _safe_target(request: HttpRequest) -> str:
    target = request.POST.get("next", request.GET.get("next", ""))
    own = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if own else resolve_url("restitution:home")


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """Ends the session, whoever asks."""
    close_session(request)
    return redirect("accounts:login")


@sensitive_post_parameters()
@staff_before_change
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """Change one's own password; the other sessions of the account end."""
    account = account_of(request)
    form = PasswordForm(account, request.POST or None)
    if request.method == "POST" and form.is_valid():
        account.set_password(form.cleaned_data["new_password2"])
        account.must_change_password = False
        account.save(update_fields=["password", "must_change_password"])
        update_session_auth_hash(request, account)
        messages.success(request, _("Le mot de passe est changé."))
        return redirect("restitution:home")
    return render(request, "ardoise/password.html", {"form": form})


@head_only
@require_http_methods(["GET", "HEAD", "POST"])
def team(request: HttpRequest) -> HttpResponse:
    """The school's teachers. POST makes a login and shows its password this once."""
    school = _own_school(request)
    issued = None
    if request.method == "POST":
        form = TeacherForm(school.pk, request.POST)
        if not form.is_valid():
            raise Http404
        account, secret = rules.create_account(
            rules.next_teacher_login(school),
            Staff.Role.TEACHER,
            school=school,
            class_groups=form.cleaned_data["class_groups"],
        )
        issued = {"login": account.login, "password": secret, "new": True}
    return _team_page(request, school, issued)


@head_only
@require_POST
def teacher_classes(request: HttpRequest, login: str) -> HttpResponse:
    """Say which classes a teacher of the school sees."""
    school = _own_school(request)
    account = _teacher(school, login)
    form = TeacherForm(school.pk, request.POST)
    if not form.is_valid():
        raise Http404
    rules.set_classes(account, form.cleaned_data["class_groups"])
    messages.success(request, _("Classes de %(login)s enregistrées.") % {"login": account.login})
    return redirect("accounts:team")


@head_only
@require_POST
def teacher_password(request: HttpRequest, login: str) -> HttpResponse:
    """A new password for a teacher of the school, shown this once."""
    school = _own_school(request)
    account = _teacher(school, login)
    secret = rules.reset_password(account)
    return _team_page(request, school, {"login": account.login, "password": secret, "new": False})


@head_only
@require_POST
def teacher_active(request: HttpRequest, login: str) -> HttpResponse:
    """Suspend a teacher's login, or open it again."""
    account = _teacher(_own_school(request), login)
    account.is_active = request.POST.get("active") == "1"
    account.save(update_fields=["is_active"])
    text = _("%(login)s peut se connecter.") if account.is_active else _("%(login)s est suspendu.")
    messages.success(request, text % {"login": account.login})
    return redirect("accounts:team")


def _own_school(request: HttpRequest) -> School:
    school = account_of(request).school
    if school is None:
        raise Http404
    return school


def _teacher(school: School, login: str) -> Staff:
    account = Staff.objects.filter(login=login, school=school, role=Staff.Role.TEACHER).first()
    if account is None:
        raise Http404
    return account


def _team_page(
    request: HttpRequest, school: School, issued: dict[str, object] | None
) -> HttpResponse:
    groups = TeacherForm(school.pk).groups
    context = {
        "school": school,
        "teachers": rules.teachers_of(school),
        "groups": groups,
        "several": len({group.campaign_id for group in groups}) > 1,
        "issued": issued,
    }
    return render(request, "ardoise/team.html", context)
