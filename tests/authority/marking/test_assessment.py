"""Test outcomes: what a whole test amounts to for each sheet; and how far a sheet of it goes."""

import io
import zipfile

import msgspec
import pytest
from django.conf import settings
from lxml import etree

from ardoise.authority.collection.models import Sheet as SheetRow
from ardoise.authority.collection.opening import Opened, Opener
from ardoise.authority.collection.sheets import seal_sheet
from ardoise.authority.enrolment.booklets import prepare_booklets
from ardoise.authority.enrolment.models import Seat
from ardoise.authority.enrolment.rules import enrol, seat_code
from ardoise.authority.marking import reports
from ardoise.authority.marking.models import RatingTask, ResponseScore
from ardoise.authority.marking.rules import PartMarks, mark_campaign, marks_of
from ardoise.clock import from_milliseconds
from ardoise.contract.returns import Record
from ardoise.contract.sheet import Sheet
from ardoise.scoring.reporting import NAMESPACE
from ardoise.seal.derive import SeatKeys
from ardoise.seal.envelope import seal, sheet_context
from tests.authority.enrolment import town
from tests.authority.marking.test_forms import FILE

pytestmark = pytest.mark.django_db
PART = "calcul"
QTI = "http://www.imsglobal.org/xsd/imsqtiasi_v3p0"


def sum_item(identifier: str, right: int) -> str:
    """One number to type; beside SCORE an outcome that says what was typed."""
    return f"""<qti-assessment-item xmlns="{QTI}" identifier="{identifier}" title="{identifier}"
 adaptive="false" time-dependent="false">
<qti-response-declaration identifier="RESPONSE" cardinality="single" base-type="integer">
 <qti-correct-response><qti-value>{right}</qti-value></qti-correct-response>
</qti-response-declaration>
<qti-outcome-declaration identifier="SCORE" cardinality="single" base-type="float"
 normal-maximum="1"/>
<qti-outcome-declaration identifier="TYPED" cardinality="single" base-type="integer"/>
<qti-item-body><p>?<qti-text-entry-interaction response-identifier="RESPONSE"/></p></qti-item-body>
<qti-response-processing><qti-response-condition><qti-response-if>
 <qti-match><qti-variable identifier="RESPONSE"/><qti-correct identifier="RESPONSE"/></qti-match>
 <qti-set-outcome-value identifier="SCORE"><qti-base-value base-type="float">1</qti-base-value>
 </qti-set-outcome-value></qti-response-if></qti-response-condition>
 <qti-set-outcome-value identifier="TYPED"><qti-variable identifier="RESPONSE"/>
 </qti-set-outcome-value></qti-response-processing></qti-assessment-item>"""


ESSAY = f"""<qti-assessment-item xmlns="{QTI}" identifier="texte" title="texte" adaptive="false"
 time-dependent="false">
<qti-response-declaration identifier="RESPONSE" cardinality="single" base-type="string"/>
<qti-outcome-declaration identifier="SCORE" cardinality="single" base-type="float"
 normal-maximum="4" external-scored="human"/>
<qti-item-body><p>Raconte.</p><qti-extended-text-interaction response-identifier="RESPONSE"/>
</qti-item-body></qti-assessment-item>"""
ITEMS = {"sum": sum_item("sum", 4), "autre": sum_item("autre", 5), "texte": ESSAY}


