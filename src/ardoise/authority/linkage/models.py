"""The link between a pupil and an order number, sealed on one side and blind on the other."""

from django.db import models

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.registry.models import ClassGroup, Pupil


class Link(models.Model):
    """A pupil's number. Neither the row nor a backup of it joins them without the key."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="links")
    pupil = models.ForeignKey(Pupil, on_delete=models.CASCADE, related_name="links")
    position = models.PositiveSmallIntegerField(default=0)
    """0, then one more for each card that was lost: the highest is in force."""
    class_group = models.ForeignKey(ClassGroup, on_delete=models.PROTECT, related_name="+")
    """Whose group the seat is in at delivery: tells that a pupil has changed class since."""
    number = models.BinaryField()
    """Sealed: key.seal('linkage_link', 'pupil id/position', 'number', …)."""
    number_index = models.BinaryField(max_length=32)
    """key.index('linkage/number', number)."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "number_index"], name="number_linked_once"),
            models.UniqueConstraint(fields=["pupil", "position"], name="pupil_linked_once_each"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
