"""Names the app for Django."""

from django.apps import AppConfig


class EnrolmentConfig(AppConfig):
    """Order numbers, codes, cards, sealed booklets and the kit."""

    name = "ardoise.authority.enrolment"
    label = "enrolment"
