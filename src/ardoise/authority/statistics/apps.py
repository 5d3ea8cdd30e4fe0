"""Names the app for Django."""

from django.apps import AppConfig


class StatisticsConfig(AppConfig):
    """Analyses a campaign's marks, without names and numbers."""

    name = "ardoise.authority.statistics"
    label = "statistics"
