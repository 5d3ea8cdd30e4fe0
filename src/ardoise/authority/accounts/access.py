"""Who may open which page, and the only way from an address to a school, class or pupil.

What is not theirs answers 404, the same as what does not exist.
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect, render

from ardoise.authority.accounts.models import Staff
from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.keyring import CampaignKeyDestroyed
from ardoise.authority.registry.labels import opened
from ardoise.authority.registry.models import ClassGroup, Pupil, School

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


class CampaignClosed(Exception):
    """The campaign's pages are shut: answered with 410 and the way to its certificate."""

    def __init__(self, campaign: Campaign) -> None:
        super().__init__("the campaign is closed")
        self.campaign = campaign


def account_of(request: HttpRequest) -> Staff:
    """The account behind a request that went through one of the decorators below."""
    account = request.user
    if not isinstance(account, Staff):
        raise PermissionDenied
    return account


_METHODS = ("GET", "HEAD", "POST")


def _guard(view: "View[P]", roles: frozenset[str], *, before_change: bool = False) -> "View[P]":
    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.method not in _METHODS:
            return HttpResponseNotAllowed(_METHODS)
        account = request.user
        if not isinstance(account, Staff):
            asked = request.get_full_path() if request.method == "GET" else None
            from django.contrib.auth.views import redirect_to_login

            return redirect_to_login(asked) if asked else redirect("accounts:login")
        if account.must_change_password and not before_change:
            return redirect("accounts:password")
        if account.role not in roles:
            raise PermissionDenied
        try:
            return view(request, *args, **kwargs)
        except CampaignClosed as closed:
            return _closed_page(request, closed.campaign)
        except CampaignKeyDestroyed:
            return _closed_page(request, None)

    return guarded


def _closed_page(request: HttpRequest, campaign: Campaign | None) -> HttpResponseBase:
    return render(request, "ardoise/closed.html", {"campaign": campaign}, status=410)


_ALL = frozenset({Staff.Role.OFFICER, Staff.Role.HEAD, Staff.Role.TEACHER})
"""Those who may see names. A rater never does."""


def staff_only(view: "View[P]") -> "View[P]":
    """Any account but a rater's; others are sent to the login page."""
    return _guard(view, _ALL)


def anyone_with_account(view: "View[P]") -> "View[P]":
    """Any account, a rater's too."""
    return _guard(view, _ALL | {Staff.Role.RATER})


def rater_only(view: "View[P]") -> "View[P]":
    """A rater; other roles get 403: who may see names does not mark."""
    return _guard(view, frozenset({Staff.Role.RATER}))


def staff_before_change(view: "View[P]") -> "View[P]":
    """Any account, also one that must change its password first."""
    return _guard(view, _ALL | {Staff.Role.RATER}, before_change=True)


def officer_only(view: "View[P]") -> "View[P]":
    """The statistics office; other roles get 403."""
    return _guard(view, frozenset({Staff.Role.OFFICER}))


def head_or_officer(view: "View[P]") -> "View[P]":
    """A head (of any school: look the object up below) or the office."""
    return _guard(view, frozenset({Staff.Role.OFFICER, Staff.Role.HEAD}))


def head_only(view: "View[P]") -> "View[P]":
    """A head; other roles get 403."""
    return _guard(view, frozenset({Staff.Role.HEAD}))


def class_groups_of(account: Staff) -> QuerySet[ClassGroup]:
    """What an account may see: everything, its school's classes, or its own classes."""
    groups = ClassGroup.objects.select_related("school", "campaign")
    if account.role == Staff.Role.OFFICER:
        return groups
    if account.role == Staff.Role.HEAD:
        return groups.filter(school_id=account.school_id)
    return groups.filter(teachers=account, school_id=account.school_id)


def campaign_for(account: Staff, campaign_id: str, *, closed_too: bool = False) -> Campaign:
    """A campaign in which the account has a class. Raises Http404, CampaignClosed."""
    campaign = Campaign.objects.filter(pk=campaign_id).first()
    if campaign is None:
        raise Http404
    mine = account.role == Staff.Role.OFFICER or (
        class_groups_of(account).filter(campaign=campaign).exists()
    )
    if not mine:
        raise Http404
    return campaign if closed_too else _still_open(campaign)


def school_for(account: Staff, uai: str) -> School:
    """The office sees every school, a head their own, a teacher none. Raises Http404."""
    school = School.objects.filter(pk=uai).first()
    if school is None or account.role not in (Staff.Role.OFFICER, Staff.Role.HEAD):
        raise Http404
    if account.role == Staff.Role.HEAD and account.school_id != school.pk:
        raise Http404
    return school


def class_group_for(account: Staff, pk: int) -> ClassGroup:
    """One of the account's classes, its label open. Raises Http404, CampaignClosed."""
    group = class_groups_of(account).filter(pk=pk).first()
    if group is None:
        raise Http404
    _still_open(group.campaign)
    opened([group])
    return group


def pupil_for(account: Staff, pupil_id: str) -> Pupil:
    """A pupil of one of the account's classes, whose label is open.

    Raises Http404, CampaignClosed.
    """
    pupil = (
        Pupil.objects.select_related("class_group__school", "campaign")
        .filter(pk=pupil_id, class_group__in=class_groups_of(account))
        .first()
    )
    if pupil is None:
        raise Http404
    _still_open(pupil.campaign)
    opened([pupil.class_group])
    return pupil


def _still_open(campaign: Campaign) -> Campaign:
    if campaign.state == Campaign.State.CLOSED:
        raise CampaignClosed(campaign)
    return campaign
