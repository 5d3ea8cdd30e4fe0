"""Whatever happens to a package, it is read or refused: never another exception."""

import contextlib
import copy
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from ardoise.content import archive, documents, media
from ardoise.content.booklet import draft
from ardoise.content.faults import ContentFault, Findings
from ardoise.content.interactions import DELIVERED, REFUSED
from ardoise.content.package import read_package
from ardoise.content.report import report_on
from ardoise.scoring import compile_item
from tests.content.samples import PNG, declared, files_of, item, manifest, outline_of, zipped

EXAMPLES = Path(__file__).parents[2] / "examples"
EXAMPLE = archive.read_files(EXAMPLES / "sixieme-2026" / "maths", name="maths")
SHOWCASE = archive.read_files(EXAMPLES / "interactions", name="interactions")
MORE: dict[str, bytes | str] = {
    "a.png": PNG,
    "b.svg": '<svg xmlns="http://www.w3.org/2000/svg"><g id="a"><use href="#a"/></g></svg>',
    "test.xml": outline_of(["1.xml"]),
    "imsmanifest.xml": manifest(["1.xml"], tests=("test.xml",)),
}
SMALL = files_of(
    item('<p><img src="a.png" alt=""/><img src="b.svg" alt=""/></p><p>x <em>y</em></p>'),
    **MORE,
)
FEW = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def used(payload: bytes) -> None:
    """Reads, drafts, compiles and scores; a ContentFault is the only way out."""
    with contextlib.suppress(ContentFault):
        package = read_package(payload, name="fuzzed")
        report_on(package, name="fuzzed")
        for found in package.items:
            with contextlib.suppress(ContentFault):
                compile_item(found).score({"RESPONSE": ("1",)})
        draft(
            package, campaign="fuzz", part="fuzz", title="", campaign_title="", language="en",
            minutes=0, writer="pupil",
        )  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn, payload: bytes) -> bytes:
    """Bytes with some replaced, removed or doubled."""
    raw = bytearray(payload)
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, max(len(raw) - 1, 0)))
        match draw(st.sampled_from(["set", "cut", "insert", "double"])):
            case "set" if raw:
                raw[place] = draw(st.integers(0, 255))
            case "cut":
                del raw[place : place + draw(st.integers(1, 40))]
            case "insert":
                raw[place:place] = draw(st.binary(max_size=12))
            case _:
                raw[place:place] = raw[place : place + 60]
    return bytes(raw)


@FEW
@given(damaged(zipped(SMALL)))
def test_a_damaged_zip_is_read_or_refused(payload: bytes) -> None:
    used(payload)


@FEW
@given(st.data())
def test_a_package_with_a_damaged_file_is_read_or_refused(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sorted(SMALL)))
    used(zipped({**SMALL, path: data.draw(damaged(SMALL[path]))}))


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sets(st.sampled_from(sorted(EXAMPLE)), max_size=4))
def test_a_package_with_missing_files_is_read_or_refused(gone: set[str]) -> None:
    used(zipped({path: payload for path, payload in EXAMPLE.items() if path not in gone}))


NAMES = st.sampled_from(
    sorted(
        {
            *DELIVERED, *REFUSED, "p", "div", "table", "tr", "td", "math", "mfrac", "mi",
            "qti-simple-choice", "qti-prompt", "qti-inline-choice", "qti-simple-match-set",
            "qti-simple-associable-choice", "qti-gap", "qti-gap-text", "qti-gap-img",
            "qti-associable-hotspot", "qti-hotspot-choice", "qti-hottext", "qti-rubric-block",
            "qti-feedback-block", "qti-template-inline", "qti-template-block",
            "qti-printed-variable", "qti-content-body", "qti-position-object-stage",
            "qti-info-control", "img", "object", "audio", "video", "source", "track", "picture",
            "script", "svg", "a", "pre", "details",
        }
    )
)  # fmt: skip
VALUES = st.sampled_from(
    [
        "RESPONSE", "A", "", "0", "-1", "1", "99999999999", "1e308", "true", "../x", "a.png",
        "b.svg", "a.vtt", "image/png", "rect", "poly", "circle", "1,2,3,4", "0,0,9,0,9,9", "N", "é",
    ]
)  # fmt: skip
ATTRIBUTES = st.dictionaries(
    st.sampled_from(
        [
            "response-identifier", "identifier", "max-choices", "min-choices", "shuffle", "src",
            "data", "type", "view", "class", "id", "expected-length", "base", "data-key", "alt",
            "shape", "coords", "match-max", "match-group", "max-associations", "lower-bound",
            "upper-bound", "step", "min-plays", "max-plays", "template-identifier", "show-hide",
            "pattern-mask", "format", "width", "height", "data-catalog-idref", "poster", "kind",
            "data-stimulus-idref", "index",
        ]
    ),
    VALUES, max_size=5,
)  # fmt: skip


