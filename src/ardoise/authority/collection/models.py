"""What came back from delivery, opened, checked and sealed again under the campaign's key."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ardoise.authority.campaigns.models import Campaign


class Pull(models.Model):
    """How far the returns of a campaign were read."""

    campaign = models.OneToOneField(Campaign, on_delete=models.CASCADE, related_name="pull")
    last_seq = models.BigIntegerField(default=0)
    at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.last_seq}"


class Extent(models.TextChoices):
    """How far a sheet goes. All that shows of its content without the campaign's key."""

    COMPLETE = "complete", _("terminé")
    PARTIAL = "partial", _("commencé")
    UNTOUCHED = "untouched", _("pas commencé")
    ABSENT = "absent", _("absent")


class Sheet(models.Model):
    """The latest sheet of one part of one seat, or the one that the office chose."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="sheets")
    number = models.CharField(max_length=9)
    part = models.CharField(max_length=20)
    seq = models.BigIntegerField()
    """Delivery's sequence number. Below zero: a rescue file's (see Stray.seq)."""
    writer = models.CharField(max_length=9, blank=True)
    """The seat that saved it; nothing if a rescue file does not say."""
    epoch = models.PositiveIntegerField()
    version = models.PositiveIntegerField()
    received_at = models.DateTimeField()
    extent = models.CharField(max_length=9, choices=Extent.choices)
    chosen = models.BooleanField(default=False)
    """The office made this stray the sheet: what delivery sends later waits for its word."""
    content = models.BinaryField()
    """The sheet's JSON, sealed: key.seal('collection_sheet', 'number/part', 'content', …)."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "number", "part"], name="sheet_once")
        ]
        indexes = [
            # A year group is counted in these two, without a look at the sheets themselves.
            models.Index(fields=["campaign", "part", "extent"], name="sheet_counts"),
            models.Index(fields=["campaign"], condition=models.Q(chosen=True), name="sheet_chosen"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Stray(models.Model):
    """A save that was kept aside. The office decides what becomes of it."""

    class Reason(models.TextChoices):
        """Why it is no sheet: delivery's five reasons (contract.returns), then the authority's."""

        LATE = "late", _("enregistrée après l’heure limite")
        SUPERSEDED = "superseded", _("enregistrée par un appareil qu’un autre avait remplacé")
        CONFLICT = "conflict", _("fondée sur un état qui n’était plus le dernier")
        VOIDED = "voided", _("enregistrée après l’annulation de la carte")
        REPLACED = "replaced", _("dernier état d’un appareil, remplacé par le suivant")
        RESCUED = "rescued", _("apportée par un fichier de secours")
        PUT_ASIDE = "put-aside", _("était la copie jusqu’à ce qu’une autre soit choisie")
        OVERTAKEN = "overtaken", _("arrivée après le choix d’une autre")
        ROLLED_BACK = (
            "rolled-back",
            _("plus ancienne que celle que la plateforme avait déjà rendue"),
        )

    class Decision(models.TextChoices):
        """What the office said."""

        OPEN = "open", _("à décider")
        USED = "used", _("retenue")
        SET_ASIDE = "set-aside", _("écartée")

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="strays")
    seq = models.BigIntegerField()
    """Delivery's sequence number. A rescue file has none: it gets a number below zero, made from
    its bytes with the campaign's key, so that the same file brought twice is one stray."""
    number = models.CharField(max_length=9)
    part = models.CharField(max_length=20)
    writer = models.CharField(max_length=9, blank=True)
    epoch = models.PositiveIntegerField()
    version = models.PositiveIntegerField()
    received_at = models.DateTimeField()
    extent = models.CharField(max_length=9, choices=Extent.choices)
    reason = models.CharField(max_length=12, choices=Reason.choices)
    content = models.BinaryField()
    """Sealed like a sheet: ('collection_stray', 'seq', 'content')."""
    decision = models.CharField(max_length=12, choices=Decision.choices, default=Decision.OPEN)
    decided_by = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["received_at", "seq"]
        constraints = [models.UniqueConstraint(fields=["campaign", "seq"], name="stray_once")]
        indexes = [
            models.Index(fields=["campaign", "decision"]),
            models.Index(fields=["campaign", "number", "part"]),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Unopened(models.Model):
    """Something that came back and does not open or is not what it claims: counted, explained."""

    class Why(models.TextChoices):
        """The closed list of reasons."""

        UNKNOWN_SEAT = (
            "unknown-seat",
            _("aucune place de la campagne ne porte ce numéro d’ordre"),
        )
        UNKNOWN_PART = "unknown-part", _("la campagne n’a pas cette épreuve")
        NOT_THEIRS = "not-theirs", _("la place qui l’a enregistrée n’a pas à écrire cette copie")
        DOES_NOT_OPEN = "does-not-open", _("la clé de la place ne l’ouvre pas à cet endroit")
        TOO_LARGE = "too-large", _("elle dépasse la taille d’une copie")
        NOT_A_SHEET = "not-a-sheet", _("elle s’ouvre, mais n’est pas une copie")
        ANOTHER_PLACE = "another-place", _("elle dit appartenir à une autre place")
        UNKNOWN_ITEM = "unknown-item", _("elle répond à une question que le cahier n’a pas")
        OUT_OF_BOUNDS = "out-of-bounds", _("une de ses valeurs sort des bornes")

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="unopened")
    seq = models.BigIntegerField()
    number = models.CharField(max_length=9)
    part = models.CharField(max_length=20)
    writer = models.CharField(max_length=9)
    epoch = models.PositiveIntegerField()
    version = models.PositiveIntegerField()
    received_at = models.DateTimeField()
    stray = models.CharField(max_length=12, blank=True)
    """Delivery's reason if it came as a stray; nothing if as a sheet."""
    why = models.CharField(max_length=16, choices=Why.choices)
    sealed = models.BinaryField()
    """The bytes as they came, so that they can be tried again."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "seq"], name="unopened_once")]

    def __str__(self) -> str:
        return f"{self.why} {self.pk}"
