"""Names the app for Django."""

from django.apps import AppConfig


class ReleaseConfig(AppConfig):
    """The gate"""

    name = "ardoise.authority.release"
    label = "release"
