"""The link between a pupil and its order numbers: two tables that nothing but the key joins."""

from django.db import models

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.registry.models import ClassGroup, Pupil


class Link(models.Model):
    """From a pupil to its numbers. One row and one length, however many cards were lost.

    A second row would tell whose card was lost, and one seat in the class is voided.
    """

    pupil = models.OneToOneField(
        Pupil, on_delete=models.CASCADE, primary_key=True, related_name="link"
    )
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="links")
    class_group = models.ForeignKey(ClassGroup, on_delete=models.PROTECT, related_name="+")
    """Whose group the seat is in at delivery: tells that a pupil has changed class since."""
    numbers = models.BinaryField()
    """Oldest first; sealed: key.seal('linkage_link', pupil id, 'numbers', …), padded."""

    def __str__(self) -> str:
        return str(self.pk)


class Holder(models.Model):
    """From a number to its pupil. Neither of the two stands in it."""

    id = models.CharField(primary_key=True, max_length=64)
    """key.index('linkage/number', number) as hex: the campaign's key makes it the campaign's."""
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="holders")
    pupil = models.BinaryField()
    """The pupil's identifier; sealed: key.seal('linkage_holder', id, 'pupil', …)."""

    def __str__(self) -> str:
        return str(self.pk)
