"""Item style sheets: whitelisted, scoped to the item, under neutral names."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ardoise.content import stylesheets
from ardoise.content.faults import Findings
from ardoise.contract import booklet as contract
from tests.content.drafts import drafted, written
from tests.content.samples import CHOICE, PNG, declared, item, package

FILES = frozenset({"a.css", "img/a.png"})


def read(css: str) -> tuple[list[str], list[str]]:
    findings = Findings()
    sheet = stylesheets.read("a.css", css.encode(), files=FILES, findings=findings)
    rules = []
    for rule in sheet.rules:
        pieces = [one if isinstance(one, str) else f"[{one[0]} {one[1]}]" for one in rule.selector]
        said = ";".join(f"{name}:{value}" for name, value in rule.declarations)
        rules.append(f"{''.join(pieces)} {{{said}}}")
    return rules, [str(warning) for warning in findings.warnings]


@pytest.mark.parametrize(
    ("css", "rules"),
    [
        ("p { color: red }", ["p {color:red}"]),
        ("P.a > em , #b td:first-child { margin: 0 1em }", [
            "p[class a]>em {margin:0 1em}", "[id b] td:first-child {margin:0 1em}"]),
        ("td:nth-child(2n + 1) + th ~ td { width: 50% }",
         ["td:nth-child(2n + 1)+th~td {width:50%}"]),
        ("body p, qti-item-body > p, qti-item-body { color: #123 }",
         ["p {color:#123}", "p {color:#123}", " {color:#123}".strip()]),
        ("p::before { color: rgb(1, 2, 3) }", ["p::before {color:rgb(1, 2, 3)}"]),
        ("@media screen { p { color: red } } @media print { p { color: blue } }",
         ["p {color:red}"]),
        ("p { width: calc(100% - 2em) !important }", ["p {width:calc(100% - 2em)}"]),
        ("p { background: url(img/a.png) no-repeat }",
         ['p {background:url("asset:img/a.png") no-repeat}']),
        ("p { font-family: 'Comic Sans', serif }", ['p {font-family:"Comic Sans", serif}']),
    ],
)  # fmt: skip
def test_a_plain_rule_is_kept(css: str, rules: list[str]) -> None:
    assert [rule.strip() for rule in read(css)[0]] == rules


@pytest.mark.parametrize(
    "css",
    [
        "@import url(https://x.example/a.css);",
        "@font-face { font-family: x; src: url(https://x.example/f) }",
        "p { position: fixed }",
        "p { z-index: 99999 }",
        "p { background: url(https://x.example/a.png) }",
        "p { background: url('//x.example/a.png') }",
        "p { background: url(data:image/png;base64,AAAA) }",
        "p { background: u\\72l(https://x.example/a.png) }",
        "p { background: image-set('https://x.example/a.png' 1x) }",
        "p { color: url(img/a.png) }",
        "p { width: expression(alert(1)) }",
        "p { behavior: url(#x) }",
        "p { -moz-binding: url(x) }",
        "p { content: 'the answer is B' }",
        "p { display: none }",
        "p { animation: x 1s }",
        "p { color: var(--secret) }",
        "p { width: attr(data-x px) }",
        "input[value^=a] { color: red }",
        "p[class*=x] { color: red }",
        "dialog { color: red }",
        "p:has(a) { color: red }",
        "p:hover { color: red }",
        "html p > body { color: red }",
        "p { } } { color: red }",
        "@supports (display: grid) { p { color: red } }",
        "p { color: red;;; } < script >",
    ],
)
def test_what_leaves_its_place_or_loads_or_hides_is_dropped_and_said(css: str) -> None:
    rules, warnings = read(css)
    assert all(part not in str(rules) for part in ("example", "alert", "fixed", "answer", "99999"))
    assert rules in ([], ["p {color:red}"])
    assert warnings or css == "p { }"


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from(list("p.#:{};@()[]\\/'\"*,><~+-! urlimpote0x")), max_size=60))
def test_any_text_is_read_and_what_is_kept_is_harmless(css: str) -> None:
    for rule in stylesheets.read("a.css", css.encode(), files=FILES, findings=Findings()).rules:
        for name, value in rule.declarations:
            assert name in stylesheets.PROPERTIES
            assert not set(value) & set("{};\\<")
            assert "url(" not in value.replace('url("asset:', "")
        for piece in rule.selector:
            assert isinstance(piece, tuple) or not set(piece) & set("{};\\@<")


def test_a_booklet_carries_rules_under_neutral_names_with_their_pictures() -> None:
    sheet = '<qti-stylesheet href="s/a.css" type="text/css"/>'
    css = ".right { background: url(../a.png) } #b .qti-well { color: red }"
    body = '<p class="right other" id="b">x</p>' + CHOICE
    text = item(body, declarations=declared("A") + sheet)
    files: dict[str, bytes | str] = {"s/a.css": css, "a.png": PNG}
    made = drafted(package(text, **files))
    found = contract.decode(written(made))
    assert found.items[0].styles == ("y1",)
    assert found.styles == {
        "y1": (
            contract.Rule(".k1", (("background", 'url("asset:a1")'),)),
            contract.Rule(".k2 .qti-well", (("color", "red"),)),
        )
    }
    assert found.items[0].body[0] == ["p", {"class": "k1 k2"}, "x"]
    assert made.assets["a1"].payload == PNG


def test_a_missing_style_sheet_is_warned_of_and_the_item_shown_without() -> None:
    sheet = '<qti-stylesheet href="gone.css" type="text/css"/>'
    read = package(item(declarations=declared("A") + sheet))
    assert "gone.css, which is missing" in str(read.warnings[0])
    assert drafted(read).with_blobs({}).items[0].styles == ()
