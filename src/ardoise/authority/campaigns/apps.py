"""Names the app for Django."""

from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    """The campaign file, its parts and its life"""

    name = "ardoise.authority.campaigns"
    label = "campaigns"
