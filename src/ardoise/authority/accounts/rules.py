"""Logging in with a pause after wrong passwords, and making accounts."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.contrib.auth import authenticate
from django.db import transaction
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from ardoise.authority.accounts.models import LoginThrottle, Staff
from ardoise.authority.registry.models import ClassGroup, School
from ardoise.clock import Clock, system_clock
from ardoise.seal.randomness import Source, below, system

QUICK_TRIES = 5
LONGEST_PAUSE = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=24)
MOST_THROTTLES = 100_000
_READABLE = "23456789abcdefghjkmnpqrstvwxyz"
"""30 signs that are not mistaken for one another."""
_PASSWORD_GROUPS, _GROUP_SIGNS = 3, 5


class AccountFault(Exception):
    """An account that cannot be made as asked: says what to do."""


class LoginRefused(Exception):
    """Wrong login or password: which of the two is not said. `wait_s` seconds until the next."""

    def __init__(self, wait_s: int = 0) -> None:
        super().__init__("refused")
        self.wait_s = wait_s


def new_password(source: Source = system) -> str:
    """15 of 30 signs, 3 × 5: log2(30) × 15 = 73 bits."""
    groups = (
        "".join(_READABLE[below(len(_READABLE), source)] for _ in range(_GROUP_SIGNS))
        for _ in range(_PASSWORD_GROUPS)
    )
    return "-".join(groups)


def pause_after(failures: int) -> timedelta:
    """No pause for the first tries, then 10 s, 20 s, 40 s … up to LONGEST_PAUSE."""
    if failures < QUICK_TRIES:
        return timedelta(0)
    return min(timedelta(seconds=10 << min(failures - QUICK_TRIES, 20)), LONGEST_PAUSE)


def log_in_as(
    request: HttpRequest, login: str, password: str, *, clock: Clock = system_clock
) -> Staff:
    """The account. Raises LoginRefused, alike for an unknown login and a wrong password.

    While a pause lasts nothing is checked and nothing counted, so it always ends. A try is
    counted before the password is looked at, so tries side by side cannot outrun the count.
    """
    login = login.strip().lower()
    index, now = _index(login), clock()
    with transaction.atomic():
        held = LoginThrottle.objects.select_for_update().filter(index=index).first()
        if held is not None and held.next_try_at > now:
            raise LoginRefused(_seconds(held.next_try_at - now))
        failures = (held.failures if held is not None else 0) + 1
        pause = pause_after(failures)
        LoginThrottle.objects.update_or_create(
            index=index, defaults={"failures": failures, "next_try_at": now + pause}
        )
    account = authenticate(request, login=login, password=password)
    if not isinstance(account, Staff):
        _forget(now)
        raise LoginRefused(_seconds(pause))
    LoginThrottle.objects.filter(index=index).delete()
    return account


def _index(login: str) -> bytes:
    return salted_hmac("ardoise.accounts.throttle", login, algorithm="sha256").digest()


def _seconds(pause: timedelta) -> int:
    return max(0, -int(-pause.total_seconds() // 1))


def _forget(now: datetime) -> None:
    """Drop what is a day old; under a flood of invented names, the oldest first."""
    LoginThrottle.objects.filter(next_try_at__lt=now - FORGOTTEN_AFTER).delete()
    over = LoginThrottle.objects.count() - MOST_THROTTLES
    if over > 0:
        oldest = LoginThrottle.objects.order_by("next_try_at").values_list("pk")[:over]
        LoginThrottle.objects.filter(pk__in=list(oldest.values_list("pk", flat=True))).delete()


def create_account(
    login: str,
    role: str,
    *,
    school: School | None = None,
    class_groups: Iterable[ClassGroup] = (),
    must_change: bool = True,
    source: Source = system,
) -> tuple[Staff, str]:
    """The account and its password, known only now. Raises AccountFault."""
    login = login.strip().lower()
    groups = list(class_groups)
    if role not in Staff.Role.values:
        raise AccountFault(f"role must be one of {', '.join(Staff.Role.values)}")
    if (role in (Staff.Role.OFFICER, Staff.Role.RATER)) != (school is None):
        raise AccountFault(
            "a head and a teacher belong to a school, an officer and a rater to none"
        )
    if any(school is None or group.school_id != school.pk for group in groups):
        raise AccountFault("a class of another school cannot be given to this account")
    if Staff.objects.filter(login=login).exists():
        raise AccountFault("this login exists already: choose another")
    password = new_password(source)
    with transaction.atomic():
        account = Staff.objects.create_account(login, password, role=role, school=school)
        if must_change:
            account.must_change_password = True
            account.save(update_fields=["must_change_password"])
        account.class_groups.set(groups)
    return account, password


def next_teacher_login(school: School) -> str:
    """`p-<uai>-<n>`: a code that identifies nobody, the next free one in the school."""
    start = f"p-{school.pk.lower()}-"
    taken = Staff.objects.filter(login__startswith=start).values_list("login", flat=True)
    used = {int(tail) for login in taken if (tail := login.removeprefix(start)).isdigit()}
    return f"{start}{max(used, default=0) + 1}"


def reset_password(account: Staff, *, source: Source = system, must_change: bool = True) -> str:
    """A new password, known only now; open sessions end and any pause is lifted."""
    password = new_password(source)
    account.set_password(password)
    account.must_change_password = must_change
    account.save(update_fields=["password", "must_change_password"])
    LoginThrottle.objects.filter(index=_index(account.login)).delete()
    return password


def teachers_of(school: School) -> list[Staff]:
    """The school's teachers with their classes, in order of their login's length, then name."""
    teachers = Staff.objects.filter(school=school, role=Staff.Role.TEACHER)
    return sorted(
        teachers.prefetch_related("class_groups__campaign"),
        key=lambda one: (len(one.login), one.login),
    )


def set_classes(account: Staff, class_groups: Iterable[ClassGroup]) -> None:
    """Give a teacher these classes and no others. Raises AccountFault for another school's."""
    groups = list(class_groups)
    if any(group.school_id != account.school_id for group in groups):
        raise AccountFault("a class of another school cannot be given to this account")
    account.class_groups.set(groups)
