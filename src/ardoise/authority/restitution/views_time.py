"""A pupil's working time: asked for by the head or the office, told to delivery at once."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ardoise.authority.accounts.access import account_of, head_or_officer, pupil_for
from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.delivery_calls import DeliveryCalls, DeliveryRefusal, DeliveryUnreachable
from ardoise.authority.enrolment.drawing import EnrolmentRefused
from ardoise.authority.enrolment.working_time import (
    WouldShorten,
    grant_working_time,
    tell_times,
    working_times,
)
from ardoise.authority.registry.models import Pupil
from ardoise.authority.restitution.forms import WorkingTimeForm, time_word
from ardoise.authority.restitution.names import open_names, record_view


@head_or_officer
@require_http_methods(["GET", "HEAD", "POST"])
def working_time(request: HttpRequest, pupil_id: str) -> HttpResponse:
    """Show and change a pupil's working time; less of it while pupils sit is asked for twice."""
    account = account_of(request)
    pupil = pupil_for(account, pupil_id)
    key = settings.KEYRING.campaign_key(pupil.campaign_id)
    present = working_times(key, [pupil])[pupil.pk]
    form = WorkingTimeForm(request.POST if request.method == "POST" else None, present=present)
    # Logged by class, as a lost card is and for the same reason (docs/decisions/0008).
    place = str(pupil.class_group_id)
    warned = None
    if request.method == "POST" and form.is_valid():
        percent = form.cleaned_data["percent"]
        try:
            _grant(request, pupil, percent, shorten=form.cleaned_data["shorten"] == percent)
        except WouldShorten:
            warned = percent
        else:
            record_view(account, pupil.campaign, what="working-time", subject=place, names=0)
            return redirect("restitution:class_list", pupil.class_group_id)
    names = open_names(account, pupil.campaign, [pupil], what="working-time", subject=place)
    context = {
        "pupil": pupil,
        "identity": names[pupil.pk],
        "form": form,
        "present": time_word(present),
        "warned": warned,
        "wanted": None if warned is None else time_word(warned),
        "names_shown": True,
    }
    return render(request, "ardoise/working_time.html", context)


def _grant(request: HttpRequest, pupil: Pupil, percent: int, *, shorten: bool) -> None:
    """Raises WouldShorten; any other refusal is a message."""
    try:
        changed = grant_working_time(pupil.campaign, pupil.pk, percent, shorten=shorten)
    except WouldShorten:
        raise
    except EnrolmentRefused:
        messages.error(request, _("Le temps de travail ne change plus : la campagne est terminée."))
        return
    if changed:
        messages.success(request, _("C’est enregistré : %(time)s.") % {"time": time_word(percent)})
    tell_of_time(request, pupil.campaign)


def tell_of_time(request: HttpRequest, campaign: Campaign) -> None:
    """If delivery cannot be told now, collecting tells it; if it refuses, a new kit does."""
    try:
        with DeliveryCalls.from_settings(attempts=2) as calls:
            tell_times(campaign, calls)
    except DeliveryUnreachable:
        messages.warning(
            request,
            _(
                "La plateforme n’a pas pu être prévenue : elle en tiendra compte "
                "dès la prochaine relève."
            ),
        )
    except DeliveryRefusal:
        messages.warning(
            request,
            _(
                "La plateforme n’a pas pu en tenir compte : le service statistique doit envoyer "
                "un nouveau kit."
            ),
        )
