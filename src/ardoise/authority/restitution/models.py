"""Who looked at whose name, and when; and a campaign's sums for comparison."""

from django.db import models

from ardoise.authority.campaigns.models import Campaign


class NameView(models.Model):
    """One page or file with names in it, as it was shown. Only ever added."""

    at = models.DateTimeField()
    login = models.CharField(max_length=40)
    role = models.CharField(max_length=8)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="name_views")
    what = models.CharField(max_length=24)
    """'class', 'pupil', 'cards', 'export-csv', …"""
    subject = models.CharField(max_length=40)
    """The class group's or the pupil's identifier: random, no name."""
    names = models.PositiveIntegerField()
    """How many names it showed."""

    class Meta:
        ordering = ["-at"]
        indexes = [models.Index(fields=["campaign", "at"])]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.login} {self.what}"


class CampaignSummary(models.Model):
    """Sums over a whole campaign, by domain: no name, no number, no class."""

    campaign = models.OneToOneField(Campaign, on_delete=models.CASCADE, related_name="summary")
    made_at = models.DateTimeField()
    marks = models.PositiveIntegerField()
    last_seq = models.BigIntegerField()
    """With `marks`: which state of the marks it was made from."""
    content = models.TextField()
    """JSON: domain → scored pupils, sum of scores, sizes of the groups."""

    def __str__(self) -> str:
        return str(self.campaign_id)
