"""The addresses of this stage: the raters' desk, and the office's page of their work."""

from django.urls import URLPattern, path

from ardoise.authority.marking import views

app_name = "marking"
_campaign = "campagnes/<slug:campaign_id>/notation/"
urlpatterns: list[URLPattern] = [
    path("notation/", views.desk, name="desk"),
    path("notation/<slug:campaign_id>/", views.text, name="text"),
    path("notation/<slug:campaign_id>/annuler/", views.undo, name="undo"),
    path(_campaign, views.rating, name="rating"),
    path(_campaign + "repartir/", views.deal, name="deal"),
    path(_campaign + "reporter/", views.report, name="report"),
]
