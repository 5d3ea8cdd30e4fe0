"""The test of the promise: after closing, no file and no backup leads back to a person.

The same search is first made with yesterday's key file, where it must find everything: otherwise
finding nothing would prove nothing.
"""

import shutil
from pathlib import Path

import pytest
from django.conf import settings

from ardoise.authority.closure.rules import close
from ardoise.authority.enrolment.models import Seat
from ardoise.authority.enrolment.rules import seat_code
from tests.authority.closure.ended import LABEL, PLANTED, ended_exam, true_links
from tests.authority.closure.harvest import Cell, back_up, database_files, harvest
from tests.authority.collection.exam import LiveExam
from tests.boundaries.canary import Scanner
from tests.delivery.running import RunningDelivery

pytestmark = pytest.mark.django_db(transaction=True)


def planted_words() -> list[str]:
    """Every name, INE, birth date and class label, as they may be written."""
    words = [LABEL, *LABEL.split()[-1].split("-")]
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
        if pupil.encode() in values and any(number.encode() in value for value in values)
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
    assert LABEL in said
    assert joins(found, links) == set(links)
    assert all(any(cell.value == code for cell in found) for code in codes)

    close(live.campaign, by="bureau-1", calls=live.calls)

    for database in (backup, database_files()[0]):
        left = harvest(database, key_file)
        assert not [cell for cell in left if cell.opened]
        assert hits(scanner, left) == set()
        assert joins(left, links) == set()
        assert not [cell for cell in left if cell.value in codes]
    for path in [*database_files(), *key_file.parent.iterdir()]:
        if path.is_file():
            assert scanner.scan(path.read_bytes()) == []
