"""Pictures and sounds lose what is written behind them and nothing of themselves."""

import contextlib
import io
import struct
import wave
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ardoise.content import media, pictures
from ardoise.content.faults import ContentFault, Findings
from tests.content.samples import PNG, png

SECRET = b"the right answer is B"
PACKED = zlib.compress(SECRET)


def jpeg(*segments: bytes) -> bytes:
    """The frame of a picture of 40 by 30: no browser is asked to draw it."""
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, 30, 40, 1) + b"\1\x11\0"
    return b"\xff\xd8" + b"".join(segments) + frame + b"\xff\xda\0\2pixels\xff\xd9"


def segment(marker: int, payload: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(payload) + 2) + payload


def riff(kind: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    body = kind + b"".join(
        name + len(data).to_bytes(4, "little") + data + b"\0" * (len(data) % 2)
        for name, data in chunks
    )
    return b"RIFF" + len(body).to_bytes(4, "little") + body


EXIF_TURNED = b"Exif\0\0II*\0" + struct.pack("<IHHHIHHI", 8, 1, 0x0112, 3, 1, 6, 0, 0) + SECRET
GIF = b"GIF89a\x02\0\x03\0\0\0\0"
GIF_IMAGE = b"\x2c\0\0\0\0\x02\0\x03\0\0\x02\x02\x44\x01\0"


@pytest.mark.parametrize(
    ("path", "payload", "size"),
    [
        ("a.png", png(7, 9, (b"tEXt", b"Title\0" + SECRET)), (7, 9)),
        ("a.png", png(7, 9, (b"zTXt", b"T\0\0" + PACKED), (b"iTXt", SECRET)), (7, 9)),
        ("a.png", png(7, 9, (b"eXIf", SECRET), (b"tIME", SECRET)) + SECRET, (7, 9)),
        ("a.jpg", jpeg(segment(0xFE, SECRET), segment(0xE1, b"http://ns" + SECRET)), (40, 30)),
        ("a.jpg", jpeg(segment(0xED, b"Photoshop" + SECRET)) + SECRET, (40, 30)),
        ("a.jpg", jpeg(segment(0xE1, EXIF_TURNED)), (40, 30)),
        ("a.gif", GIF + b"\x21\xfe\x15" + SECRET + b"\0" + GIF_IMAGE + b";", (2, 3)),
        ("a.webp", riff(b"WEBP", (b"VP8L", b"\x2f\x03\xc0\x00\x00"), (b"EXIF", SECRET)), (4, 4)),
        ("a.wav", riff(b"WAVE", (b"fmt ", bytes(16)), (b"LIST", SECRET), (b"data", b"ab")), None),
        ("a.mp3", b"ID3\4\0\0\0\0\0" + bytes([len(SECRET)]) + SECRET + b"\xff\xfb\x90\0pcm", None),
        ("a.mp3", b"\xff\xfb\x90\0pcm" + b"TAG" + SECRET + bytes(125 - len(SECRET)), None),
    ],
)  # fmt: skip
def test_texts_behind_a_picture_or_sound_are_cut_out(
    path: str, payload: bytes, size: tuple[int, int] | None
) -> None:
    found = media.read(path, payload, findings=Findings())
    assert SECRET not in found.payload
    assert PACKED not in found.payload
    assert found.size == size
    again = media.read(path, found.payload, findings=Findings())
    assert again.payload == found.payload


def test_pixels_stay_as_they_are() -> None:
    assert pictures.stripped("image/png", png(3, 2, (b"tEXt", SECRET))) == png(3, 2)
    plain = jpeg(segment(0xE0, b"JFIF\0"), segment(0xE2, b"ICC_PROFILE\0x"))
    assert pictures.stripped("image/jpeg", plain) == plain


def test_a_picture_that_a_camera_turned_stays_turned() -> None:
    found = pictures.stripped("image/jpeg", jpeg(segment(0xE1, EXIF_TURNED)))
    assert b"Exif" in found
    assert struct.pack(">HHIHH", 0x0112, 3, 1, 6, 0) in found


def test_a_sound_plays_as_before() -> None:
    out = io.BytesIO()
    with wave.open(out, "wb") as made:
        made.setparams((1, 1, 8000, 0, "NONE", ""))
        made.writeframes(bytes(range(100)))
    with wave.open(io.BytesIO(pictures.stripped("audio/wav", out.getvalue()))) as read:
        assert read.readframes(200) == bytes(range(100))


@pytest.mark.parametrize(
    "path", ["a.png", "a.jpg", "a.gif", "a.webp", "a.wav", "a.mp3", "a.svg", "a.vtt"]
)
@settings(max_examples=40, deadline=None)
@given(payload=st.data())
def test_damaged_files_are_read_or_refused(path: str, payload: st.DataObject) -> None:
    starts = {
        "a.png": PNG, "a.jpg": jpeg(), "a.gif": GIF + GIF_IMAGE + b";",
        "a.webp": riff(b"WEBP", (b"VP8X", bytes(10))), "a.wav": riff(b"WAVE", (b"data", b"ab")),
        "a.mp3": b"ID3\4\0\0\0\0\0\1x\xff\xfb", "a.svg": b"<svg/>", "a.vtt": b"WEBVTT\n",
    }  # fmt: skip
    whole = starts[path]
    cut = payload.draw(st.integers(4, len(whole)))
    raw = whole[:cut] + payload.draw(st.binary(max_size=30))
    with contextlib.suppress(ContentFault):
        media.read(path, raw, findings=Findings())


VTT = """WEBVTT - a title

STYLE
::cue { background: url(https://x.example) }

NOTE the answer is B

answer-b
00:01.000 --> 00:02.000 align:start onload:x
<b>Bonjour</b> <script>x</script> <c.answer>5 < 6</c>
"""


def test_subtitles_keep_their_cues_alone() -> None:
    found = media.read("a.vtt", VTT.encode(), findings=Findings()).payload.decode()
    assert found == (
        "WEBVTT\n\n00:01.000 --> 00:02.000 align:start\n"
        "<b>Bonjour</b> &lt;script>x&lt;/script> &lt;c.answer>5 &lt; 6&lt;/c>\n"
    )


DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg" width="40" viewBox="0 0 80 60">%s</svg>'


def drawn(inside: bytes) -> str:
    return media.read("a.svg", DRAWING % inside, findings=Findings()).payload.decode()


def test_a_drawing_has_the_size_of_its_view_box() -> None:
    assert media.read("a.svg", DRAWING % b"", findings=Findings()).size == (80, 60)


def test_a_drawing_program_s_style_sheet_becomes_attributes() -> None:
    css = b"<style>.st0, #a { fill: red } circle { stroke: url(https://x.example) }</style>"
    found = drawn(css + b'<rect class="st0"/><circle class="st0" id="z"/><path id="a"/>')
    assert found.count("fill: red") == 2
    assert "example" not in found
    assert "<style" not in found


def test_a_drawing_s_titles_are_dropped() -> None:
    assert "answer" not in drawn(b"<title>the answer</title><desc>answer</desc><g/>")


def test_a_drawing_that_repeats_itself_without_end_is_refused() -> None:
    levels = b"".join(
        b'<g id="l%d">%s</g>' % (n, b'<use href="#l%d"/>' % (n - 1) * 10) for n in range(1, 9)
    )
    with pytest.raises(ContentFault, match="repeats its parts too often"):
        drawn(b'<g id="l0"><path/></g>' + levels)


def test_a_drawing_that_uses_itself_is_kept() -> None:
    assert "use" in drawn(b'<g id="a"><use href="#a"/></g>')


def test_a_drawing_with_a_document_type_is_cleaned() -> None:
    kind = b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/svg11.dtd">'
    assert media.read("a.svg", kind + DRAWING % b"<g/>", findings=Findings()).size == (80, 60)
    with pytest.raises(ContentFault, match="entities"):
        media.read(
            "a.svg", b"<!DOCTYPE svg [<!ENTITY a 'b'>]>" + DRAWING % b"", findings=Findings()
        )


def test_a_deep_drawing_is_refused() -> None:
    with pytest.raises(ContentFault):
        drawn(b"<g>" * 150 + b"</g>" * 150)
