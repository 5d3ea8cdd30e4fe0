"""Schools, class groups and pupils. A pupil's identity is sealed under the campaign's key."""

from django.db import models

from ardoise.authority.campaigns.models import Campaign
from ardoise.seal.randomness import reference


class School(models.Model):
    """A school by its UAI."""

    uai = models.CharField(primary_key=True, max_length=8)
    name = models.CharField(max_length=200, blank=True)
    commune = models.CharField(max_length=200, blank=True)
    department = models.CharField(max_length=3, blank=True)
    academy = models.CharField(max_length=60, blank=True)
    sector = models.CharField(max_length=20, blank=True)

    class Meta:
        ordering = ["uai"]

    def __str__(self) -> str:
        return self.uai


class ClassGroup(models.Model):
    """A class at one level: a double-level class stands here twice, under the same label."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="class_groups")
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="class_groups")
    label = models.CharField(max_length=80)
    level = models.CharField(max_length=8)

    class Meta:
        ordering = ["school", "label", "level"]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "school", "label", "level"], name="class_group_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.school_id} {self.label} {self.level}"


class Pupil(models.Model):
    """A pupil of one campaign. `identity` is sealed JSON: registry.identity.Identity."""

    id = models.CharField(primary_key=True, max_length=16, default=reference)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="pupils")
    class_group = models.ForeignKey(ClassGroup, on_delete=models.PROTECT, related_name="pupils")
    identity = models.BinaryField()
    ine_index = models.BinaryField(null=True, max_length=32)
    """Keyed blind index of the INE; null where the roll has none."""
    person_index = models.BinaryField(max_length=32, db_index=True)
    """Keyed blind index of school, names and birth date: for pupils without an INE."""
    time_percent = models.PositiveSmallIntegerField(default=100)
    """Working time granted, as a percentage. Never the reason."""
    left = models.BooleanField(default=False)
    """No longer on the school's latest roll."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "ine_index"], name="ine_once_in_campaign")
        ]

    def __str__(self) -> str:
        return self.id


class RollImport(models.Model):
    """A roll that was read: who, when, how many, and findings without a value in them."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="roll_imports")
    school = models.ForeignKey(School, null=True, on_delete=models.PROTECT)
    at = models.DateTimeField()
    by = models.CharField(max_length=150)
    kind = models.CharField(max_length=12)
    digest = models.CharField(max_length=64)
    """Keyed: tells the same file again without keeping a plain hash of names."""
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    left = models.PositiveIntegerField(default=0)
    accepted = models.BooleanField()
    findings = models.JSONField(default=list)

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.at:%Y-%m-%d %H:%M}"
