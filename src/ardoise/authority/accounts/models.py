"""Staff accounts. A login name is a code that identifies nobody."""

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from ardoise.authority.registry.models import ClassGroup, School


class StaffManager(BaseUserManager["Staff"]):
    """Makes accounts with a hashed password."""

    def create_account(
        self, login: str, password: str, *, role: str, school: School | None = None
    ) -> "Staff":
        """`role`: a Role; a head and a teacher belong to a school, the others to none."""
        account = self.model(login=login, role=role, school=school)
        account.set_password(password)
        account.full_clean()
        account.save(using=self._db)
        return account


class Staff(AbstractBaseUser):
    """Someone who may log in to the authority's pages."""

    class Role(models.TextChoices):
        """What somebody may see: everything, their school, their classes, texts without names."""

        OFFICER = "officer"
        HEAD = "head"
        TEACHER = "teacher"
        RATER = "rater"

    login = models.CharField(max_length=40, unique=True)
    role = models.CharField(max_length=8, choices=Role.choices)
    school = models.ForeignKey(School, null=True, blank=True, on_delete=models.CASCADE)
    class_groups = models.ManyToManyField(ClassGroup, blank=True, related_name="teachers")
    is_active = models.BooleanField(default=True)
    must_change_password = models.BooleanField(default=False)

    USERNAME_FIELD = "login"
    objects = StaffManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="heads_and_teachers_have_a_school",
                condition=models.Q(role__in=("officer", "rater")) | models.Q(school__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return self.login


class LoginThrottle(models.Model):
    """Wrong passwords in a row for one login name, known or not: both wait alike."""

    index = models.BinaryField(max_length=32, unique=True)
    """A keyed index of the name as typed: somebody may type a password or a name there."""
    failures = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField()
    """The next try is looked at from then on. Never for good."""

    class Meta:
        indexes = [models.Index(fields=["next_try_at"])]

    def __str__(self) -> str:
        return str(self.pk)
