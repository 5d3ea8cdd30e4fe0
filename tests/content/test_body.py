"""The body is read by whitelist: harmful things are dropped, unknown ones refused."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from ardoise.content.faults import ContentFault
from ardoise.content.model import ExtendedText
from ardoise.content.package import Package
from tests.content.drafts import drafted
from tests.content.samples import CHOICE, PNG, declared, item, package, usable


def faults(body: str, **more: bytes | str) -> list[str]:
    with pytest.raises(ContentFault) as caught:
        usable(item(body), **more)
    return [str(finding) for finding in caught.value.findings]


def nodes(read: Package) -> Sequence[Any]:
    """The body as it leaves."""
    return drafted(read).with_blobs({f"a{n}": "0" * 64 for n in range(9)}).items[0].body


def shown(read: Package) -> str:
    return json.dumps(nodes(read), ensure_ascii=False)


@pytest.mark.parametrize(
    "body",
    [
        "<script>alert(1)</script>",
        "<style>p { color: red } /* alert */</style>",
        '<p onclick="alert(1)">text</p>',
        '<iframe src="https://alert.example"/>',
        '<p><a href="javascript:alert(1)">text</a></p>',
        '<form action="//alert"><input name="alert"/></form>',
        '<p style="background:url(//alert)">text</p>',
        '<p class="alert">text</p>',
        '<p id="alert">text</p>',
        '<p data-alert="alert">text</p>',
    ],
)
def test_what_acts_loads_or_tells_is_never_carried(body: str) -> None:
    assert "alert" not in shown(package(item(body + CHOICE)))


def test_leaving_out_a_script_is_said_with_item_element_and_line() -> None:
    warning = package(item("<p>one</p>\n<script>x</script>" + CHOICE)).warnings[0]
    assert (warning.file, warning.item, warning.element) == ("1.xml", "q-1", "script")
    assert warning.line == 7


@pytest.mark.parametrize(
    "name",
    [
        "qti-graphic-order-interaction", "qti-graphic-associate-interaction",
        "qti-position-object-interaction", "qti-drawing-interaction", "qti-upload-interaction",
        "qti-portable-custom-interaction", "qti-custom-interaction",
        "qti-printed-variable", "qti-template-block", "video", "marquee",
    ],
)  # fmt: skip
def test_what_cannot_be_delivered_is_refused_by_name(name: str) -> None:
    found = faults(f'<div>\n<{name} response-identifier="X"/></div>' + CHOICE)
    assert found[0].startswith(f"1.xml:7: item q-1, <{name}>: ")


def test_an_object_that_is_a_picture_becomes_an_img() -> None:
    body = '<p><object type="image/png" data="a.png" width="9">A cat</object></p>' + CHOICE
    node = package(item(body), **{"a.png": PNG}).items[0].body[0]
    assert node == ["p", {}, ["img", {"alt": "A cat", "width": "9", "src": "a.png"}]]


def test_a_picture_without_alt_is_warned_of() -> None:
    read = package(item('<p><img src="a.png"/></p>' + CHOICE), **{"a.png": PNG})
    assert "has no alt" in str(read.warnings[0])


def test_a_picture_outside_the_package_is_refused() -> None:
    assert "outside the package" in faults('<p><img src="https://x.example/a.png" alt=""/></p>')[0]


def test_a_missing_picture_is_named() -> None:
    assert "shows a.png, which is missing" in faults('<p><img src="a.png" alt=""/></p>' + CHOICE)[0]


def test_sound_is_carried_from_its_source() -> None:
    body = '<audio controls="controls"><source src="a.mp3" type="audio/mpeg"/></audio>' + CHOICE
    read = package(item(body), **{"a.mp3": b"\xff\xfb\x90\x00" + bytes(9)})
    assert read.items[0].body[0] == ["audio", {"src": "a.mp3"}]


def test_feedback_never_reaches_the_body() -> None:
    inside = (
        '<qti-feedback-inline outcome-identifier="F" identifier="A">well done</qti-feedback-inline>'
    )
    body = f"<p>text {inside}</p>" + CHOICE.replace("one", "one" + inside)
    block = inside.replace("feedback-inline", "feedback-block")
    assert "well done" not in shown(package(item(body + block)))


def test_an_interaction_inside_feedback_is_refused() -> None:
    body = (
        f'<qti-feedback-block outcome-identifier="F" identifier="A">{CHOICE}</qti-feedback-block>'
    )
    assert any("move it out of the feedback" in fault for fault in faults(body))


def test_mathml_is_carried_with_its_attributes() -> None:
    math = (
        '<math xmlns="http://www.w3.org/1998/Math/MathML" display="block">\n <mfrac>\n'
        ' <mn> 1 </mn><msqrt><mi mathvariant="normal">x</mi></msqrt></mfrac></math>'
    )
    node = package(item(f"<p>{math}</p>" + CHOICE)).items[0].body[0]
    inner = ["mfrac", {}, ["mn", {}, "1"], ["msqrt", {}, ["mi", {"mathvariant": "normal"}, "x"]]]
    assert node == ["p", {}, ["math", {"display": "block"}, inner]]


def test_content_mathml_is_refused() -> None:
    body = '<p><math xmlns="http://www.w3.org/1998/Math/MathML"><apply/></math></p>'
    assert "presentation MathML" in faults(body + CHOICE)[0]


def test_the_text_of_a_link_stays() -> None:
    read = package(item('<p>see <a href="https://x.example">the map</a>.</p>' + CHOICE))
    assert read.items[0].body[0] == ["p", {}, "see the map."]


def test_white_space_is_collapsed_but_not_no_break_spaces_nor_in_pre() -> None:
    read = package(item("<p>a \n  b\u202f!</p><pre>a\n  b</pre>" + CHOICE))
    assert read.items[0].body[:2] == (["p", {}, "a b\u202f!"], ["pre", {}, "a\n  b"])


def test_shared_vocabulary_classes_stay_others_go() -> None:
    read = package(item('<p class="qti-align-center qti-correct mine">x</p>' + CHOICE))
    assert nodes(read)[0] == ["p", {"class": "qti-align-center"}, "x"]


def test_nesting_beyond_reason_is_refused() -> None:
    assert "levels deep" in faults("<div>" * 80 + "x" + "</div>" * 80 + CHOICE)[0]


def test_a_shared_stimulus_stands_before_the_body() -> None:
    stimulus = (
        '<qti-assessment-stimulus xmlns="http://www.imsglobal.org/xsd/imsqtiasi_v3p0" '
        'identifier="S" title="S"><qti-stimulus-body><p>A text.</p></qti-stimulus-body>'
        "</qti-assessment-stimulus>"
    )
    ref = '<qti-assessment-stimulus-ref identifier="S" href="s.xml"/>'
    plain = item(CHOICE, declarations=declared("A") + ref)
    first = package(plain, **{"s.xml": stimulus}).items[0].body[0]
    assert first == ["stimulus", {"ref": "s.xml"}]
    placed = item(
        '<p>Before.</p><div data-stimulus-idref="S"/>' + CHOICE, declarations=declared("A") + ref
    )
    body = package(placed, **{"s.xml": stimulus}).items[0].body
    assert body[0] == ["p", {}, "Before."]
    assert body[1] == first


def test_an_extended_text_keeps_its_prompt_and_size() -> None:
    body = (
        '<qti-extended-text-interaction response-identifier="RESPONSE" expected-lines="3">'
        "<qti-prompt>Tell.</qti-prompt></qti-extended-text-interaction>"
    )
    read = package(item(body, declarations=declared(base="string"), template=None))
    assert read.items[0].body == (
        ["div", {"class": "qti-prompt"}, "Tell."],
        ["extended-text", {"response": "RESPONSE"}],
    )
    question = read.items[0].questions[0]
    assert isinstance(question, ExtendedText)
    assert question.expected_length == 180
