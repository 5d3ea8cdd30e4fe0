"""Scores of distinct responses, and each seat's marks, sealed."""

from django.db import models

from ardoise.authority.campaigns.models import Campaign, Part


class PartMarking(models.Model):
    """What the marks of a part were made with: other content means marking everything again."""

    part = models.OneToOneField(Part, on_delete=models.CASCADE, related_name="marking")
    digest = models.CharField(max_length=64)
    """Part.digest at that time."""
    at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.part)


class ResponseScore(models.Model):
    """One distinct response to one item, scored once however many pupils gave it."""

    part = models.ForeignKey(Part, on_delete=models.CASCADE, related_name="response_scores")
    item = models.CharField(max_length=32)
    """The booklet's neutral identifier."""
    response = models.BinaryField(max_length=32)
    """key.index('marking/response', …): a text may hold anything, so only its blind index stays."""
    score = models.FloatField(null=True)
    """None: needs a rater."""
    max_score = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["part", "item", "response"], name="response_once")
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Mark(models.Model):
    """The marks of one part of one seat."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="marks")
    number = models.CharField(max_length=9)
    part = models.CharField(max_length=20)
    seq = models.BigIntegerField()
    """Of the sheet that was marked."""
    content = models.BinaryField()
    """marking.rules.PartMarks as JSON, sealed: ('marking_mark', 'number/part', 'content')."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "number", "part"], name="mark_once")
        ]

    def __str__(self) -> str:
        return str(self.pk)
