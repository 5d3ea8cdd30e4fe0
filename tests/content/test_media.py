"""Pictures and sounds: told from their bytes; SVG is a drawing and nothing else."""

import pytest

from ardoise.content import media
from ardoise.content.faults import ContentFault, Findings
from tests.content.samples import PNG

SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" '
    b'xmlns:xlink="http://www.w3.org/1999/xlink" %s>%s</svg>'
)


def cleaned(inside: bytes, attributes: bytes = b"") -> str:
    return media.read("a.svg", SVG % (attributes, inside), findings=Findings()).payload.decode()


@pytest.mark.parametrize(
    ("path", "payload", "kind"),
    [
        ("a.png", PNG, "image/png"),
        ("a.JPG", b"\xff\xd8\xff\xe0\0\x02\xff\xda\0\x02", "image/jpeg"),
        ("a.gif", b"GIF89a" + bytes(7) + b";", "image/gif"),
        ("a.webp", b"RIFF\0\0\0\0WEBP", "image/webp"),
        ("a.wav", b"RIFF\0\0\0\0WAVE", "audio/wav"),
        ("a.ogg", b"OggS" + bytes(9), "audio/ogg"),
        ("a.m4a", b"\0\0\0\x20ftypM4A ", "audio/mp4"),
        ("a.mp3", b"ID3" + bytes(17), "audio/mpeg"),
        ("b.mp3", b"\xff\xfb\x90\x00", "audio/mpeg"),
    ],
)
def test_the_type_is_told_from_the_bytes(path: str, payload: bytes, kind: str) -> None:
    assert media.read(path, payload, findings=Findings()).media_type == kind


@pytest.mark.parametrize(
    ("path", "payload"), [("a.png", b"GIF89a"), ("a.jpg", PNG), ("a.mp3", b"<html>")]
)
def test_a_name_that_does_not_fit_the_bytes_is_refused(path: str, payload: bytes) -> None:
    with pytest.raises(ContentFault, match="is named as"):
        media.read(path, payload, findings=Findings())


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ContentFault, match="kind that browsers do not play"):
        media.read("a.exe", b"MZ", findings=Findings())


@pytest.mark.parametrize(
    "inside",
    [
        b"<script>alert(1)</script>",
        b"<foreignObject><p xmlns='http://www.w3.org/1999/xhtml'>alert</p></foreignObject>",
        b"<rect onclick='alert(1)'/>",
        b"<use href='https://alert.example/x.svg#a'/>",
        b"<use xlink:href='data:image/svg+xml,alert'/>",
        b"<image href='https://alert.example/x.png'/>",
        b"<a href='javascript:alert(1)'><rect/></a>",
        b"<style>@import url(https://alert.example)</style>",
        b"<rect style='fill:url(https://alert.example/#a)'/>",
        b"<rect fill='URL(//alert.example/a)'/>",
        b"<rect style='fill:u\\72l(//alert.example)'/>",
        b"<animate attributeName='href' to='javascript:alert(1)'/>",
        b"<set attributeName='onload' to='alert(1)'/>",
        b"<html:script xmlns:html='http://www.w3.org/1999/xhtml'>alert</html:script>",
    ],
)
def test_what_acts_or_loads_is_not_in_a_cleaned_drawing(inside: bytes) -> None:
    text = cleaned(b"<circle r='3'/>" + inside, b"onload='alert(1)'")
    assert "alert" not in text
    assert "circle" in text


def test_identifiers_in_a_drawing_become_neutral_and_still_refer() -> None:
    text = cleaned(
        b"<g id='CORRECT' fill='url(#CORRECT2)'/><linearGradient id='CORRECT2'/>"
        b"<use href='#CORRECT'/>"
    )
    assert "CORRECT" not in text
    assert 'id="x1"' in text
    assert "url(#x2)" in text
    assert 'href="#x1"' in text


def test_a_cleaned_drawing_is_clean() -> None:
    once = cleaned(b"<g id='a'><path d='M0 0'/></g><text>x<tspan>y</tspan></text>")
    again = media.read("a.svg", once.encode(), findings=Findings()).payload.decode()
    assert once == again


@pytest.mark.parametrize(
    ("base", "reference", "path"),
    [
        ("items/a.xml", "../img/b.png", "img/b.png"),
        ("a.xml", "img/b%20c.png", "img/b c.png"),
        ("items/a.xml", "asl/c.mp4#t=00:00:01,00:00:10.0", "items/asl/c.mp4"),
        ("a.xml", "d#1.png", "d#1.png"),
        ("a.xml", "#t=1", None),
        ("a.xml", "../b.png", None),
        ("a.xml", "https://example.org/b.png", None),
        ("a.xml", "//example.org/b.png", None),
        ("a.xml", "data:image/png;base64,xx", None),
        ("a.xml", "/b.png", None),
        ("a.xml", "%2e%2e/b.png", None),
        ("a.xml", "", None),
    ],
)
def test_references_stay_inside_the_package(base: str, reference: str, path: str | None) -> None:
    assert media.resolve(base, reference) == path
