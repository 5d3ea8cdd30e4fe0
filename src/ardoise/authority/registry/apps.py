"""Names the app for Django."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """Schools, class groups and pupils from the ministry's exports, names sealed."""

    name = "ardoise.authority.registry"
    label = "registry"
