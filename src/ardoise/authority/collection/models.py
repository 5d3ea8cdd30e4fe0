"""What came back from delivery, opened, checked and sealed again under the campaign's key."""

from django.db import models

from ardoise.authority.campaigns.models import Campaign


class Pull(models.Model):
    """How far the returns of a campaign were read."""

    campaign = models.OneToOneField(Campaign, on_delete=models.CASCADE, related_name="pull")
    last_seq = models.BigIntegerField(default=0)
    at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.last_seq}"


class Sheet(models.Model):
    """The latest sheet of one part of one seat."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="sheets")
    number = models.CharField(max_length=9)
    part = models.CharField(max_length=20)
    seq = models.BigIntegerField()
    writer = models.CharField(max_length=9)
    """The seat that saved it."""
    epoch = models.PositiveIntegerField()
    version = models.PositiveIntegerField()
    received_at = models.DateTimeField()
    content = models.BinaryField()
    """The sheet's JSON, sealed: key.seal('collection_sheet', 'number/part', 'content', …)."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "number", "part"], name="sheet_once")
        ]
        indexes = [models.Index(fields=["campaign", "seq"])]

    def __str__(self) -> str:
        return str(self.pk)


class Stray(models.Model):
    """A save that delivery refused and kept. The office decides what becomes of it."""

    class Decision(models.TextChoices):
        """What the office said."""

        OPEN = "open"
        USED = "used"
        SET_ASIDE = "set-aside"

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="strays")
    seq = models.BigIntegerField()
    number = models.CharField(max_length=9)
    part = models.CharField(max_length=20)
    writer = models.CharField(max_length=9)
    epoch = models.PositiveIntegerField()
    version = models.PositiveIntegerField()
    received_at = models.DateTimeField()
    reason = models.CharField(max_length=12)
    content = models.BinaryField()
    """Sealed like a sheet: ('collection_stray', 'seq', 'content')."""
    decision = models.CharField(max_length=12, choices=Decision.choices, default=Decision.OPEN)
    decided_by = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "seq"], name="stray_once")]

    def __str__(self) -> str:
        return str(self.pk)


class Unopened(models.Model):
    """Something that came back and does not open or is not what it claims: counted, explained."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="unopened")
    seq = models.BigIntegerField()
    number = models.CharField(max_length=9)
    part = models.CharField(max_length=20)
    why = models.CharField(max_length=40)
    sealed = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "seq"], name="unopened_once")]

    def __str__(self) -> str:
        return f"{self.why} {self.pk}"
