"""What is sealed of a pupil opens at its own row alone, and its length tells nothing."""

from datetime import date

import pytest

from ardoise.authority.keyring import CampaignKey
from ardoise.authority.registry.identity import (
    Identity,
    open_identity,
    open_time,
    seal_identity,
    seal_time,
)
from ardoise.seal.envelope import SealError

KEY = CampaignKey(b"\x05" * 32)
SHORT = Identity("Ko", "Al", date(2015, 3, 4))
LONG = Identity(
    "D’Aulnay-Vexin", "Éléonore-Zéphyrine", date(2015, 3, 4), "Brûlefer", "F", "090112345AB"
)


def test_a_short_and_a_long_name_come_back_from_one_length() -> None:
    sealed = [seal_identity(KEY, "a", one) for one in (SHORT, LONG)]
    assert [open_identity(KEY, "a", one) for one in sealed] == [SHORT, LONG]
    assert len({len(one) for one in sealed}) == 1


@pytest.mark.parametrize("percent", [1, 100, 133, 65_535])
def test_every_working_time_comes_back_from_one_length(percent: int) -> None:
    sealed = seal_time(KEY, "a", percent)
    assert open_time(KEY, "a", sealed) == percent
    assert len(sealed) == len(seal_time(KEY, "a", 100))


def test_another_pupils_identity_or_time_does_not_open() -> None:
    with pytest.raises(SealError):
        open_identity(KEY, "b", seal_identity(KEY, "a", SHORT))
    with pytest.raises(SealError):
        open_time(KEY, "b", seal_time(KEY, "a", 133))
    with pytest.raises(SealError):
        open_time(KEY, "a", seal_identity(KEY, "a", SHORT))
