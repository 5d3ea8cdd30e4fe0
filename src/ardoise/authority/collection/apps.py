"""Names the app for Django."""

from django.apps import AppConfig


class CollectionConfig(AppConfig):
    """Pulls the returns, opens and checks the sheets, keeps them sealed."""

    name = "ardoise.authority.collection"
    label = "collection"
