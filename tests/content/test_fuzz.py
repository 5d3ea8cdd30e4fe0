"""Whatever happens to a package, it is read or refused: never another exception."""

import contextlib
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ardoise.content import archive, documents, media
from ardoise.content.booklet import draft
from ardoise.content.faults import ContentFault, Findings
from ardoise.content.package import read_package
from ardoise.scoring import compile_item
from tests.content.samples import PNG, files_of, item, manifest, outline_of, zipped

EXAMPLE = archive.read_files(
    Path(__file__).parents[2] / "examples" / "sixieme-2026" / "maths", name="maths"
)
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
        draft(
            package, campaign="fuzz", part="fuzz", title="", campaign_title="", language="en",
            minutes=0, writer="pupil",
        )  # fmt: skip
        for found in package.items:
            compile_item(found).score({"RESPONSE": ("1",)})


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
    [
        "p",
        "div",
        "table",
        "tr",
        "td",
        "math",
        "mfrac",
        "qti-choice-interaction",
        "qti-simple-choice",
        "qti-prompt",
        "qti-text-entry-interaction",
        "qti-inline-choice-interaction",
        "qti-inline-choice",
        "qti-extended-text-interaction",
        "qti-rubric-block",
        "qti-feedback-block",
        "qti-content-body",
        "img",
        "object",
        "audio",
        "source",
        "script",
        "svg",
        "a",
        "pre",
    ]
)
VALUES = st.sampled_from(
    ["RESPONSE", "A", "", "0", "-1", "1", "99999999999", "true", "../x", "a.png", "image/png", "é"]
)
ATTRIBUTES = st.dictionaries(
    st.sampled_from(
        ["response-identifier", "identifier", "max-choices", "min-choices", "shuffle", "src",
         "data", "type", "view", "class", "expected-length", "base", "data-key", "alt"]
    ),
    VALUES, max_size=4,
)  # fmt: skip


def _element(name: str, attributes: dict[str, str], inside: list[str]) -> str:
    written = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f"<{name}{written}>{''.join(inside)}</{name}>"


TREES = st.recursive(
    st.sampled_from(["", " ", "text", "<br/>"]),
    lambda inner: st.builds(_element, NAMES, ATTRIBUTES, st.lists(inner, max_size=3)),
    max_leaves=12,
)


@FEW
@given(TREES, TREES)
def test_any_markup_is_read_or_refused(first: str, second: str) -> None:
    used(zipped(files_of(item(first + second), **{"a.png": PNG})))


@FEW
@given(st.binary(max_size=200) | damaged(SMALL["b.svg"]))
def test_any_bytes_as_xml_or_drawing_are_read_or_refused(payload: bytes) -> None:
    with contextlib.suppress(ContentFault):
        documents.parse(payload, file="x.xml")
    with contextlib.suppress(ContentFault):
        media.read("x.svg", payload, findings=Findings())
