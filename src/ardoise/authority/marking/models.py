"""Scores of distinct responses, each seat's marks, sealed, and what raters are given to score."""

from django.db import models

from ardoise.authority.accounts.models import Staff
from ardoise.authority.campaigns.models import Campaign, Part


class PartMarking(models.Model):
    """What the marks of a part were made with: other content means marking everything again."""

    part = models.OneToOneField(Part, on_delete=models.CASCADE, related_name="marking")
    digest = models.CharField(max_length=64)
    """Part.digest at that time."""
    settled = models.TextField(null=True)
    """JSON: the items whose every text raters had decided by then. None: marked before it was
    noted, when nobody noted either which sheet holds which text."""
    at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.part)


class ResponseScore(models.Model):
    """One distinct response to one item, scored once however many pupils gave it."""

    part = models.ForeignKey(Part, on_delete=models.CASCADE, related_name="response_scores")
    item = models.CharField(max_length=32)
    """The booklet's neutral identifier."""
    response = models.BinaryField(max_length=32)
    """key.index('marking/response', …): a text may hold anything, so only its blind index stays. Of
    an item that draws values the index is another one in every form."""
    score = models.FloatField(null=True)
    """None: needs a rater."""
    max_score = models.FloatField()
    pending = models.BooleanField(default=False)
    """Raters have decided it, or changed their mind, since the part was last marked."""

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


class HeldText(models.Model):
    """That a seat's sheet holds a text which raters score: a new score makes it be marked again."""

    part = models.ForeignKey(Part, on_delete=models.CASCADE, related_name="held_texts")
    number = models.CharField(max_length=9)
    text = models.BinaryField(max_length=32)
    """key.index('marking/held-text', …): without the key no way leads to ResponseScore.response."""

    class Meta:
        indexes = [
            models.Index(fields=["part", "text"], name="held_text_of"),
            models.Index(fields=["part", "number"], name="held_text_by"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class RatingPlan(models.Model):
    """How a campaign's texts are scored by raters."""

    class Rule(models.TextChoices):
        """What happens when two raters differ by more than the tolerance."""

        THIRD = "third"
        MEAN = "mean"
        HIGHER = "higher"

    campaign = models.OneToOneField(Campaign, on_delete=models.CASCADE, related_name="rating_plan")
    share = models.FloatField(default=0.2)
    """Of the texts, how many two raters score: 0 to 1."""
    tolerance = models.FloatField(default=0.0)
    """Points by which two may differ and still agree."""
    rule = models.CharField(max_length=8, choices=Rule.choices, default=Rule.THIRD)
    seed = models.BinaryField(max_length=32)
    """Of the draws: who scores which text, and which are scored twice."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="share_is_a_share", condition=models.Q(share__gte=0) & models.Q(share__lte=1)
            )
        ]

    def __str__(self) -> str:
        return str(self.campaign_id)


class RatingTask(models.Model):
    """One distinct text to score: all that a rater is given of it is a random name."""

    id = models.CharField(primary_key=True, max_length=16)
    part = models.ForeignKey(Part, on_delete=models.CASCADE, related_name="rating_tasks")
    item = models.CharField(max_length=32)
    """The booklet's neutral identifier."""
    response = models.BinaryField(max_length=32)
    """ResponseScore.response."""
    form = models.PositiveSmallIntegerField(default=1)
    """Of the booklet, where the item differs from form to form: the question as it was put."""
    content = models.BinaryField()
    """The answer as in a sheet, JSON, sealed: ('marking_ratingtask', id, 'content')."""
    max_score = models.FloatField()
    twice = models.BooleanField(default=False)
    score = models.FloatField(null=True)
    """What the raters' scores amount to; None: not decided."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["part", "item", "response"], name="task_once")
        ]

    def __str__(self) -> str:
        return self.id


class Rating(models.Model):
    """One rater's score of one text; without a score, the text waits for that rater."""

    task = models.ForeignKey(RatingTask, on_delete=models.CASCADE, related_name="ratings")
    rater = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="ratings")
    place = models.PositiveSmallIntegerField()
    """1 and 2: first and second rater; 3: decides between them."""
    score = models.FloatField(null=True)
    given_at = models.DateTimeField(null=True)
    shown = models.BooleanField(default=False)
    """Whether the log has its line."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "rater"], name="rater_once"),
            models.UniqueConstraint(fields=["task", "place"], name="place_once"),
        ]
        indexes = [models.Index(fields=["rater", "score"])]

    def __str__(self) -> str:
        return str(self.pk)
