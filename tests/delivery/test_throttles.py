"""How often one card may log in, whoever holds it."""

from ardoise.delivery.store import Refused
from ardoise.delivery.throttles import GENERATION_MS, Throttles

SEAT = "sixieme-2026/123456782"
NOW_MS = 1_790_000_000_000


def logins(throttles: Throttles, tries: int, now_ms: int) -> int:
    """How many of so many at once are let through to the store."""
    through = 0
    for _ in range(tries):
        try:
            throttles.entering(SEAT, now_ms)
        except Refused as refusal:
            assert refusal.kind == "slow-down"  # noqa: PT017 - counted, not expected
            continue
        through += 1
    return through


def test_one_card_logs_in_twenty_times_at_once_and_twice_a_second() -> None:
    throttles = Throttles()
    assert logins(throttles, 100, NOW_MS) == 20
    assert logins(throttles, 100, NOW_MS + 3_000) == 6


def test_another_card_is_not_held_up() -> None:
    throttles = Throttles()
    logins(throttles, 100, NOW_MS)
    throttles.entering("sixieme-2026/987654321", NOW_MS)


def test_who_lacks_the_code_takes_nothing_from_who_has_it() -> None:
    throttles = Throttles()
    for second in range(200):
        throttles.entering(SEAT, NOW_MS + second)
        throttles.not_entered(SEAT)
    assert logins(throttles, 100, NOW_MS + 200) == 20


def test_a_login_that_fails_late_is_given_back_all_the_same() -> None:
    throttles = Throttles()
    throttles.entering(SEAT, NOW_MS)
    for other in range(3):
        throttles.request(f"other/{other}", "pupil", 1.0, NOW_MS + (other + 1) * GENERATION_MS)
    throttles.not_entered(SEAT)
    assert logins(throttles, 100, NOW_MS + 4 * GENERATION_MS) == 20
