"""A kit lets every seat in and every writer read, and tells a stranger nothing."""

import base64
import gzip
import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.enrolment import kit as kit_rules
from ardoise.authority.enrolment import seating
from ardoise.authority.enrolment.kit import write_kit
from ardoise.authority.enrolment.kitfile import KitFile, verify_kit
from ardoise.authority.enrolment.models import Group, Kit, SealedBlob, Seat
from ardoise.authority.enrolment.replacement import void_seat
from ardoise.authority.enrolment.rules import EnrolmentRefused, enrol, group_key, seat_code
from ardoise.authority.linkage import rules as linkage
from ardoise.authority.registry.models import Pupil
from ardoise.clock import milliseconds
from ardoise.contract import kit, limits
from ardoise.contract.booklet import decode
from ardoise.seal import codes, numbers
from ardoise.seal.derive import SeatKeys, login_digest
from ardoise.seal.envelope import booklet_context, group_context, unseal, unwrap, wrap_context
from tests.authority.enrolment import town


def seats_of(path: Path) -> list[kit.Seat]:
    with KitFile(path, settings.KEYRING.public_key()) as held:
        chunks = [held.chunk(blob) for blob in held.manifest.chunks]
    return [seat for raw in chunks for seat in msgspec.json.decode(raw, type=kit.SeatChunk).seats]


def keys_of(campaign: Campaign, number: str) -> SeatKeys:
    key = settings.KEYRING.campaign_key(campaign.pk)
    code = seat_code(key, Seat.objects.get(number=number))
    return SeatKeys.from_code(code=code, campaign=campaign.pk, number=number)


def test_every_seat_logs_in_and_opens_what_it_writes(campaign: Campaign, kit_path: Path) -> None:
    seats = seats_of(kit_path)
    assert len(seats) == Seat.objects.count()
    for seat in seats:
        keys = keys_of(campaign, seat.number)
        assert seat.login == login_digest(keys.login_token())
        (part,) = seat.parts
        assert part.part == ("francais" if seat.role == "pupil" else "dictee")
        context = wrap_context(campaign=campaign.pk, number=seat.number, part=part.part)
        content_key = unwrap(keys.wrap_key(part.part), context, part.wrapped)
        sealed = bytes(SealedBlob.objects.get(sha256=part.booklet).content)
        place = booklet_context(campaign=campaign.pk, part=part.part)
        assert decode(unseal(content_key, place, sealed)).part == part.part


def test_a_teachers_seat_opens_its_groups_key_and_a_pupils_has_none(
    campaign: Campaign, kit_path: Path
) -> None:
    campaign_key = settings.KEYRING.campaign_key(campaign.pk)
    for seat in seats_of(kit_path):
        if seat.role == "pupil":
            assert seat.group_key is None
            continue
        assert seat.group_key is not None
        group = Group.objects.get(ref=seat.group)
        context = group_context(campaign=campaign.pk, number=seat.number, group=seat.group)
        secret = unwrap(keys_of(campaign, seat.number).group_wrap_key(), context, seat.group_key)
        assert secret == group_key(campaign_key, group)


def test_the_manifest_says_window_parts_and_files(campaign: Campaign, tmp_path: Path) -> None:
    runner = tmp_path / "dist"
    (runner / "assets").mkdir(parents=True)
    (runner / "index.html").write_text("<!doctype html>")
    (runner / "assets" / "main-1a2b.js").write_text("1")
    written = write_kit(campaign, tmp_path / "kit.zip", runner=runner, clock=town.clock)
    contents = verify_kit(tmp_path / "kit.zip", settings.KEYRING.public_key())
    manifest = contents.manifest
    assert (manifest.campaign, manifest.serial) == (campaign.pk, 1)
    assert manifest.opens_ms == milliseconds(campaign.opens_at)
    assert manifest.closes_ms == milliseconds(campaign.closes_at)
    assert [(part.id, part.writer, part.minutes) for part in manifest.parts] == [
        ("francais", "pupil", 50),
        ("dictee", "teacher", 50),
    ]
    assert {file.path: file.sha256 for file in manifest.runner} == {
        "index.html": hashlib.sha256(b"<!doctype html>").hexdigest(),
        "assets/main-1a2b.js": hashlib.sha256(b"1").hexdigest(),
    }
    assert (contents.seats, contents.teachers, contents.spares) == (10, 2, 2)
    assert (written.seats, written.runner) == (10, 2)
    stored = Kit.objects.get()
    assert (stored.serial, stored.made_at, stored.installed_at) == (1, town.NOW, None)


def test_the_serial_grows_and_late_pupils_are_in_the_next_kit(
    campaign: Campaign, kit_path: Path
) -> None:
    town.join(campaign, campaign.class_groups.all()[0], "Tard Venu")
    enrol(campaign)
    assert write_kit(campaign, kit_path, clock=town.clock).serial == 2
    assert verify_kit(kit_path, settings.KEYRING.public_key()).seats == 11


