"""Forms: values are drawn once for a part, printed in its booklet and used by its scoring."""

from pathlib import Path

import pytest

from ardoise.authority.enrolment.forms import drawn
from ardoise.authority.keyring import CampaignKey
from ardoise.content.booklet import draft
from ardoise.content.package import read_package
from ardoise.scoring import compile_item

ITEM = """<qti-assessment-item xmlns="http://www.imsglobal.org/xsd/imsqtiasi_v3p0" identifier="sum"
 title="Somme" adaptive="false" time-dependent="false">
<qti-response-declaration identifier="RESPONSE" cardinality="single" base-type="integer"/>
<qti-outcome-declaration identifier="SCORE" cardinality="single" base-type="float"/>
<qti-template-declaration identifier="A" cardinality="single" base-type="integer"/>
<qti-template-processing>
 <qti-set-template-value identifier="A"><qti-random-integer min="1000" max="9000"/>
 </qti-set-template-value>
 <qti-set-correct-response identifier="RESPONSE"><qti-sum><qti-variable identifier="A"/>
  <qti-base-value base-type="integer">1</qti-base-value></qti-sum></qti-set-correct-response>
</qti-template-processing>
<qti-item-body><p>Combien font <qti-printed-variable identifier="A"/> + 1 ?
<qti-text-entry-interaction response-identifier="RESPONSE"/></p></qti-item-body>
<qti-response-processing
 template="https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/match_correct.xml"/>
</qti-assessment-item>"""
MANIFEST = """<manifest xmlns="http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1" identifier="m">
<metadata><schema>QTI Package</schema><schemaversion>3.0.0</schemaversion></metadata>
<organizations/><resources><resource identifier="sum" type="imsqti_item_xmlv3p0" href="sum.xml">
<file href="sum.xml"/></resource></resources></manifest>"""
KEY, OTHER = CampaignKey(bytes(32)), CampaignKey(bytes([1] * 32))


@pytest.fixture
def package(tmp_path: Path):  # type: ignore[no-untyped-def]
    (tmp_path / "sum.xml").write_text(ITEM)
    (tmp_path / "imsmanifest.xml").write_text(MANIFEST)
    return read_package(tmp_path, name="m")


def test_a_part_draws_the_same_values_each_time_and_another_campaign_others(package) -> None:  # type: ignore[no-untyped-def]
    first = drawn(package.items, part="calcul", key=KEY)["sum"]
    assert drawn(package.items, part="calcul", key=KEY)["sum"] == first
    assert drawn(package.items, part="autre", key=KEY)["sum"].values != first.values
    assert drawn(package.items, part="calcul", key=OTHER)["sum"].values != first.values


def test_the_number_that_is_printed_is_the_one_that_is_scored(package) -> None:  # type: ignore[no-untyped-def]
    form = drawn(package.items, part="calcul", key=KEY)
    number = form["sum"].values["A"]
    assert isinstance(number, int)
    made = draft(
        package, campaign="essai", part="calcul", title="", campaign_title="", language="fr",
        minutes=0, writer="pupil", values={"sum": form["sum"].values},
    )  # fmt: skip
    assert str(number) in str(made.with_blobs({}).items[0].body)
    assert str(number + 1) not in str(made.with_blobs({}))
    scorer = compile_item(package.items[0])
    for answer, points in ((number + 1, 1.0), (number, 0.0)):
        result = scorer.score({"RESPONSE": (str(answer),)}, templates=form["sum"])
        assert result.score == points


def test_forms_of_a_part_draw_differently_and_the_first_is_the_parts_own(package) -> None:  # type: ignore[no-untyped-def]
    first = drawn(package.items, part="calcul", key=KEY)["sum"]
    assert drawn(package.items, part="calcul", key=KEY, form=1)["sum"] == first
    others = [drawn(package.items, part="calcul", key=KEY, form=n)["sum"] for n in (2, 3)]
    assert len({form.values["A"] for form in (first, *others)}) == 3
