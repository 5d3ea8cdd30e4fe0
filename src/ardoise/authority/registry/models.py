"""Schools, class groups and pupils. What may hold a name is sealed under the campaign's key.

What of a row stays in the clear, and why: docs/decisions/0008.
"""

from django.db import models

from ardoise.authority.campaigns.models import Campaign
from ardoise.seal.randomness import reference


class LabelSealed(Exception):
    """A fault of ours: a page reads a label that it has not opened."""


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
    """A class at one level: a double-level class stands here twice, under the same label.

    Its label often holds a teacher's name: `registry.labels` seals and opens it.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="class_groups")
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="class_groups")
    level = models.CharField(max_length=8)
    sealed_label = models.BinaryField()
    """registry.labels: bound to `label_index`. Empty once the campaign is closed."""
    label_index = models.BinaryField(null=True, max_length=32)
    """Keyed blind index of school, level and label; null once the campaign is closed."""

    class Meta:
        ordering = ["school", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "label_index"], name="class_group_once")
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def label(self) -> str:
        """As the roll has it. Raises LabelSealed if registry.labels has not opened it."""
        if self._opened is None:
            raise LabelSealed("open it first: registry.labels.opened, once for a whole page")
        return self._opened

    _opened: str | None = None

    def show(self, label: str) -> None:
        """For registry.labels: what `label` is from now on, in memory alone."""
        self._opened = label


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
    working_time = models.BinaryField()
    """Granted, as a percentage; never the reason. registry.identity.seal_time: the pupil's seat has
    its own in the clear, and the two together would join them."""
    left = models.BooleanField(default=False)
    """No longer on the school's latest roll."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "ine_index"], name="ine_once_in_campaign")
        ]
        indexes = [models.Index(fields=["campaign", "left"], name="pupil_counts")]

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
