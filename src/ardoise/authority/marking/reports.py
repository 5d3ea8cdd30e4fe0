"""Results of a campaign as QTI 3 Results Reporting: one document a sheet, by order number."""

import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings

from ardoise.authority.campaigns.models import Campaign, Part
from ardoise.authority.campaigns.rules import campaign_file
from ardoise.authority.collection.models import Sheet
from ardoise.authority.collection.sheets import open_sheet
from ardoise.authority.enrolment.forms import FIRST, forms_by_number, keymaps_of
from ardoise.authority.keyring import CampaignKey, KeyRing
from ardoise.authority.marking.domains import domain_results
from ardoise.authority.marking.models import Mark
from ardoise.authority.marking.rules import ItemMark, PartMarks, open_marks
from ardoise.authority.marking.scorers import FormScorers, Responses
from ardoise.content.model import Item
from ardoise.content.package import Package, read_package
from ardoise.contract import sheet as contract
from ardoise.scoring import Scorer
from ardoise.scoring.reporting import Given, ItemReport, Outcome, assessment_result
from ardoise.scoring.templates import SCORE

BATCH = 200
_COMPLETION = "completionStatus"
"""sessionStatus says more of it."""
_EPOCH = (1980, 1, 1, 0, 0, 0)
Document = tuple[str, bytes]
"""A path, `<part>/n<number>.xml`, and the XML."""


def documents(campaign: Campaign, *, ring: KeyRing | None = None) -> Iterator[Document]:
    """Every marked sheet, part by part, by number. No more than BATCH are in memory.

    Raises CampaignKeyDestroyed, ContentFault.
    """
    key = (ring or settings.KEYRING).campaign_key(campaign.pk)
    for part in campaign.parts.order_by("position"):
        yield from _part_documents(campaign, part, key)


def marked_sheets(campaign: Campaign) -> int:
    """How many documents there are to come."""
    return Mark.objects.filter(campaign=campaign).count()


def write(
    campaign: Campaign, out: Path, *, announce: Callable[[int], None] = lambda _done: None
) -> int:
    """Write all into a new folder, or a zip if `out` ends on `.zip`; how many.

    Raises FileExistsError, OSError, and as `documents`.
    """
    done = 0
    if out.suffix == ".zip":
        descriptor = os.open(out, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        with (
            os.fdopen(descriptor, "w+b") as file,
            zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            for path, xml in documents(campaign):
                entry = zipfile.ZipInfo(path, _EPOCH)
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, xml)
                announce(done := done + 1)
        return done
    out.mkdir(mode=0o700)  # whole answers: the office's alone
    for path, xml in documents(campaign):
        place = out / path
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(xml)
        announce(done := done + 1)
    return done


def _part_documents(campaign: Campaign, part: Part, key: CampaignKey) -> Iterator[Document]:
    marks = Mark.objects.filter(campaign=campaign, part=part.part).order_by("number")
    if not marks.exists():
        return
    package = read_package(bytes(part.package), name=part.package_name)
    scorers = {
        form: FormScorers(part, key, package, keymap, form)
        for form, keymap in keymaps_of(part).items()
    }
    keymap = scorers[FIRST].keymap
    items = {keymap.neutral(item.identifier): item for item in package.items}
    file = campaign_file(campaign)
    last = ""
    while batch := list(marks.filter(number__gt=last)[:BATCH]):
        last = batch[-1].number
        numbers = [row.number for row in batch]
        found = Sheet.objects.filter(campaign=campaign, part=part.part, number__in=numbers)
        sheets = {row.number: row for row in found}
        forms = forms_by_number(campaign, part, key, numbers)
        for row in batch:
            sheet = sheets.get(row.number)
            if sheet is None:
                continue
            marked, own = open_marks(key, row), scorers[forms.get(row.number, FIRST)]
            domains = domain_results(file, {part.part: keymap}, {part.part: marked}, of=part.part)
            xml = assessment_result(
                row.number,
                test=package.identifier or part.part,
                at=sheet.received_at,
                items=_items(open_sheet(key, sheet), marked, items, own),
                outcomes=[
                    *_of_test(package, marked),
                    *(Outcome(one.domain, one.score, one.max_score) for one in domains),
                ],
            )
            yield f"{part.part}/n{row.number}.xml", xml


def _items(
    sheet: contract.Sheet, marked: PartMarks, items: dict[str, Item], scorers: FormScorers
) -> Iterator[ItemReport]:
    for place, (neutral, mark) in enumerate(marked.items.items(), start=1):
        if mark.status == "not-administered":
            continue
        item = items[neutral]
        given = sheet.responses.get(neutral, {})
        _, values = scorers.keymap.original(neutral, given)
        yield ItemReport(
            identifier=item.identifier,
            place=place,
            standing=mark.status,
            responses=tuple(
                Given(r.identifier, r.cardinality, r.base, values.get(r.identifier, ()))
                for r in item.responses
            ),
            outcomes=(_score(mark, scorers[neutral]), *_others(neutral, given, mark, scorers)),
        )


def _score(mark: ItemMark, scorer: Scorer) -> Outcome:
    score = 0.0 if mark.status == "omitted" else mark.score
    return Outcome(SCORE, score, mark.max_score, human=not scorer.machine_scored)


def _others(
    neutral: str, given: Responses, mark: ItemMark, scorers: FormScorers
) -> Iterator[Outcome]:
    """What the item's processing sets beside SCORE, of items that were presented; no records."""
    if mark.status in ("not-reached", "absent"):
        return
    scorer = scorers[neutral]
    for name, value in scorers.remembered(neutral, given).outcomes.items():
        cardinality, base = scorer.type_of(name)
        if name not in (SCORE, _COMPLETION) and cardinality != "record":
            yield Outcome(name, value, cardinality=cardinality, base=base)


def _of_test(package: Package, marked: PartMarks) -> Iterator[Outcome]:
    """What the test's outcome processing made of this sheet."""
    for one in package.test.outcomes if package.test is not None else ():
        if one.identifier in marked.outcomes:
            values = marked.outcomes[one.identifier]
            yield Outcome(
                one.identifier,
                values or None,
                one.normal_maximum,
                cardinality=one.cardinality,
                base=one.base,
            )
