"""The site's addresses: each stage brings its own."""

from django.urls import include, path
from django.views.i18n import set_language

urlpatterns = [
    path("langue/", set_language, name="set_language"),
    path("", include("ardoise.authority.closure.urls")),
    path("", include("ardoise.authority.marking.urls")),
    path("", include("ardoise.authority.registry.urls")),
    path("", include("ardoise.authority.release.urls")),
    path("", include("ardoise.authority.restitution.urls")),
    path("", include("ardoise.authority.accounts.urls")),
]
