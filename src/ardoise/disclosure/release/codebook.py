"""The codebook of a release: DDI Codebook 2.5, as archives and the statistics office read it."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl
from lxml import etree

NAMESPACE = "ddi:codebook:2_5"
CATEGORIES_LIMIT = 200
"""A column with more values than this is described, not listed."""


@dataclass(frozen=True)
class Study:
    """What stands at the head of a codebook. `day` as YYYY-MM-DD."""

    identifier: str
    title: str
    producer: str
    recipient: str
    purpose: str
    access: str
    day: str
    language: str


def codebook(study: Study, files: Mapping[str, pl.DataFrame], labels: Mapping[str, str]) -> bytes:
    """One codebook for all files of a release. `labels`: column → what it is, in words."""
    root = etree.Element(_q("codeBook"), {"version": "2.5"}, nsmap={None: NAMESPACE})  # type: ignore[dict-item]
    root.set("{http://www.w3.org/XML/1998/namespace}lang", study.language)
    _head(_under(root, "docDscr"), study)
    description = _under(root, "stdyDscr")
    _head(description, study)
    info = _under(description, "stdyInfo")
    _under(info, "abstract", study.purpose)
    access = _under(_under(description, "dataAccs"), "useStmt")
    _under(access, "restrctn", study.access)
    for number, (name, frame) in enumerate(files.items(), start=1):
        file = _under(root, "fileDscr", ID=f"F{number}")
        text = _under(file, "fileTxt")
        _under(text, "fileName", name)
        dimensions = _under(text, "dimensns")
        _under(dimensions, "caseQnty", str(frame.height))
        _under(dimensions, "varQnty", str(frame.width))
    data = _under(root, "dataDscr")
    for number, frame in enumerate(files.values(), start=1):
        for place, column in enumerate(frame.columns, start=1):
            _variable(data, frame[column], labels, file=number, place=place)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _head(parent: etree._Element, study: Study) -> None:
    citation = _under(parent, "citation")
    title = _under(citation, "titlStmt")
    _under(title, "titl", study.title)
    _under(title, "IDNo", study.identifier)
    _under(_under(citation, "rspStmt"), "AuthEnty", study.producer)
    produced = _under(citation, "prodStmt")
    _under(produced, "producer", study.producer)
    _under(produced, "prodDate", study.day, date=study.day)
    _under(_under(citation, "distStmt"), "depositr", study.recipient)


def _variable(
    data: etree._Element, values: pl.Series, labels: Mapping[str, str], *, file: int, place: int
) -> None:
    number = values.dtype.is_numeric()
    variable = _under(
        data, "var", ID=f"F{file}V{place}", name=values.name, files=f"F{file}",
        intrvl="contin" if values.dtype.is_float() else "discrete",
    )  # fmt: skip
    _under(variable, "labl", labels.get(values.name, values.name))
    _under(variable, "sumStat", str(len(values) - values.null_count()), type="vald")
    _under(variable, "sumStat", str(values.null_count()), type="invd")
    if not values.dtype.is_float() and values.n_unique() <= CATEGORIES_LIMIT:
        counted = values.drop_nulls().value_counts(name="\0count").sort(values.name)
        for value, count in counted.iter_rows():
            category = _under(variable, "catgry")
            _under(category, "catValu", str(value))
            _under(category, "catStat", str(count), type="freq")
    _under(variable, "varFormat", type="numeric" if number else "character")


def _under(
    parent: etree._Element, tag: str, text: str | None = None, /, **said: str
) -> etree._Element:
    child = etree.SubElement(parent, _q(tag), said)
    child.text = text
    return child


def _q(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
