"""Names the app for Django."""

from django.apps import AppConfig


class ClosureConfig(AppConfig):
    """The wipe"""

    name = "ardoise.authority.closure"
    label = "closure"
