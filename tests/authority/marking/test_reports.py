"""Results as QTI documents: a document a sheet, by order number, with what the marks say."""

import zipfile
from pathlib import Path

import pytest
from lxml import etree

from ardoise.authority.marking import reports
from ardoise.authority.marking.rules import mark_campaign
from ardoise.scoring.reporting import NAMESPACE
from tests.authority.marking.marked import Marked, marked

pytestmark = pytest.mark.django_db


@pytest.fixture
def exam() -> Marked:
    made = marked()
    essay, first = made.keymap.neutral("fr-16"), made.keymap.neutral("fr-01")
    made.put({essay: ("Il était une fois",), first: ("c1",)}, seq=1, visited=(first, essay))
    made.put({}, seq=2, visited=(first,))
    mark_campaign(made.campaign)
    return made


def test_every_marked_sheet_has_its_document_under_its_number(exam: Marked) -> None:
    found = dict(reports.documents(exam.campaign))
    numbers = exam.campaign.sheets.values_list("number", flat=True)
    assert set(found) == {f"francais/n{number}.xml" for number in numbers}
    assert reports.marked_sheets(exam.campaign) == 2


def test_a_document_says_what_the_marks_say_in_the_authors_words(exam: Marked) -> None:
    number = exam.campaign.sheets.get(seq=1).number
    root = etree.fromstring(dict(reports.documents(exam.campaign))[f"francais/n{number}.xml"])
    names = {"q": NAMESPACE}
    items = {one.get("identifier"): one for one in root.iterfind("q:itemResult", names)}
    essay = items["fr-16"]
    assert essay.get("sessionStatus") == "pendingExternalScoring"
    assert essay.findtext(".//q:value", namespaces=names) == "Il était une fois"
    option = items["fr-01"].findtext("q:responseVariable//q:value", namespaces=names)
    (response,) = exam.keymap.items[exam.keymap.neutral("fr-01")].responses.values()
    assert response.options is not None
    assert option == response.options["c1"]
    assert items["fr-02"].get("sessionStatus") == "initial"


def test_a_folder_and_a_zip_hold_the_same_and_nothing_is_overwritten(
    exam: Marked, tmp_path: Path
) -> None:
    assert reports.write(exam.campaign, tmp_path / "out") == 2
    assert reports.write(exam.campaign, tmp_path / "out.zip") == 2
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        for name in archive.namelist():
            assert archive.read(name) == (tmp_path / "out" / name).read_bytes()
    for name in ("out", "out.zip"):
        assert (tmp_path / name).stat().st_mode & 0o077 == 0
        with pytest.raises(FileExistsError):
            reports.write(exam.campaign, tmp_path / name)
