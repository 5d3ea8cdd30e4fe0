"""The site's addresses: each stage brings its own."""

from django.urls import include, path

urlpatterns = [
    path("", include("ardoise.authority.restitution.urls")),
    path("", include("ardoise.authority.accounts.urls")),
]
