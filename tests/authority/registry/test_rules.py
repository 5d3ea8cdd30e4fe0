"""Importing rolls: all or nothing, once or many times alike, nothing personal in the clear."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.keyring import CampaignKeyDestroyed
from ardoise.authority.registry.identity import open_identity
from ardoise.authority.registry.labels import open_label
from ardoise.authority.registry.models import ClassGroup, Pupil, RollImport, School
from ardoise.authority.registry.roll import RollPupil
from ardoise.authority.registry.rules import ImportReport, import_roll, import_schools
from tests.authority.registry.rolls import COLLEGE, SCHOOL, kinds, onde, pupil, siecle

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db
EXAMPLES = Path(__file__).parents[3] / "examples"


def make_campaign(identifier: str, level: str) -> Campaign:
    return Campaign.objects.create(
        id=identifier, title="Essai", level=level, opens_at=NOW, closes_at=NOW + timedelta(days=9),
        file="", created_at=NOW,
    )  # fmt: skip


@pytest.fixture
def campaign() -> Iterator[Campaign]:
    settings.KEYRING.add_campaign("registry-cp")
    yield make_campaign("registry-cp", "CP")
    settings.KEYRING.destroy_campaign("registry-cp")


def give(campaign: Campaign, data: bytes, uai: str | None = SCHOOL) -> ImportReport:
    return import_roll(campaign, data, "roll.csv", uai=uai, by="officer-1", clock=lambda: NOW)


def counted(report: ImportReport) -> tuple[int, int, int, int]:
    return report.added, report.changed, report.unchanged, report.left


def shown(campaign: Campaign) -> dict[str, str]:
    """Name → class, of those who are here."""
    key = settings.KEYRING.campaign_key(campaign.pk)
    rows = Pupil.objects.filter(campaign=campaign, left=False).select_related("class_group")
    return {
        open_identity(key, each.pk, bytes(each.identity)).shown: open_label(key, each.class_group)
        for each in rows
    }


A = pupil()
B = pupil(first_name="Wivine", ine=None, family_name="D'Ardouval", usual_name="Noircarré")
C = pupil(first_name="Jolann", ine="000000003ZZ", class_label="CP B", class_ref="8", sex="M")


def test_pupils_of_the_campaigns_level_are_enrolled_and_no_others(campaign: Campaign) -> None:
    report = give(campaign, onde([A, B, C, pupil(level="CE1", ine="000000009ZZ")]))
    assert report.accepted
    assert counted(report) == (3, 0, 0, 0)
    assert report.skipped == {"other-level": 1}
    assert shown(campaign) == {
        "BRISECRAIE Alizéa": "CP A", "NOIRCARRÉ Wivine": "CP A", "BRISECRAIE Jolann": "CP B",
    }  # fmt: skip
    assert {g.level for g in ClassGroup.objects.all()} == {"CP"}


def test_the_same_file_again_changes_nothing(campaign: Campaign) -> None:
    data = onde([A, B, C])
    give(campaign, data)
    before = list(Pupil.objects.order_by("pk").values_list())
    assert counted(give(campaign, data)) == (0, 0, 3, 0)
    assert list(Pupil.objects.order_by("pk").values_list()) == before
    first, second = RollImport.objects.all()
    assert first.digest == second.digest


def test_a_later_file_moves_changes_and_marks_left_but_never_doubles(campaign: Campaign) -> None:
    give(campaign, onde([A, B, C]))
    numbers = set(Pupil.objects.values_list("pk", flat=True))
    later = [altered(A, class_label="CP B", class_ref="8"), altered(B, sex="M")]
    assert counted(give(campaign, onde(later))) == (0, 2, 0, 1)
    assert shown(campaign)["BRISECRAIE Alizéa"] == "CP B"
    assert "BRISECRAIE Jolann" not in shown(campaign)
    assert counted(give(campaign, onde([*later, C]))) == (0, 1, 2, 0)
    assert set(Pupil.objects.values_list("pk", flat=True)) == numbers


def altered(each: RollPupil, **values: object) -> RollPupil:
    fields = {name: getattr(each, name) for name in RollPupil.__slots__}
    return RollPupil(**{**fields, **values})


def test_an_ine_that_is_added_or_corrected_does_not_make_a_new_pupil(campaign: Campaign) -> None:
    give(campaign, onde([A, B]))
    changed = [altered(A, ine="000000077ZZ"), altered(B, ine="000000078ZZ")]
    assert counted(give(campaign, onde(changed))) == (0, 2, 0, 0)
    swapped = [altered(A, ine="000000078ZZ"), altered(B, ine="000000077ZZ")]
    assert counted(give(campaign, onde(swapped))) == (0, 2, 0, 0)
    dropped = [altered(each, ine=None) for each in changed]
    assert counted(give(campaign, onde(dropped))) == (0, 2, 0, 0)
    assert Pupil.objects.count() == 2


def test_a_corrected_name_is_known_again_by_the_ine(campaign: Campaign) -> None:
    give(campaign, onde([A]))
    right = altered(A, family_name="Brise-Craie", birth_date=date(2020, 3, 2))
    assert counted(give(campaign, onde([right]))) == (0, 1, 0, 0)
    assert list(shown(campaign)) == ["BRISE-CRAIE Alizéa"]


def test_an_error_leaves_everything_as_it_was(campaign: Campaign) -> None:
    give(campaign, onde([A, B]))
    before = list(Pupil.objects.order_by("pk").values_list())
    report = give(campaign, onde([C, altered(C, first_name="Orphéo")]))
    assert not report.accepted
    assert kinds(report.findings, "error") == ["ine-twice"]
    assert counted(report) == (0, 0, 0, 0)
    assert list(Pupil.objects.order_by("pk").values_list()) == before
    assert RollImport.objects.filter(accepted=False).count() == 1


def test_an_onde_file_needs_its_school(campaign: Campaign) -> None:
    assert kinds(give(campaign, onde([A]), None).findings, "error") == ["school-needed"]
    assert kinds(give(campaign, onde([A]), "9790002A").findings, "error") == ["school-form"]
    assert not School.objects.exists()


def test_a_pupil_cannot_be_in_two_schools_until_they_left_the_first(campaign: Campaign) -> None:
    give(campaign, onde([A, B]))
    report = give(campaign, onde([A, C]), "9790003H")
    assert kinds(report.findings, "error") == ["ine-elsewhere"]
    assert report.findings[0].line == 2
    assert not ClassGroup.objects.filter(school_id="9790003H").exists()
    give(campaign, onde([B]))
    assert counted(give(campaign, onde([A, C]), "9790003H")) == (1, 1, 0, 0)
    assert Pupil.objects.filter(class_group__school_id="9790003H", left=False).count() == 2
    assert Pupil.objects.count() == 3


def test_two_classes_of_one_name_stay_two_classes(campaign: Campaign) -> None:
    give(campaign, onde([A, altered(C, class_label="CP A")]))
    assert sorted(shown(campaign).values()) == ["CP A (7)", "CP A (8)"]


def test_a_roll_without_the_level_changes_nothing(campaign: Campaign) -> None:
    give(campaign, onde([A]))
    report = give(campaign, onde([pupil(level="CE1")]))
    assert kinds(report.findings, "error") == ["none-at-level"]
    assert len(shown(campaign)) == 1


def test_many_departures_at_once_are_pointed_out(campaign: Campaign) -> None:
    many = [pupil(ine=f"{n:09d}ZZ", first_name="A" * n) for n in range(1, 9)]
    give(campaign, onde(many))
    report = give(campaign, onde(many[:4]))
    assert report.accepted
    assert report.left == 4
    assert "many-left" in kinds(report.findings)


def test_a_class_above_what_delivery_takes_is_refused(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ardoise.authority.registry.enrolling.GROUP_PAGE", 1)
    assert kinds(give(campaign, onde([A, B])).findings, "error") == ["group-full"]


def test_no_roll_is_taken_once_the_window_has_closed(campaign: Campaign) -> None:
    campaign.state = Campaign.State.COLLECTED
    assert kinds(give(campaign, onde([A])).findings) == ["campaign-state"]
    assert not Pupil.objects.exists()


def test_without_its_key_a_campaign_takes_no_roll(campaign: Campaign) -> None:
    settings.KEYRING.destroy_campaign(campaign.pk)
    with pytest.raises(CampaignKeyDestroyed):
        give(campaign, onde([A]))


def test_a_move_after_enrolment_is_pointed_out(campaign: Campaign) -> None:
    give(campaign, onde([A, C]))
    campaign.state = Campaign.State.ENROLLED
    report = give(campaign, onde([altered(A, class_label="CP B", class_ref="8"), C]))
    assert "seat-kept" in kinds(report.findings)


def test_no_column_of_any_table_holds_a_name_a_class_label_an_ine_or_a_birth_date(
    campaign: Campaign,
) -> None:
    give(campaign, onde([A, B, C]))
    give(campaign, onde([pupil(ine="bad"), pupil(ine=None)]))
    values: list[bytes] = []
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        for table in tables:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            values += [
                value if isinstance(value, bytes) else str(value).encode()
                for row in cursor.fetchall()
                for value in row
            ]
    everything = b"\n".join(values)
    assert b"registry-cp" in everything, "the search finds what is there"
    assert b"CP A" not in everything
    for word in ("Brisecraie", "Alizéa", "Wivine", "Noircarré", "000000001ZZ", "2020-03-01",
                 "Secret", "REFUS", "roll.csv"):  # fmt: skip
        assert word.encode() not in everything
        assert word.lower().encode() not in everything


def test_progress_is_told_up_to_the_last_pupil(campaign: Campaign) -> None:
    told: list[tuple[int, int]] = []
    many = [pupil(ine=f"{n:09d}ZZ", class_label=f"CP {n % 9}") for n in range(250)]
    import_roll(
        campaign, onde(many), "roll.csv", uai=SCHOOL, by="officer-1", clock=lambda: NOW,
        progress=lambda done, total: told.append((done, total)),
    )  # fmt: skip
    assert told == [(100, 250), (200, 250), (250, 250)]


def test_a_siecle_file_names_its_school_itself(campaign: Campaign) -> None:
    campaign.level = "6e"
    sixth = pupil(level="6e", birth_date=date(2015, 4, 2))
    report = give(campaign, siecle([sixth]), None)
    assert (report.uai, report.added, report.kind) == (COLLEGE, 1, "siecle")


def test_a_list_of_schools_gives_their_names_once(campaign: Campaign) -> None:
    data = (
        b"uai;name;commune;department;academy;sector\n9790002G;Les Craies;Valmorel;979;X;public\n"
    )

    def take(content: bytes) -> ImportReport:
        return import_schools(campaign, content, "schools.csv", by="o", clock=lambda: NOW)

    assert counted(take(data)) == (1, 0, 0, 0)
    assert counted(take(data)) == (0, 0, 1, 0)
    assert counted(take(data.replace(b"Craies", b"Lavoirs"))) == (0, 1, 0, 0)
    assert School.objects.get().name == "Les Lavoirs"
    assert "school-unlisted" not in kinds(give(campaign, onde([A])).findings)


@pytest.mark.parametrize(
    ("rows", "kind", "schools"),
    [
        ("name;commune\nA;B", ["not-schools"], 0),
        ("uai;name\n9790002A;A\n9790003H;B", ["uai-form"], 1),
        ("uai;name\n9790003H;A\n9790003H;B", ["uai-twice"], 1),
        ("uai;name\n9790003H", ["field-count"], 0),
        ("uai;name\n9790003H;" + "x" * 201, ["value-long"], 0),
        ("identifiant_de_l_etablissement,nom_etablissement\n9790003H,A", [], 1),
    ],
)
def test_a_list_of_schools_is_checked(
    campaign: Campaign, rows: str, kind: list[str], schools: int
) -> None:
    report = import_schools(campaign, rows.encode(), "s.csv", by="o", clock=lambda: NOW)
    assert kinds(report.findings) == kind
    assert School.objects.count() == schools


def test_the_example_rolls_are_accepted_in_their_campaigns(campaign: Campaign) -> None:
    folder = EXAMPLES / "cp-2026" / "roll"
    listed = (folder / "schools.csv").read_bytes()
    import_schools(campaign, listed, "schools.csv", by="o", clock=lambda: NOW)
    for uai, count in (("9790002G", 32), ("9790003H", 18)):
        data = (folder / f"CSVExtraction-{uai}.csv").read_bytes()
        report = give(campaign, data, uai)
        assert report.accepted
        assert report.added == count
        assert kinds(report.findings) == ["ine-empty"]
    campaign.level = "6e"
    folder = EXAMPLES / "sixieme-2026" / "roll"
    packed = give(campaign, (folder / "ExportXML_ElevesSansAdresses.zip").read_bytes(), None)
    assert (packed.uai, packed.added) == ("9790001F", 86)
    plain = give(campaign, (folder / "ElevesSansAdresses.xml").read_bytes(), None)
    assert counted(plain) == (0, 0, 86, 0)
