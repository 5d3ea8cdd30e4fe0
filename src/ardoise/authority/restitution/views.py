"""The first page: each role has its own."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from ardoise.authority.accounts.access import staff_only


@staff_only
def home(request: HttpRequest) -> HttpResponse:
    """Campaigns for the office, the school for a head, the classes for a teacher."""
    return render(request, "ardoise/home_officer.html", {"campaigns": []})
