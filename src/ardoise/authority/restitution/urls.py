"""The addresses of this stage."""

from django.urls import URLPattern, path, register_converter

from ardoise.authority.restitution import (
    views_class,
    views_home,
    views_officer,
    views_school,
    views_time,
)


class ExportKind:
    """csv or ods."""

    regex = "csv|ods"

    def to_python(self, value: str) -> str:
        """As written."""
        return value

    def to_url(self, value: str) -> str:
        """As written."""
        return value


register_converter(ExportKind, "kind")

app_name = "restitution"
_campaign = "campagnes/<slug:campaign_id>/"
_school = _campaign + "etablissements/<slug:uai>/"
_class = "classes/<int:pk>/"
_pupil = "eleves/<slug:pupil_id>/"
urlpatterns: list[URLPattern] = [
    path("", views_home.home, name="home"),
    path(_campaign, views_officer.campaign, name="campaign"),
    path(_campaign + "releve/", views_officer.collect, name="collect"),
    path(_campaign + "sauvegardes/", views_officer.strays, name="strays"),
    path(_campaign + "consultations/", views_officer.log, name="log"),
    path(_school, views_school.school, name="school"),
    path(_school + "resultats/", views_school.school_results, name="school_results"),
    path(_school + "cartes.pdf", views_school.school_cards, name="school_cards"),
    path(_school + "resultats.<kind:kind>", views_class.school_export, name="school_export"),
    path(_class + "resultats/", views_class.class_results, name="class_results"),
    path(_class + "liste/", views_class.class_list, name="class_list"),
    path(_class + "fiches.pdf", views_class.class_pdf, name="class_pdf"),
    path(_class + "cartes.pdf", views_school.class_cards, name="class_cards"),
    path(_class + "codes.pdf", views_school.class_codes, name="class_codes"),
    path(_class + "resultats.<kind:kind>", views_class.class_export, name="class_export"),
    path(_pupil, views_class.pupil, name="pupil"),
    path(_pupil + "fiche.pdf", views_class.pupil_pdf, name="pupil_pdf"),
    path(_pupil + "carte-perdue/", views_school.lost_card, name="lost_card"),
    path(_pupil + "temps/", views_time.working_time, name="working_time"),
    path(_pupil + "carte.pdf", views_school.pupil_card, name="pupil_card"),
]
