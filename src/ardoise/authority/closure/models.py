"""A closing that is under way, and what remains of a closed campaign: its certificate."""

from django.db import models

from ardoise.authority.campaigns.models import Campaign


class Closing(models.Model):
    """A closing between its first and its last step, so that it can go on after a crash."""

    campaign = models.OneToOneField(Campaign, on_delete=models.CASCADE, related_name="closing")
    by = models.CharField(max_length=150)
    forced = models.CharField(max_length=300, blank=True)
    """Why it was closed before its time; nothing if it was in order."""
    started_at = models.DateTimeField()
    order = models.CharField(max_length=16)
    """The reference of the order to purge: sent again, it is answered alike."""
    counts: "models.JSONField[dict[str, int], dict[str, int]]" = models.JSONField()
    """Kind of row → how many there were before anything was deleted."""
    came_back: "models.JSONField[dict[str, int], dict[str, int]]" = models.JSONField()
    """Sheets and strays that had come back from delivery by then, as delivery counts them."""
    purged: "models.JSONField[dict[str, int] | None, dict[str, int] | None]" = models.JSONField(
        null=True
    )
    """What delivery says that it destroyed; null until it was asked, empty if it had nothing."""

    def __str__(self) -> str:
        return str(self.campaign_id)


class Certificate(models.Model):
    """The signed certificate of a closing."""

    campaign = models.OneToOneField(Campaign, on_delete=models.CASCADE, related_name="certificate")
    issued_at = models.DateTimeField()
    document = models.BinaryField()
    """JSON as signed: closure.certificate.CertificateDocument."""
    signature = models.BinaryField()

    def __str__(self) -> str:
        return str(self.campaign_id)
