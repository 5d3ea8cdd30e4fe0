"""Names the app for Django."""

from django.apps import AppConfig


class LinkageConfig(AppConfig):
    """The only place where a pupil and an order number meet."""

    name = "ardoise.authority.linkage"
    label = "linkage"
