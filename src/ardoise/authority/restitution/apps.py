"""Names the app for Django."""

from django.apps import AppConfig


class RestitutionConfig(AppConfig):
    """Results by name, for those who may see them, while a page is being made."""

    name = "ardoise.authority.restitution"
    label = "restitution"