def test_a_voided_seat_is_left_out(campaign: Campaign, tmp_path: Path) -> None:
    number = Seat.objects.filter(role="pupil")[0].number
    void_seat(campaign, number, clock=town.clock)
    write_kit(campaign, tmp_path / "kit.zip", clock=town.clock)
    assert number not in {seat.number for seat in seats_of(tmp_path / "kit.zip")}


def test_chunks_are_bounded_and_ordered_by_number_across_classes(
    campaign: Campaign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "SEATS_IN_CHUNK", 3)
    path = tmp_path / "kit.zip"
    assert len(write_kit(campaign, path, clock=town.clock).chunks) == 4
    order = [seat.number for seat in seats_of(path)]
    assert order == sorted(order)
    assert len(order) == 10


def test_queries_grow_with_chunks_not_with_seats(campaign: Campaign, tmp_path: Path) -> None:
    path = tmp_path / "kit.zip"
    write_kit(campaign, path, clock=town.clock)
    with CaptureQueriesContext(connection) as few:
        write_kit(campaign, path, clock=town.clock)
    class_group = campaign.class_groups.all()[0]
    for index in range(30):
        town.join(campaign, class_group, f"Tard Venu{index}")
    enrol(campaign)
    with CaptureQueriesContext(connection) as many:
        write_kit(campaign, path, clock=town.clock)
    assert len(many) == len(few)


