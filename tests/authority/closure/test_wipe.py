"""The test of the promise: after closing, no file and no backup leads back to a person.

The same search is first made with yesterday's key file, where it must find everything: otherwise
finding nothing would prove nothing.
"""

import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from ardoise.authority.closure.rules import close
from ardoise.authority.enrolment.models import Seat
from ardoise.authority.enrolment.rules import seat_code
from ardoise.authority.registry.models import Pupil
from tests.authority.closure.ended import PLANTED, ended_exam, true_links
from tests.authority.closure.harvest import Cell, back_up, database_files, harvest
from tests.authority.collection.exam import LiveExam, live_exam
from tests.boundaries.canary import Scanner
from tests.delivery.running import RunningDelivery

pytestmark = pytest.mark.django_db(transaction=True)


def planted_words() -> list[str]:
    """Every name, INE and birth date, as they may be written."""
    words = []
    for one in PLANTED:
        born = one.birth_date
        names = [one.family_name, one.first_name, one.usual_name]
        words += [name for name in names if len(name) >= 6]
        words += [one.ine, f"{born:%Y-%m-%d}", f"{born:%d/%m/%Y}", f"{born:%Y%m%d}"]
    return words


def hits(scanner: Scanner, cells: list[Cell]) -> set[str]:
    """Planted words in the harvest, with where they stand."""
    return {
        f"{cell.table}.{cell.column}: {word}" for cell in cells for word in scanner.scan(cell.value)
    }


def joins(cells: list[Cell], links: dict[str, str]) -> set[str]:
    """Pupils whose identifier and number stand in one row."""
    by_row: dict[tuple[str, int], set[bytes]] = {}
    for cell in cells:
        by_row.setdefault((cell.table, cell.row), set()).add(cell.value)
    return {
        pupil
        for pupil, number in links.items()
        for values in by_row.values()
        if pupil.encode() in values and number.encode() in values
    }


def secrets_of(live: LiveExam) -> list[bytes]:
    """Codes of seats: each would open a sheet that somebody kept elsewhere."""
    return [seat_code(live.key, seat).encode() for seat in Seat.objects.all()]


def test_neither_live_files_nor_a_backup_with_todays_key_file_leads_to_a_person(
    delivery: RunningDelivery, tmp_path: Path
) -> None:
    live = ended_exam(delivery, tmp_path)
    links, codes = true_links(live), secrets_of(live)
    scanner = Scanner(planted_words())
    backup = back_up(tmp_path / "backup")
    key_file = Path(settings.KEYRING.path)
    yesterdays = tmp_path / "yesterdays.key"
    shutil.copy(key_file, yesterdays)

    found = harvest(backup, yesterdays)
    said = "\n".join(hits(scanner, found))
    assert all(one.ine in said and one.birth_date.isoformat() in said for one in PLANTED)
    assert joins(found, links) == set(links)
    assert all(any(cell.value == code for cell in found) for code in codes)

    close(live.campaign, by="bureau-1", calls=live.calls)

    for database in (backup, database_files()[0]):
        left = harvest(database, key_file)
        assert not [cell for cell in left if cell.opened]
        # The label of a class is not sealed, and may hold its teacher's name: not a pupil's.
        assert {hit for hit in hits(scanner, left) if "classgroup.label" not in hit} == set()
        assert joins(left, links) == set()
        assert not [cell for cell in left if cell.value in codes]
    assert hits(scanner, harvest(database_files()[0], key_file)) == set()
    for path in [*database_files(), *key_file.parent.iterdir()]:
        if path.is_file():
            assert scanner.scan(path.read_bytes()) == []


def test_the_places_of_rows_in_a_backup_do_not_join_pupils_and_numbers(
    delivery: RunningDelivery, tmp_path: Path
) -> None:
    live = live_exam(delivery, tmp_path, pupils=[f"Prénom Élève-{n:02d}" for n in range(40)])
    links = true_links(live)
    seats = Seat.objects.filter(campaign=live.campaign, role="pupil").order_by("pk")
    linked = set(links.values())
    numbers = [seat.number for seat in seats if seat.number in linked]
    pupils = Pupil.objects.filter(campaign=live.campaign)
    orders = {
        "as the roll was read": _by_rowid(live),
        "as they were linked": list(pupils.order_by("links__pk").values_list("pk", flat=True)),
        "by identifier": list(pupils.order_by("pk").values_list("pk", flat=True)),
    }
    for name, ordered in orders.items():
        right = sum(links[pupil] == number for pupil, number in zip(ordered, numbers, strict=True))
        # One is expected by chance; eleven of forty would come once in tens of millions.
        assert right < 11, name


def _by_rowid(live: LiveExam) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM registry_pupil WHERE campaign_id = %s ORDER BY rowid",
            [live.campaign.pk],
        )
        return [row[0] for row in cursor.fetchall()]
