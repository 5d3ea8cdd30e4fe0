"""A small town for tests: schools, classes and sealed pupils, straight into the database."""

import base64
import io
import zipfile
from datetime import UTC, date, datetime, timedelta

from django.conf import settings

from ardoise.authority.campaigns.models import Campaign, Part
from ardoise.authority.keyring import CampaignKeyDestroyed
from ardoise.authority.registry.identity import Identity, seal_identity, seal_time
from ardoise.authority.registry.labels import group_of
from ardoise.authority.registry.models import ClassGroup, Pupil, School
from ardoise.seal.randomness import reference

CAMPAIGN = "sixieme-2026"
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
QUESTION = "Combien de lanternes violettes Zorobabel a-t-il vues"
NAMES = [
    "Éléonore D’Aulnay-Vexin",
    "Maximilien Bartholomé",
    "Zorobabel Ko-Ba",
    "Thị Nguyễn",
    "Ianek Żakowski",
]
RIGHT_OPTION = "quarante-deux lanternes"


def clock() -> datetime:
    """A clock that stands still."""
    return NOW


def campaign_of(state: str = Campaign.State.DRAFT, identifier: str = CAMPAIGN) -> Campaign:
    """A campaign with its key, without parts."""
    try:
        settings.KEYRING.campaign_key(identifier)
    except CampaignKeyDestroyed:
        settings.KEYRING.add_campaign(identifier)
    return Campaign.objects.create(
        id=identifier,
        title="Évaluation de début de sixième 2026",
        level="6e",
        state=state,
        opens_at=NOW + timedelta(days=1),
        closes_at=NOW + timedelta(days=12),
        file="",
        created_at=NOW,
    )


def class_of(
    campaign: Campaign,
    names: list[str],
    *,
    label: str = "6e A",
    uai: str = "0990001A",
    school_name: str = "Collège des Trois-Ormes",
) -> ClassGroup:
    """A class with pupils called 'First Family'."""
    school, _ = School.objects.get_or_create(
        uai=uai, defaults={"name": school_name, "commune": "Valmorel"}
    )
    key = settings.KEYRING.campaign_key(campaign.pk)
    class_group = group_of(key, campaign.pk, school.pk, campaign.level, label)
    for name in names:
        join(campaign, class_group, name)
    return class_group


def join(
    campaign: Campaign, class_group: ClassGroup, name: str, *, time_percent: int = 100
) -> Pupil:
    """One more pupil."""
    key = settings.KEYRING.campaign_key(campaign.pk)
    first, _, family = name.partition(" ")
    pupil_id = reference()
    identity = Identity(family_name=family, first_name=first, birth_date=date(2015, 3, 4))
    return Pupil.objects.create(
        id=pupil_id,
        campaign=campaign,
        class_group=class_group,
        identity=seal_identity(key, pupil_id, identity),
        person_index=key.index("test", pupil_id),
        working_time=seal_time(key, pupil_id, time_percent),
    )


def grant(pupil: Pupil, percent: int) -> None:
    """More working time, or again the normal one."""
    key = settings.KEYRING.campaign_key(pupil.campaign_id)
    pupil.working_time = seal_time(key, pupil.pk, percent)
    pupil.save(update_fields=["working_time"])


def part_of(campaign: Campaign, part: str = "francais", *, writer: str = "pupil") -> Part:
    """A part with a package of one question and a picture."""
    return Part.objects.create(
        campaign=campaign,
        part=part,
        position=campaign.parts.count(),
        title=part.capitalize(),
        minutes=50,
        writer=writer,
        package=package_bytes(),
        package_name=part,
        digest="0" * 64,
    )


def package_bytes() -> bytes:
    """A QTI package: one single choice with a picture."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("imsmanifest.xml", _MANIFEST)
        archive.writestr("item.xml", _ITEM)
        archive.writestr("lanterne.png", PICTURE)
    return packed.getvalue()


_MANIFEST = """<?xml version="1.0" encoding="UTF-8"?>
<manifest xmlns="http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1" identifier="paquet">
  <metadata><schema>QTI Package</schema><schemaversion>3.0.0</schemaversion></metadata>
  <organizations/>
  <resources>
    <resource identifier="lanternes" type="imsqti_item_xmlv3p0" href="item.xml">
      <file href="item.xml"/><dependency identifierref="image"/>
    </resource>
    <resource identifier="image" type="webcontent" href="lanterne.png">
      <file href="lanterne.png"/>
    </resource>
  </resources>
</manifest>
"""
_ITEM = f"""<?xml version="1.0" encoding="UTF-8"?>
<qti-assessment-item xmlns="http://www.imsglobal.org/xsd/imsqtiasi_v3p0"
    identifier="lanternes" title="Lanternes" adaptive="false" time-dependent="false" xml:lang="fr">
  <qti-response-declaration identifier="RESPONSE" cardinality="single" base-type="identifier">
    <qti-correct-response><qti-value>juste</qti-value></qti-correct-response>
  </qti-response-declaration>
  <qti-outcome-declaration identifier="SCORE" cardinality="single" base-type="float"/>
  <qti-item-body>
    <p><img src="lanterne.png" alt="Une lanterne"/></p>
    <qti-choice-interaction response-identifier="RESPONSE" max-choices="1" shuffle="false">
      <qti-prompt>{QUESTION} ?</qti-prompt>
      <qti-simple-choice identifier="juste">{RIGHT_OPTION}</qti-simple-choice>
      <qti-simple-choice identifier="faux">aucune</qti-simple-choice>
    </qti-choice-interaction>
  </qti-item-body>
  <qti-response-processing
    template="https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/match_correct.xml"/>
</qti-assessment-item>
"""
