"""The addresses of this stage."""

from django.urls import path

from ardoise.authority.closure import views

app_name = "closure"
_CAMPAIGN = "campagnes/<slug:campaign_id>"
urlpatterns = [
    path(f"{_CAMPAIGN}/cloture/", views.checklist, name="checklist"),
    path(f"{_CAMPAIGN}/certificat/", views.certificate, name="certificate"),
    path(f"{_CAMPAIGN}/certificat.json", views.certificate_json, name="certificate-json"),
    path(f"{_CAMPAIGN}/certificat.pdf", views.certificate_as_pdf, name="certificate-pdf"),
]