def exam_of(*, selection: str = "", last: str = "texte", rules: str = "") -> str:
    """Two sums in a section, the first of weight 3, and then one more item."""
    return f"""<qti-assessment-test xmlns="{QTI}" identifier="epreuve" title="Épreuve">
<qti-outcome-declaration identifier="TOTAL" cardinality="single" base-type="float"
 normal-maximum="8"/>
<qti-outcome-declaration identifier="DONE" cardinality="single" base-type="integer"/>
<qti-outcome-declaration identifier="PASSED" cardinality="single" base-type="boolean"/>
<qti-test-part identifier="p" navigation-mode="nonlinear" submission-mode="individual">
<qti-assessment-section identifier="sums" title="s" visible="true">{selection}
<qti-assessment-item-ref identifier="ref-1" href="sum.xml" category="c">
 <qti-weight identifier="W" value="3"/></qti-assessment-item-ref>
<qti-assessment-item-ref identifier="ref-2" href="autre.xml" category="c"/>
</qti-assessment-section>
<qti-assessment-section identifier="rest" title="r" visible="true">
<qti-assessment-item-ref identifier="ref-3" href="{last}.xml"/></qti-assessment-section>
</qti-test-part>
<qti-outcome-processing>
<qti-set-outcome-value identifier="TOTAL"><qti-sum>
 <qti-test-variables variable-identifier="SCORE" weight-identifier="W"/></qti-sum>
</qti-set-outcome-value>
<qti-set-outcome-value identifier="DONE"><qti-number-responded include-category="c"/>
</qti-set-outcome-value>
<qti-set-outcome-value identifier="PASSED"><qti-gte><qti-variable identifier="TOTAL"/>
 <qti-base-value base-type="float">3</qti-base-value></qti-gte></qti-set-outcome-value>{rules}
</qti-outcome-processing></qti-assessment-test>"""


def package(test: str) -> bytes:
    names = [name for name in ITEMS if f'href="{name}.xml"' in test]
    listed = "".join(
        f'<resource identifier="{name}" type="imsqti_item_xmlv3p0" href="{name}.xml">'
        f'<file href="{name}.xml"/></resource>'
        for name in names
    )
    manifest = f"""<manifest xmlns="http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1"
 identifier="m"><metadata><schema>QTI Package</schema><schemaversion>3.0.0</schemaversion>
</metadata><organizations/><resources><resource identifier="t" type="imsqti_test_xmlv3p0"
 href="test.xml"><file href="test.xml"/></resource>{listed}</resources></manifest>"""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("imsmanifest.xml", manifest)
        archive.writestr("test.xml", test)
        for name in names:
            archive.writestr(f"{name}.xml", ITEMS[name])
    return packed.getvalue()


class Class:
    """Enrolled pupils of one part whose package holds a test."""

    def __init__(self, test: str) -> None:
        self.campaign = town.campaign_of()
        self.campaign.file = FILE
        self.campaign.save()
        part = town.part_of(self.campaign, PART)
        part.package = package(test)
        part.save()
        town.class_of(self.campaign, town.NAMES)
        enrol(self.campaign)
        prepare_booklets(self.campaign)
        self.key = settings.KEYRING.campaign_key(self.campaign.pk)
        self.seats = list(Seat.objects.filter(role="pupil", spare=False))

    def sit(self, seat: Seat, answers: dict[str, str], *, visited: tuple[str, ...] = ()) -> str:
        """A sheet saved by a browser, pulled, opened and stored; how far it went."""
        sheet = Sheet(
            "ardoise-sheet/1", self.campaign.pk, seat.number, PART, 1, "pupil", None,
            tuple({**dict.fromkeys(visited), **answers}),
            {item: {"r1": (text,)} for item, text in answers.items()}, {},
        )  # fmt: skip
        keys = SeatKeys.from_code(
            code=seat_code(self.key, seat), campaign=self.campaign.pk, number=seat.number
        )
        context = sheet_context(campaign=self.campaign.pk, number=seat.number, part=PART, version=1)
        sealed = seal(keys.sheet_key(PART), context, msgspec.json.encode(sheet))
        record = Record(self.seats.index(seat) + 1, seat.number, PART, seat.number, 1, 1, 0)
        (opened,) = Opener(self.campaign, self.key).open_all([(record, sealed)])
        assert isinstance(opened, Opened)
        SheetRow.objects.create(
            campaign=self.campaign, number=seat.number, part=PART, seq=record.seq,
            writer=seat.number, epoch=1, version=1, received_at=from_milliseconds(0),
            extent=opened.extent, content=seal_sheet(self.key, seat.number, PART, sheet),
        )  # fmt: skip
        return str(opened.extent)

    def marks(self, seat: Seat) -> PartMarks:
        return marks_of(self.key, self.campaign.pk, [seat.number])[seat.number][PART]


