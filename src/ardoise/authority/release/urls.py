"""The addresses of this stage."""

from django.urls import path

from ardoise.authority.release import views

app_name = "release"
_ONE = "publications/<slug:release_id>/"
urlpatterns = [
    path("campagnes/<slug:campaign_id>/publications/", views.releases, name="list"),
    path(_ONE, views.one, name="one"),
    path(_ONE + "confirmer/", views.confirmed, name="confirm"),
    path(_ONE + "refuser/", views.declined, name="decline"),
    path(_ONE + "rapport.html", views.report_html, name="report"),
    path(_ONE + "rapport.pdf", views.report_pdf, name="report-pdf"),
    path(_ONE + "fichiers.zip", views.files, name="files"),
]
