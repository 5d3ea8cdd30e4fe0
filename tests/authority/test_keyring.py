"""The key ring: one file, one reader, and a destruction that is final."""

import os
from pathlib import Path
from unittest import mock

import pytest

from ardoise.authority import keyring
from ardoise.authority.keyring import CampaignKeyDestroyed, KeyRing, KeyRingError
from ardoise.seal.envelope import SealError


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    return KeyRing.create(tmp_path / "authority.key")


def test_a_destroyed_campaign_key_is_gone_for_every_process(ring: KeyRing) -> None:
    key = ring.add_campaign("sixieme-2026")
    other = KeyRing(ring.path)
    assert other.campaign_key("sixieme-2026") == key
    assert ring.destroy_campaign("sixieme-2026")
    with pytest.raises(CampaignKeyDestroyed):
        other.campaign_key("sixieme-2026")
    assert not ring.destroy_campaign("sixieme-2026")


def test_destroying_one_campaign_leaves_the_others(ring: KeyRing) -> None:
    kept = ring.add_campaign("cp-2026")
    ring.add_campaign("sixieme-2026")
    ring.destroy_campaign("sixieme-2026")
    assert ring.campaign_key("cp-2026") == kept


def test_no_copy_of_the_outgoing_file_remains(ring: KeyRing) -> None:
    before = ring.path.read_bytes()
    ring.add_campaign("cp-2026")
    leftovers = [path for path in ring.path.parent.iterdir() if path.suffix in {".old", ".new"}]
    assert leftovers == []
    assert ring.path.read_bytes() != before


class Crash(BaseException):
    """The machine stops here."""


def crash_while_closing(ring: KeyRing, where: str) -> None:
    """Stop before the file is replaced ('replace'), or before the old one is overwritten."""
    target = (Path, "replace") if where == "replace" else (keyring, "_scrub")
    with mock.patch.object(*target, side_effect=Crash), pytest.raises(Crash):
        ring.destroy_campaign("sixieme-2026")


@pytest.mark.parametrize("where", ["replace", "scrub"])
def test_a_closing_that_crashed_leaves_no_copy_once_it_is_repeated(
    ring: KeyRing, where: str
) -> None:
    kept = ring.add_campaign("cp-2026")
    ring.add_campaign("sixieme-2026")
    before = ring.path.read_bytes()
    crash_while_closing(ring, where)
    # A second name on the outgoing bytes shows whether they were overwritten or only unlinked.
    witness = ring.path.parent / "witness"
    os.link(ring.path.with_suffix(".old"), witness)
    assert witness.read_bytes() == before
    ring.destroy_campaign("sixieme-2026")
    assert {path.suffix for path in ring.path.parent.iterdir()} <= {".key", ".lock", ""}
    assert witness.read_bytes() == bytes(len(before))
    assert ring.campaign_key("cp-2026") == kept
    with pytest.raises(CampaignKeyDestroyed):
        ring.campaign_key("sixieme-2026")


def test_a_key_is_drawn_once(ring: KeyRing) -> None:
    ring.add_campaign("cp-2026")
    with pytest.raises(KeyRingError, match="already"):
        ring.add_campaign("cp-2026")
    with pytest.raises(KeyRingError, match="made once"):
        KeyRing.create(ring.path)


def test_a_key_file_that_others_can_read_is_refused(ring: KeyRing) -> None:
    ring.path.chmod(0o644)
    with pytest.raises(KeyRingError, match="chmod 600"):
        ring.database_key()


def test_a_sealed_field_opens_only_in_its_own_place(ring: KeyRing) -> None:
    key = ring.add_campaign("cp-2026")
    sealed = key.seal("pupil", "1", "identity", b"x")
    assert key.unseal("pupil", "1", "identity", sealed) == b"x"
    for place in (("pupil", "2", "identity"), ("pupil", "1", "ine"), ("link", "1", "identity")):
        with pytest.raises(SealError):
            key.unseal(*place, sealed)


def test_blind_indexes_of_two_campaigns_do_not_meet(ring: KeyRing) -> None:
    one, two = ring.add_campaign("cp-2026"), ring.add_campaign("ce1-2026")
    assert one.index("ine", "123456789AB") == one.index("ine", "123456789AB")
    assert one.index("ine", "123456789AB") != two.index("ine", "123456789AB")
    assert one.index("ine", "123456789AB") != one.index("person", "123456789AB")
