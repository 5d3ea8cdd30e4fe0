"""Names the app for Django."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Staff of the office, heads and teachers; who may see what."""

    name = "ardoise.authority.accounts"
    label = "accounts"
