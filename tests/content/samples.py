"""Small packages of our own making, as bytes of a zip or as files."""

import io
import zipfile
import zlib
from collections.abc import Mapping

from ardoise.content.faults import ContentFault
from ardoise.content.package import Package, read_package

QTI = "http://www.imsglobal.org/xsd/imsqtiasi_v3p0"
CP = "http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1"
TEMPLATES = "https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/"


def _chunk(kind: bytes, payload: bytes) -> bytes:
    check = zlib.crc32(kind + payload)
    return len(payload).to_bytes(4, "big") + kind + payload + check.to_bytes(4, "big")


def png(width: int = 1, height: int = 1, *more: tuple[bytes, bytes]) -> bytes:
    """A grey picture; `more` chunks stand before its pixels."""
    size = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\0\0\0\0"
    chunks = [(b"IHDR", size), *more, (b"IDAT", zlib.compress(bytes((width + 1) * height)))]
    body = b"".join(_chunk(*chunk) for chunk in [*chunks, (b"IEND", b"")])
    return b"\x89PNG\r\n\x1a\n" + body


PNG = png()

CHOICE = """<qti-choice-interaction response-identifier="RESPONSE" max-choices="1">
  <qti-prompt>Which?</qti-prompt>
  <qti-simple-choice identifier="A">one</qti-simple-choice>
  <qti-simple-choice identifier="B">two</qti-simple-choice>
  <qti-simple-choice identifier="C">three</qti-simple-choice>
</qti-choice-interaction>"""


def declared(
    *correct: str, base: str = "identifier", cardinality: str = "single", mapping: str = ""
) -> str:
    """A declaration of RESPONSE."""
    values = "".join(f"<qti-value>{value}</qti-value>" for value in correct)
    key = f"<qti-correct-response>{values}</qti-correct-response>" if correct else ""
    return (
        f'<qti-response-declaration identifier="RESPONSE" cardinality="{cardinality}" '
        f'base-type="{base}">{key}{mapping}</qti-response-declaration>'
    )


def mapping(entries: Mapping[str, float], attributes: str = "") -> str:
    """A qti-mapping."""
    rows = "".join(
        f'<qti-map-entry map-key="{key}" mapped-value="{value}"/>' for key, value in entries.items()
    )
    return f"<qti-mapping {attributes}>{rows}</qti-mapping>"


def item(
    body: str = CHOICE,
    *,
    identifier: str = "q-1",
    declarations: str | None = None,
    template: str | None = "match_correct",
    after: str = "",
) -> str:
    """An item; `after` stands behind the processing."""
    processing = (
        f'<qti-response-processing template="{TEMPLATES}{template}.xml"/>' if template else ""
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<qti-assessment-item xmlns="{QTI}" identifier="{identifier}" title="A question" xml:lang="en">
{declared("A") if declarations is None else declarations}
<qti-outcome-declaration identifier="SCORE" cardinality="single" base-type="float"/>
<qti-item-body>
{body}
</qti-item-body>
{processing}{after}
</qti-assessment-item>"""


def manifest(items: list[str], *, tests: tuple[str, ...] = (), more: str = "") -> str:
    """A manifest listing these paths."""
    rows = "".join(
        f'<resource identifier="R{n}" type="imsqti_item_xmlv3p0" href="{path}">'
        f'<file href="{path}"/></resource>'
        for n, path in enumerate(items)
    )
    rows += "".join(
        f'<resource identifier="T{n}" type="imsqti_test_xmlv3p0" href="{path}"/>'
        for n, path in enumerate(tests)
    )
    return f'<manifest xmlns="{CP}" identifier="P"><resources>{rows}{more}</resources></manifest>'


def outline_of(refs: list[str], *, section: str = "") -> str:
    """A test with one section."""
    rows = "".join(
        f'<qti-assessment-item-ref identifier="ref{n}" href="{path}"/>'
        for n, path in enumerate(refs)
    )
    return (
        f'<qti-assessment-test xmlns="{QTI}" identifier="T" title="The test">'
        '<qti-test-part identifier="P" navigation-mode="nonlinear" submission-mode="individual">'
        f'<qti-assessment-section identifier="S" title="S" visible="true">{section}{rows}'
        "</qti-assessment-section></qti-test-part></qti-assessment-test>"
    )


def files_of(*items: str, **more: bytes | str) -> dict[str, bytes]:
    """A package's files: items 1.xml, 2.xml …, a manifest, and whatever else."""
    paths = [f"{n}.xml" for n in range(1, len(items) + 1)]
    files: dict[str, bytes | str] = {"imsmanifest.xml": manifest(paths)}
    files |= dict(zip(paths, items, strict=True)) | more
    return {k: v.encode() if isinstance(v, str) else v for k, v in files.items()}


def zipped(files: Mapping[str, bytes | str]) -> bytes:
    """A zip of these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, payload in files.items():
            archive.writestr(path, payload)
    return out.getvalue()


def package(*items: str, **more: bytes | str) -> Package:
    """The package of these items, read."""
    return read_package(zipped(files_of(*items, **more)), name="sample")


def usable(*items: str, **more: bytes | str) -> Package:
    """The package, read; raises ContentFault with whatever speaks against one of its items too."""
    read = package(*items, **more)
    found = [one for held in read.items for one in (*held.obstacles, *held.unscorable)]
    if found:
        raise ContentFault(*found)
    return read