def test_an_interrupted_kit_leaves_the_former_one(
    campaign: Campaign, kit_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = kit_path.read_bytes()

    def broken(*_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(kit_rules, "_write_blobs", broken)
    with pytest.raises(OSError, match="disk full"):
        write_kit(campaign, kit_path, clock=town.clock)
    assert kit_path.read_bytes() == before
    assert list(kit_path.parent.iterdir()) == [kit_path]


def test_a_kit_follows_enrolment(campaign: Campaign, tmp_path: Path) -> None:
    Campaign.objects.update(state=Campaign.State.DRAFT)
    campaign.refresh_from_db()
    with pytest.raises(EnrolmentRefused, match="draft"):
        write_kit(campaign, tmp_path / "kit.zip")


def test_a_folder_without_a_runner_is_refused(campaign: Campaign, tmp_path: Path) -> None:
    with pytest.raises(EnrolmentRefused, match="no built runner"):
        write_kit(campaign, tmp_path / "kit.zip", runner=tmp_path)
    (tmp_path / "index.html").write_text("x")
    (tmp_path / "é.js").write_text("x")
    with pytest.raises(EnrolmentRefused, match="letters, digits"):
        write_kit(campaign, tmp_path / "kit.zip", runner=tmp_path)
    assert not Kit.objects.exists()


# -- the canary: what a kit must not hold ------------------------------------------------------


def planted(campaign: Campaign) -> dict[str, bytes]:
    """Everything that must stay in the authority, by what it is."""
    key = settings.KEYRING.campaign_key(campaign.pk)
    words = {f"name {part}": part for name in town.NAMES for part in name.split() if len(part) > 3}
    words |= {
        "school": "Trois-Ormes",
        "commune": "Valmorel",
        "uai": "0990001A",
        "class": "6e A",
        "title": "début de sixième",
        "question": town.QUESTION,
        "option": town.RIGHT_OPTION,
        "item": "lanternes",
        "key": "juste",
    }
    words |= {f"pupil {pupil.pk}": pupil.pk for pupil in Pupil.objects.all()}
    secrets = {name: word.encode() for name, word in words.items()}
    for seat in Seat.objects.all():
        code = seat_code(key, seat)
        secrets |= {
            f"code {seat.pk}": code.encode(),
            f"shown {seat.pk}": codes.shown(code).encode(),
        }
        secrets[f"token {seat.pk}"] = keys_of(campaign, seat.number).login_token()
    for group in Group.objects.all():
        secrets[f"group key {group.pk}"] = group_key(key, group)
    secrets |= {"campaign key": key.secret, "signing": settings.KEYRING.signing_key()}
    return secrets


def forms(secret: bytes) -> set[bytes]:
    """As it may hide: raw, base64 at any alignment, hexadecimal, UTF-16."""
    found = {secret, secret.hex().encode(), secret.hex().upper().encode()}
    for lead in range(3):
        coded = base64.b64encode(bytes(lead) + secret)
        found.add(coded[(0, 2, 3)[lead] : len(coded) - 4])
    try:
        text = secret.decode()
    except UnicodeDecodeError:
        return found
    for form in (text, text.upper(), text.lower(), json.dumps(text)[1:-1]):
        found |= {form.encode(), form.encode("utf-16-le"), form.encode("utf-16-be")}
    return found


def layers(path: Path) -> list[bytes]:
    """The file, its entries, and every byte field of every seat."""
    found = [path.read_bytes()]

    def fields(value: Any) -> None:
        if isinstance(value, list):
            for each in value:
                fields(each)
        elif isinstance(value, dict):
            fields(list(value.values()))
        elif isinstance(value, str) and len(value) > 30:
            found.append(base64.b64decode(value + "=" * (-len(value) % 4), validate=False))

    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            content = archive.read(name)
            found += [name.encode(), content]
            if name.startswith("chunks/") or name == kit.MANIFEST_NAME:
                fields(json.loads(content))
    return found


def leaks(secrets: dict[str, bytes], haystack: list[bytes]) -> set[str]:
    return {
        name
        for name, secret in secrets.items()
        for form in forms(secret)
        if len(form) >= 4 and any(form in layer for layer in haystack)
    }


def test_no_byte_of_a_kit_holds_a_name_a_school_a_question_or_a_key(
    campaign: Campaign, kit_path: Path
) -> None:
    secrets = planted(campaign)
    assert len(secrets) > 50
    assert leaks(secrets, layers(kit_path)) == set()


def test_the_canary_sees_what_is_planted(campaign: Campaign, kit_path: Path) -> None:
    secrets = planted(campaign)
    clear = "\n".join(town.NAMES) + town.QUESTION
    code = secrets[f"code {Seat.objects.all()[0].pk}"]
    for disguise in (
        clear.encode(),
        base64.b64encode(b"x" + clear.encode()),
        clear.encode("utf-16-le"),
    ):
        assert {"name Zorobabel", "question"} <= leaks(secrets, [disguise])
    assert leaks(secrets, [b"??" + code + b"??"])
    assert leaks(secrets, [secrets["campaign key"].hex().encode()])
    assert not leaks(secrets, [gzip.compress(b"nothing", mtime=0)])


def test_the_order_of_seats_is_not_the_order_of_names(campaign: Campaign, tmp_path: Path) -> None:
    class_group = campaign.class_groups.all()[0]
    for index in range(40):
        town.join(campaign, class_group, f"Prénom Famille{index:02}")
    enrol(campaign)
    write_kit(campaign, tmp_path / "kit.zip", clock=town.clock)
    key = settings.KEYRING.campaign_key(campaign.pk)
    pupils = [pupil.pk for pupil in Pupil.objects.order_by("pk")]
    listed = [seat.number for seat in seats_of(tmp_path / "kit.zip") if seat.role == "pupil"]
    by_roll = [linkage.numbers_of(key, campaign.pk, pupils)[pupil_id] for pupil_id in pupils]
    assert [number for number in listed if number in by_roll] != by_roll
    assert all(numbers.parse(number) for number in listed)


def chunk_names(path: Path) -> list[str]:
    with KitFile(path, settings.KEYRING.public_key()) as held:
        return [blob.sha256 for blob in held.manifest.chunks]


def test_what_has_not_changed_stands_in_the_same_bytes_in_the_next_kit(
    campaign: Campaign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seating, "AIM", 2)
    first, second, third = (tmp_path / f"{name}.zip" for name in ("one", "two", "three"))
    write_kit(campaign, first, clock=town.clock)
    write_kit(campaign, second, clock=town.clock)
    assert len(chunk_names(first)) > 2
    assert chunk_names(second) == chunk_names(first)
    lost = Seat.objects.filter(role="pupil").first()
    assert lost is not None
    void_seat(campaign, lost.number, clock=town.clock)
    write_kit(campaign, third, clock=town.clock)
    assert len(set(chunk_names(first)) - set(chunk_names(third))) == 1
    assert len(set(chunk_names(third)) - set(chunk_names(first))) <= 1
    assert {s.number for s in seats_of(first)} - {s.number for s in seats_of(third)} == {
        lost.number
    }


@pytest.mark.parametrize("aim", [1, 2, 3, 100])
def test_ranges_hold_every_seat_once_in_the_order_of_their_numbers(
    campaign: Campaign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, aim: int
) -> None:
    monkeypatch.setattr(seating, "AIM", aim)
    for edge in ("000000000", "999999991"):
        seat = Seat.objects.filter(spare=True).exclude(number__in=("000000000", "999999991"))[0]
        key = settings.KEYRING.campaign_key(campaign.pk)
        code = seat_code(key, seat).encode()
        seat.number, seat.root = edge, b""
        seat.code = key.seal("enrolment_seat", edge, "code", code)
        seat.save()
    write_kit(campaign, tmp_path / "kit.zip", clock=town.clock)
    found = [seat.number for seat in seats_of(tmp_path / "kit.zip")]
    assert found == sorted(Seat.objects.values_list("number", flat=True))


@pytest.mark.django_db(transaction=True)
def test_several_processes_write_the_kit_that_one_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = town.campaign_of()
    town.part_of(campaign, "francais")
    town.class_of(campaign, town.NAMES)
    enrol(campaign)
    monkeypatch.setattr(seating, "AIM", 2)
    one, several = tmp_path / "one.zip", tmp_path / "several.zip"
    write_kit(campaign, one, clock=town.clock, workers=1)
    write_kit(campaign, several, clock=town.clock, workers=2)
    assert chunk_names(one) == chunk_names(several)
