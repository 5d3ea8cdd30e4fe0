"""`ardoise authority content check`: a report to act on, and an exit code to build upon."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ardoise.authority.cli import app
from tests.content.samples import CHOICE, files_of, item, manifest, outline_of, png, zipped

EXAMPLES = Path(__file__).parents[3] / "examples"
HOTSPOT = (
    '<qti-graphic-order-interaction response-identifier="RESPONSE"><img src="a.png" alt="x"/>'
    '<qti-hotspot-choice identifier="A" shape="default" hotspot-label="all"/>'
    "</qti-graphic-order-interaction>"
)


def run(*arguments: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["content", "check", *map(str, arguments)])
    return result.exit_code, result.stdout


def report(*arguments: str | Path) -> tuple[int, dict[str, Any]]:
    code, text = run(*arguments, "--json")
    return code, json.loads(text)


@pytest.fixture
def package(tmp_path: Path) -> Any:
    def write(*items: str, **more: bytes | str) -> Path:
        path = tmp_path / "sample.zip"
        path.write_bytes(zipped(files_of(*items, **more)))
        return path

    return write


def test_every_example_has_nothing_to_mend() -> None:
    for folder in sorted(EXAMPLES.glob("**/imsmanifest.xml")):
        code, found = report(folder.parent)
        assert (code, found["verdict"], found["warnings"]) == (0, "good", []), folder.parent


def test_the_showcase_holds_every_interaction_that_is_delivered() -> None:
    from ardoise.content.interactions import DELIVERED

    _, found = report(EXAMPLES / "interactions")
    shown = {name for one in found["items"] for name in one["interactions"]}
    assert {f"qti-{name}-interaction" for name in shown} == set(DELIVERED)


def test_a_warning_is_one_and_an_error_is_two(package: Any) -> None:
    assert report(package(item()))[0] == 0
    code, found = report(package(item('<p><img src="a.png"/></p>' + CHOICE), **{"a.png": png()}))
    assert code == 1
    assert "1.xml:6: item q-1, <img>: has no alt" in found["warnings"][0]
    assert report(package(item("<marquee/>" + CHOICE)))[0] == 2


def test_delivered_and_scored_are_told_apart_with_file_element_and_line(package: Any) -> None:
    undelivered = item(HOTSPOT, identifier="q-1")
    unknown = "<qti-response-processing><qti-mystery/></qti-response-processing>"
    unscored = item(identifier="q-2", template=None, after=unknown)
    neither = item("<marquee/>", identifier="q-3", template=None, after=unknown)
    by_hand = item(identifier="q-4", template=None)
    code, found = report(package(undelivered, unscored, neither, by_hand, **{"a.png": png(9, 9)}))
    assert code == 2
    got = {one["identifier"]: (one["delivered"], one["scored"]) for one in found["items"]}
    assert got == {
        "q-1": (False, "yes"), "q-2": (True, "no"), "q-3": (False, "no"), "q-4": (True, "by hand"),
    }  # fmt: skip
    assert found["items"][0]["obstacles"][0].startswith(
        "1.xml:6: item q-1, <qti-graphic-order-interaction>: cannot be delivered"
    )
    assert "<qti-mystery>" in found["items"][1]["unscorable"][0]


def test_what_browsers_do_not_play_is_named(package: Any) -> None:
    body = '<p><img src="a.tif" alt="x"/></p>' + CHOICE
    _, found = report(package(item(body), **{"a.tif": b"II*\0"}))
    assert (
        "a.tif: item q-1: is of a kind that browsers do not play (TIFF)"
        in (found["items"][0]["obstacles"][0])
    )


def test_weights_are_told_and_a_heavy_part_is_warned_of(package: Any) -> None:
    noise = b"".join(hashlib.sha256(b"%d" % n).digest() for n in range(72_000))
    heavy = png(1, 1, (b"iCCP", noise))
    body = '<p><img src="a.png" alt="x"/></p>' + CHOICE
    code, found = report(package(item(body), **{"a.png": heavy}))
    assert code == 1
    assert found["items"][0]["weight"]["pictures"] == len(heavy) > 2_000_000
    assert "weighs 2.3 MB, above 2 MB" in found["warnings"][0]
    assert "a.png 2.3 MB" in found["warnings"][0]


def test_a_package_that_cannot_be_read_says_why_and_ends_with_two(tmp_path: Path) -> None:
    path = tmp_path / "broken.zip"
    path.write_bytes(b"PK\3\4nonsense")
    code, found = report(path)
    assert (code, found["items"]) == (2, [])
    assert found["errors"] == ["broken.zip: is no sound zip file: make the package again"]
    code, found = report(tmp_path / "nowhere.zip")
    assert code == 2
    assert "check the path" in found["errors"][0]


def test_a_lone_item_is_checked_without_a_manifest(tmp_path: Path) -> None:
    path = tmp_path / "one.xml"
    path.write_text(item())
    assert report(path)[1]["items"][0]["file"] == "one.xml"


def test_of_several_tests_one_is_chosen_by_its_name(package: Any) -> None:
    listed = manifest(["1.xml", "2.xml"], tests=("t1.xml", "t2.xml"))
    first = outline_of(["1.xml"]).replace('identifier="T"', 'identifier="first"')
    second = outline_of(["2.xml"]).replace('identifier="T"', 'identifier="second"')
    path = package(
        item(identifier="q-1"), item(identifier="q-2"),
        **{"imsmanifest.xml": listed, "t1.xml": first, "t2.xml": second},
    )  # fmt: skip
    code, found = report(path)
    assert code == 2
    assert "holds 2 tests: choose one by its name (t1.xml, t2.xml)" in found["errors"][0]
    for name in ("second", "t2.xml"):
        _, found = report(path, "--test", name)
        assert [one["identifier"] for one in found["items"]] == ["q-2"]


def test_the_table_reads_on_a_terminal(package: Any) -> None:
    code, text = run(package(item("<marquee/>" + CHOICE)))
    assert code == 2
    for part in ("delivered", "scored", "q-1", "<marquee>", "It cannot be used as it stands."):
        assert part in text


def test_a_rule_that_no_browser_could_follow_is_an_error_with_its_line(package: Any) -> None:
    rule = (
        '<qti-branch-rule target="ref1"><qti-gte><qti-number-presented/>'
        '<qti-base-value base-type="float">1</qti-base-value></qti-gte></qti-branch-rule>'
    )
    test = outline_of(["1.xml", "2.xml"]).replace("nonlinear", "linear")
    opened = '<qti-assessment-item-ref identifier="ref0" href="1.xml"'
    test = test.replace(f"{opened}/>", f"{opened}>{rule}</qti-assessment-item-ref>")
    files = {"imsmanifest.xml": manifest(["1.xml", "2.xml"], tests=("t.xml",)), "t.xml": test}
    code, found = report(package(item(identifier="q-1"), item(identifier="q-2"), **files))
    assert code == 2
    assert "t.xml:1: <qti-number-presented>" in found["errors"][0]


def test_rules_beside_qti_are_warnings_that_name_their_place(package: Any) -> None:
    response = '<qti-variable identifier="RESPONSE"/>'
    read = f"<qti-is-not-null>{response}</qti-is-not-null>"
    typed = f"<qti-equal>{response}<qti-correct identifier='RESPONSE'/></qti-equal>"
    branches = "".join(
        f"<qti-response-condition><qti-response-if>{one}</qti-response-if></qti-response-condition>"
        for one in (read, typed)
    )
    rules = f"<qti-response-processing>{branches}</qti-response-processing>"
    plain = item(template=None, after=rules)
    above = plain[: plain.index(rules)].count("\n")
    path = package(item(template=None, after="\n" * (99 - above) + rules))
    code, found = report(path)
    assert (code, found["verdict"]) == (1, "warnings")
    element, values = found["warnings"]
    assert "1.xml:100: item q-1, <qti-is-not-null>: is no element of QTI" in element
    assert "1.xml:100: item q-1, <qti-equal>: is not written as QTI says: read as match" in values
    # Between colons the line is not taken for the name of a picture.
    assert "1.xml:100: item q-1" in run(path)[1]


def test_a_title_commands_no_terminal(package: Any) -> None:
    test = outline_of(["1.xml"]).replace("The test", "The \x9b31m[bold]test\u202e")
    files = {"imsmanifest.xml": manifest(["1.xml"], tests=("t.xml",)), "t.xml": test}
    text = run(package(item(), **files))[1]
    assert "The \ufffd31m[bold]test\ufffd" in text
