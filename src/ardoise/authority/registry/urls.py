"""The addresses of this stage."""

from django.urls import URLPattern, path

from ardoise.authority.registry import views

app_name = "registry"
urlpatterns: list[URLPattern] = [
    path("campagnes/<slug:campaign_id>/listes/", views.rolls, name="rolls"),
]
