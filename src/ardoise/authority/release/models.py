"""Releases, who decided on them, and what they cost of a campaign's privacy budget."""

from django.db import models

from ardoise.authority.campaigns.models import Campaign


class Release(models.Model):
    """One plan, judged. What is sealed of it stands in SealedRelease and dies with the key."""

    class State(models.TextChoices):
        """Only a proposed release can be confirmed, and only a confirmed one leaves."""

        FAILED = "failed"
        PROPOSED = "proposed"
        STALE = "stale"
        DECLINED = "declined"
        RELEASED = "released"

    id = models.CharField(primary_key=True, max_length=16)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="releases")
    name = models.CharField(max_length=40)
    title = models.CharField(max_length=500)
    state = models.CharField(max_length=10, choices=State.choices)
    proposed_at = models.DateTimeField()
    proposed_by = models.CharField(max_length=40)
    released_at = models.DateTimeField(null=True)
    digest = models.CharField(max_length=64)
    """SHA-256 of the record: what officers confirm."""
    judged_with = models.CharField(max_length=64)
    """Which earlier releases the attack had in hand: rules.standing."""
    record = models.BinaryField(default=b"")
    """disclosure.release.record, JSON, once it has left; before that it is sealed."""
    published = models.BinaryField(default=b"")
    """The published cells of its tables, JSON, once it has left: everybody has them."""

    class Meta:
        ordering = ["-proposed_at", "id"]

    def __str__(self) -> str:
        return self.id


class SealedRelease(models.Model):
    """What a release would write, byte for byte, until it is fetched; destroyed by closing."""

    release = models.OneToOneField(
        Release, on_delete=models.CASCADE, primary_key=True, related_name="sealed"
    )
    content = models.BinaryField()
    """bundle.Bundle, sealed: key.seal('release_sealedrelease', release id, 'content', …)."""

    def __str__(self) -> str:
        return str(self.pk)


class Decision(models.Model):
    """An officer's word on a release. Only ever added."""

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="decisions")
    login = models.CharField(max_length=40)
    at = models.DateTimeField()
    confirmed = models.BooleanField()
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["release", "login"], name="one_word_an_officer")
        ]

    def __str__(self) -> str:
        return f"{self.release_id} {self.login}"


class Budget(models.Model):
    """What a campaign's noisy figures may cost; the newest row is in force. Only ever added."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="budgets")
    at = models.DateTimeField()
    by = models.CharField(max_length=40)
    epsilon = models.DecimalField(max_digits=18, decimal_places=9)
    reason = models.CharField(max_length=300, blank=True)
    """Why it was changed; nothing for the first."""

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.epsilon}"


class Spending(models.Model):
    """What one release's noisy figures cost. Only ever added, as the release leaves."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="spendings")
    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="spendings")
    purpose = models.CharField(max_length=40)
    epsilon = models.DecimalField(max_digits=18, decimal_places=9)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.purpose} {self.epsilon}"
