"""The link between a pupil and an order number, sealed on one side and blind on the other."""

from django.db import models

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.registry.models import Pupil


class Link(models.Model):
    """One pupil, one number. Neither the row nor a backup of it joins them without the key."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="links")
    pupil = models.OneToOneField(Pupil, on_delete=models.CASCADE, related_name="link")
    number = models.BinaryField()
    """Sealed: key.seal('linkage_link', pupil id, 'number', …)."""
    number_index = models.BinaryField(max_length=32)
    """key.index('linkage/number', number)."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "number_index"], name="number_linked_once")
        ]

    def __str__(self) -> str:
        return str(self.pupil_id)