def test_a_sheet_has_the_tests_outcomes_by_weight_category_and_section() -> None:
    group = Class(exam_of())
    first, second, third = group.seats[:3]
    group.sit(first, {"i1": "4", "i2": "5"}, visited=("i3",))
    group.sit(second, {"i2": "5"}, visited=("i1", "i3"))
    group.sit(third, {})
    mark_campaign(group.campaign)
    assert group.marks(first).outcomes == {"TOTAL": ("4.0",), "DONE": ("2",), "PASSED": ("true",)}
    assert group.marks(second).outcomes == {
        "TOTAL": ("1.0",), "DONE": ("1",), "PASSED": ("false",),
    }  # fmt: skip
    assert group.marks(third).outcomes["DONE"] == ("0",)


def test_there_are_no_test_outcomes_while_a_rater_is_due_and_the_raters_score_counts() -> None:
    group = Class(exam_of())
    first, second = group.seats[:2]
    group.sit(first, {"i1": "4", "i3": "Il était une fois"})
    group.sit(second, {"i1": "4"})
    mark_campaign(group.campaign)
    assert group.marks(first).outcomes == {}
    assert group.marks(second).outcomes["TOTAL"] == ("3.0",)
    RatingTask.objects.update(score=2.0)
    ResponseScore.objects.filter(score=None).update(score=2.0, pending=True)
    mark_campaign(group.campaign)
    assert group.marks(first).outcomes["TOTAL"] == ("5.0",)


def test_results_hold_test_outcomes_and_the_items_other_outcomes() -> None:
    group = Class(exam_of())
    seat = group.seats[0]
    group.sit(seat, {"i1": "7"})
    mark_campaign(group.campaign)
    (document,) = dict(reports.documents(group.campaign)).values()
    root = etree.fromstring(document)
    names = {"q": NAMESPACE}
    held = {
        (one.getparent().get("identifier"), one.get("identifier")): one  # type: ignore[union-attr]
        for one in root.iterfind(".//q:outcomeVariable", names)
    }
    total = held["epreuve", "TOTAL"]
    assert (total.get("baseType"), total.get("normalMaximum")) == ("float", "8.0")
    assert total.findtext("q:value", namespaces=names) == "0.0"
    assert held["epreuve", "PASSED"].findtext("q:value", namespaces=names) == "false"
    typed = held["sum", "TYPED"]
    assert (typed.get("baseType"), typed.findtext("q:value", namespaces=names)) == ("integer", "7")
    assert ("autre", "TYPED") not in held  # it was not reached


def test_rules_that_cannot_be_run_cost_the_test_outcomes_and_nothing_else() -> None:
    unknown = (
        '<qti-set-outcome-value identifier="NOWHERE"><qti-variable identifier="TOTAL"/>'
        "</qti-set-outcome-value>"
    )
    group = Class(exam_of(rules=unknown))
    seat = group.seats[0]
    group.sit(seat, {"i1": "4"})
    (said,) = mark_campaign(group.campaign).without_outcomes
    assert said.startswith("calcul: ")
    assert "NOWHERE" in said
    assert (group.marks(seat).items["i1"].score, group.marks(seat).outcomes) == (1.0, {})


def test_who_did_all_that_was_given_to_them_is_done() -> None:
    group = Class(exam_of(selection='<qti-selection select="1"/>', last="texte"))
    done = []
    for seat in group.seats:
        for item in ("i1", "i2"):
            SheetRow.objects.filter(number=seat.number).delete()
            if group.sit(seat, {item: "4"}, visited=("i3",)) == "complete":
                done.append(item)
    # Each pupil was given one of the two sums: with the other one their sheet is not whole.
    assert len(done) == len(group.seats)
