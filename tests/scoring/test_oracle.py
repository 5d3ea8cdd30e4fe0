"""Reference cases scored by two other engines, as far as the first cut reads their items.

They stand beside the repository (../shared/qti-oracle); without them this is skipped, visibly.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from ardoise.content import markup
from ardoise.content.faults import ContentFault
from ardoise.content.package import read_package
from ardoise.scoring import Scorer, compile_item
from ardoise.scoring.values import parse_lexical
from tests.content.samples import QTI, manifest, zipped

ORACLE = Path(__file__).parents[3] / "shared" / "qti-oracle"
pytestmark = pytest.mark.skipif(
    not (ORACLE / "cases.jsonl").exists(), reason="../shared/qti-oracle is not here"
)
BODY = "itemBody"
FILES = {"img", "object"}


def kebab(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda m: f"-{m[1].lower()}", name)


def upgraded(path: Path) -> bytes:
    """QTI 2 to 3, for what the standard templates need: names, and map entries' case written out.

    The body's markup does not bear on the score: only interactions are kept of it.
    """
    old = etree.parse(str(path), etree.XMLParser(remove_comments=True, no_network=True)).getroot()
    space = f"{{{etree.QName(old).namespace}}}"

    def converted(element: etree._Element) -> etree._Element:
        name = etree.QName(element).localname
        prefix = "" if name in markup.HTML else "qti-"
        new = etree.Element(f"{{{QTI}}}{prefix}{kebab(name)}")
        for key, value in element.attrib.items():
            if not str(key).startswith("{"):
                new.set(kebab(str(key)), str(value))
        if name == "mapEntry" and element.get("caseSensitive") is None:
            new.set("case-sensitive", "true")
        new.text = element.text
        new.extend(
            [
                converted(child)
                for child in element
                if str(child.tag).startswith(space) and etree.QName(child).localname not in FILES
            ]
        )
        return new

    body = old.find(f"{space}{BODY}")
    interactions = (
        []
        if body is None
        else [
            e for e in body.iter(etree.Element) if etree.QName(e).localname.endswith("Interaction")
        ]
    )
    rest = [e for e in old if etree.QName(e).localname.split("}")[-1] not in (BODY, "stylesheet")]
    root = etree.Element(f"{{{QTI}}}qti-assessment-item")
    for key in ("identifier", "title", "adaptive"):
        root.set(key, old.get(key) or "")
    held = etree.SubElement(root, f"{{{QTI}}}qti-item-body")
    for interaction in interactions:
        held.append(converted(interaction))
    root.extend([converted(e) for e in rest])
    return etree.tostring(root)


def scorer_of(name: str) -> Scorer | None:
    """The compiled item, or None if it is beyond the first cut (refused at import)."""
    try:
        files: dict[str, bytes | str] = {
            "imsmanifest.xml": manifest(["a.xml"]),
            "a.xml": upgraded(ORACLE / "items" / f"{name}.xml"),
        }
        item = read_package(zipped(files), name=name).items[0]
        if item.unscorable or item.template is None:
            return None
        scorer = compile_item(item, capture=parse_lexical)
    except ContentFault:
        return None
    return scorer if scorer.machine_scored else None


def cases() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for line in (ORACLE / "cases.jsonl").read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        found.setdefault(case["item"], []).append(case)
    return found


def test_every_case_of_a_readable_item_agrees() -> None:
    differences: list[str] = []
    checked = 0
    for name, listed in cases().items():
        scorer = scorer_of(name)
        if scorer is None:
            continue
        for case in listed:
            if "SCORE" not in case["expected"]:
                continue
            given = {k: tuple(v or ()) for k, v in case["responses"].items()}
            score = scorer.score(given).score
            expected = case["expected"]["SCORE"]
            checked += 1
            if score is None or abs(score - float(expected or 0)) > 1e-9:
                differences.append(
                    f"{name} {case['case']} ({case['agreement']}): {score} != {expected} {given}"
                )
    assert not differences, "\n".join(differences)
    assert checked >= 50
