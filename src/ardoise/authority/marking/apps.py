"""Names the app for Django."""

from django.apps import AppConfig


class MarkingConfig(AppConfig):
    """Scores each distinct response once; marks by order number."""

    name = "ardoise.authority.marking"
    label = "marking"
