"""A campaign and its parts."""

from django.db import models


class Campaign(models.Model):
    """One assessment of one level. Its key is in the key ring under the same identifier."""

    class State(models.TextChoices):
        """The life of a campaign, in order."""

        DRAFT = "draft"
        ENROLLED = "enrolled"
        OPEN = "open"
        COLLECTED = "collected"
        REPORTED = "reported"
        CLOSED = "closed"

    id = models.CharField(primary_key=True, max_length=40)
    title = models.CharField(max_length=200)
    level = models.CharField(max_length=8)
    language = models.CharField(max_length=8, default="fr")
    state = models.CharField(max_length=12, choices=State.choices, default=State.DRAFT)
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    file = models.TextField()
    """campaign.toml as the office wrote it."""
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "id"]

    def __str__(self) -> str:
        return self.id


class Part(models.Model):
    """A timed unit with one writer, and the content it is made from."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="parts")
    part = models.CharField(max_length=20)
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200)
    minutes = models.PositiveSmallIntegerField()
    grace_s = models.PositiveSmallIntegerField(default=30)
    writer = models.CharField(max_length=8)
    package = models.BinaryField()
    """The QTI package, zipped, unaltered."""
    package_name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    """content.Package.digest: what the booklet was made from."""
    keymap = models.BinaryField(default=b"")
    """content.KeyMap as JSON: neutral identifiers back to the author's; of form 1. Items are called
    the same in every form (enrolment.forms)."""
    forms = models.PositiveSmallIntegerField(default=1)
    """Booklets that differ in template values; every seat gets one of them by lot."""

    class Meta:
        ordering = ["campaign", "position"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "part"], name="part_once_in_campaign")
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id}/{self.part}"
