"""What remains of a closed campaign: its certificate."""

from django.db import models

from ardoise.authority.campaigns.models import Campaign


class Certificate(models.Model):
    """The signed certificate of a closing."""

    campaign = models.OneToOneField(Campaign, on_delete=models.CASCADE, related_name="certificate")
    issued_at = models.DateTimeField()
    document = models.BinaryField()
    """JSON as signed."""
    signature = models.BinaryField()

    def __str__(self) -> str:
        return str(self.campaign_id)
