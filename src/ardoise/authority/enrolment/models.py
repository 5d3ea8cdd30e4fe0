"""Groups, seats, sealed blobs and kits."""

from django.db import models

from ardoise.authority.campaigns.models import Campaign, Part
from ardoise.authority.registry.models import ClassGroup
from ardoise.seal.randomness import reference


class Group(models.Model):
    """A class group as delivery knows it: a random reference, and a key for keyed sheets."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="groups")
    class_group = models.OneToOneField(ClassGroup, on_delete=models.CASCADE, related_name="group")
    ref = models.CharField(max_length=16)
    key = models.BinaryField()
    """Sealed: key.seal('enrolment_group', ref, 'key', …)."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "ref"], name="group_ref_once")]

    def __str__(self) -> str:
        return self.ref


class Seat(models.Model):
    """An order number and its sealed code. Whose it is, linkage alone knows."""

    id = models.CharField(primary_key=True, max_length=16, default=reference)
    """Random: one that counts up would tell which seat was drawn for a pupil who came late."""
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="seats")
    number = models.CharField(max_length=9)
    code = models.BinaryField()
    """Sealed: key.seal('enrolment_seat', number, 'code', …)."""
    root = models.BinaryField(default=b"")
    """What PBKDF2 makes of the code (seal.derive), sealed: ('enrolment_seat', number, 'root');
    empty until enrolment.stretching has been there."""
    role = models.CharField(max_length=8)
    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="seats")
    time_percent = models.PositiveSmallIntegerField(default=100)
    time_untold = models.BooleanField(default=False)
    """The percentage changed since the seat was drawn, and delivery was not given it by itself."""
    forms = models.BinaryField(default=b"")
    """Sealed: key.seal('enrolment_seat', number, 'forms', …), part → form as JSON; empty: form 1 of
    every part."""
    spare = models.BooleanField(default=False)
    voided_at = models.DateTimeField(null=True, blank=True)
    void_told_at = models.DateTimeField(null=True, blank=True)
    """When delivery carried the voiding out; null and voided: still to be told."""

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "number"], name="number_once_in_campaign")
        ]

    def __str__(self) -> str:
        return str(self.pk)


class SealedBlob(models.Model):
    """A sealed booklet or asset, as it goes to delivery."""

    part = models.ForeignKey(Part, on_delete=models.CASCADE, related_name="blobs")
    sha256 = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=8)
    """'booklet' or 'asset'."""
    content = models.BinaryField()

    def __str__(self) -> str:
        return self.sha256


class ContentKey(models.Model):
    """The booklet of one form of a part, and the key of it and its assets."""

    part = models.ForeignKey(Part, on_delete=models.CASCADE, related_name="content_keys")
    form = models.PositiveSmallIntegerField(default=1)
    key = models.BinaryField()
    """Sealed: key.seal('enrolment_contentkey', part, 'key', …); 'part/form' from form 2 on."""
    booklet = models.CharField(max_length=64)
    """SHA-256 of the sealed booklet."""
    keymap = models.BinaryField(default=b"")
    """As Part.keymap, from form 2 on; form 1 has that of the part."""

    class Meta:
        ordering = ["part", "form"]
        constraints = [models.UniqueConstraint(fields=["part", "form"], name="form_once")]

    def __str__(self) -> str:
        return str(self.part)


class Kit(models.Model):
    """A kit that was written: its manifest as signed, and when delivery took it."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="kits")
    serial = models.PositiveIntegerField()
    manifest = models.BinaryField()
    signature = models.BinaryField()
    made_at = models.DateTimeField()
    installed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["campaign", "-serial"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "serial"], name="kit_serial_once")
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.serial}"