def _element(name: str, attributes: dict[str, str], inside: list[str]) -> str:
    written = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f"<{name}{written}>{''.join(inside)}</{name}>"


TREES = st.recursive(
    st.sampled_from(["", " ", "text", "<br/>"]),
    lambda inner: st.builds(_element, NAMES, ATTRIBUTES, st.lists(inner, max_size=3)),
    max_leaves=12,
)


def marked_up(first: str, second: str) -> bytes:
    """A package whose one item says this."""
    template = '<qti-template-declaration identifier="N" cardinality="single" base-type="string"/>'
    text = item(first + second, declarations=declared("A") + template)
    return zipped(files_of(text, **{**MORE, "imsmanifest.xml": manifest(["1.xml"])}))


@FEW
@given(TREES, TREES)
def test_any_markup_is_read_or_refused(first: str, second: str) -> None:
    used(marked_up(first, second))


def _mutated(root: etree._Element, data: st.DataObject) -> None:
    """One change: an element goes, is doubled, renamed, or says another thing."""
    elements = list(root.iter(etree.Element))
    one = elements[data.draw(st.integers(0, len(elements) - 1))]
    other = elements[data.draw(st.integers(0, len(elements) - 1))]
    parent = one.getparent()
    match data.draw(st.sampled_from(["drop", "copy", "rename", "attribute", "remove", "text"])):
        case "drop" if parent is not None:
            parent.remove(one)
        case "copy":
            other.append(copy.deepcopy(one))
        case "rename":
            one.tag = other.tag
        case "attribute":
            name = data.draw(st.sampled_from([*map(str, one.attrib), "identifier", "coords"]))
            one.set(name, data.draw(VALUES))
        case "remove" if one.attrib:
            del one.attrib[data.draw(st.sampled_from(sorted(map(str, one.attrib))))]
        case _:
            one.text = data.draw(VALUES)


def _mutate_a_file(data: st.DataObject) -> None:
    paths = [path for path in sorted(SHOWCASE) if path.endswith(".xml")]
    path = data.draw(st.sampled_from(paths))
    root = etree.fromstring(SHOWCASE[path])
    for _ in range(data.draw(st.integers(1, 4))):
        _mutated(root, data)
    used(zipped({**SHOWCASE, path: etree.tostring(root)}))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_package_with_its_structure_changed_is_read_or_refused(data: st.DataObject) -> None:
    _mutate_a_file(data)


@pytest.mark.nightly
@pytest.mark.timeout(3_600)
@settings(max_examples=20_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_many_changes_of_structure_are_read_or_refused(data: st.DataObject) -> None:
    _mutate_a_file(data)


@pytest.mark.nightly
@pytest.mark.timeout(3_600)
@settings(max_examples=20_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(TREES, TREES)
def test_much_markup_is_read_or_refused(first: str, second: str) -> None:
    used(marked_up(first, second))


@FEW
@given(st.binary(max_size=200) | damaged(SMALL["b.svg"]))
def test_any_bytes_as_xml_or_drawing_are_read_or_refused(payload: bytes) -> None:
    with contextlib.suppress(ContentFault):
        documents.parse(payload, file="x.xml")
    with contextlib.suppress(ContentFault):
        media.read("x.svg", payload, findings=Findings())
