"""What leaves in a booklet: questions under neutral names, nothing that gives an answer away."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ardoise.content import keymap
from ardoise.content.faults import ContentFault
from ardoise.content.package import Package
from ardoise.contract import booklet as contract
from tests.content.drafts import drafted, written
from tests.content.samples import (
    CHOICE,
    PNG,
    TEMPLATES,
    declared,
    item,
    manifest,
    mapping,
    outline_of,
    package,
)

TELLING = ("CORRECT", "WRONG", "good", "distractor", "KEY", "solution", "A", "B", "x1")


@st.composite
def keys(draw: st.DrawFn) -> dict[str, Any]:
    """Everything about an item that is a key or could tell it."""
    names = draw(st.lists(st.sampled_from(TELLING), min_size=4, max_size=4, unique=True))
    several = draw(st.booleans())
    return {
        "names": names,
        "right": draw(st.sampled_from(names)),
        "response": "RESPONSE",
        "points": draw(st.lists(st.integers(-3, 3), min_size=4, max_size=4)),
        "template": draw(st.sampled_from(["match_correct", "map_response"])),
        "feedback": draw(st.text("abc", min_size=1, max_size=8)),
        "identifier": draw(st.sampled_from(["q-1", "the-answer-is-two"])),
        "picture": draw(st.sampled_from(["correct.png", "p.png"])),
        "several": several,
    }


def keyed_item(k: dict[str, Any]) -> Package:
    names, feedback = k["names"], k["feedback"]
    inline = (
        f'<qti-feedback-inline outcome-identifier="F" identifier="{names[0]}">{feedback}'
        "</qti-feedback-inline>"
    )
    choices = "".join(
        f'<qti-simple-choice identifier="{name}" id="{name}" data-points="{points}">option {n}'
        f"{inline if points > 0 else ''}</qti-simple-choice>"
        for n, (name, points) in enumerate(zip(names, k["points"], strict=True))
    )
    body = (
        f'<p id="{feedback}">Look: <img src="{k["picture"]}" alt="a cat" id="{k["right"]}"/></p>'
        f'<qti-choice-interaction response-identifier="RESPONSE" max-choices="0" shuffle="true">'
        f"<qti-prompt>Which?</qti-prompt>{choices}</qti-choice-interaction>"
        f'<qti-rubric-block view="scorer"><p>{k["right"]}</p></qti-rubric-block>'
        f'<qti-feedback-block outcome-identifier="F" identifier="x"><p>{feedback}</p>'
        "</qti-feedback-block>"
    )
    points = dict(zip(names, k["points"], strict=True))
    text = item(
        body, identifier=k["identifier"], template=k["template"],
        declarations=declared(k["right"], cardinality="multiple", mapping=mapping(points)),
        after=f'<qti-modal-feedback outcome-identifier="F" identifier="a" show-hide="show">'
        f"<p>{feedback}</p></qti-modal-feedback>",
    )  # fmt: skip
    return package(text, **{k["picture"]: PNG})


@settings(max_examples=60, deadline=None)
@given(keys(), keys())
def test_two_items_that_differ_only_in_their_key_give_the_same_bytes(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert written(drafted(keyed_item(one))) == written(drafted(keyed_item(other)))


def test_text_entries_with_other_keys_give_the_same_bytes() -> None:
    body = '<p><qti-text-entry-interaction response-identifier="RESPONSE" expected-length="9"/></p>'

    def made(word: str) -> bytes:
        spellings = declared(word, base="string", mapping=mapping({word: 1, word.upper(): 2}))
        return written(
            drafted(package(item(body, declarations=spellings, template="map_response")))
        )

    assert made("chat") == made("hippopotame")


def test_a_booklet_says_what_the_runner_needs() -> None:
    made = drafted(package(item(CHOICE.replace('"B"', '"B" fixed="true"'))))
    found = contract.decode(written(made))
    assert (found.campaign, found.part, found.writer, found.minutes) == (
        "autumn-2026", "english", "pupil", 30,
    )  # fmt: skip
    only = found.items[0]
    assert (only.id, only.label) == ("i1", "1")
    assert (only.responses[0].id, only.responses[0].keys) == ("r1", ())
    assert only.body == (
        [
            "choice", {"response": "r1"},
            ["prompt", {}, "Which?"],
            ["option", {"value": "c1"}, "one"],
            ["option", {"value": "c2", "fixed": "true"}, "two"],
            ["option", {"value": "c3"}, "three"],
        ],
    )  # fmt: skip


def test_pictures_travel_as_assets_and_the_same_bytes_only_once() -> None:
    body = '<p><img src="a.png" alt="a"/><img src="b.png" alt="b"/></p>' + CHOICE
    made = drafted(package(item(body), **{"a.png": PNG, "b.png": PNG}))
    assert list(made.assets) == ["a1"]
    assert made.assets["a1"].payload == PNG
    found = contract.decode(written(made))
    assert found.assets["a1"].size == len(PNG)
    assert found.items[0].body[0][2:] == [
        ["img", {"alt": "a", "asset": "a1"}],
        ["img", {"alt": "b", "asset": "a1"}],
    ]


def test_a_missing_blob_is_an_error() -> None:
    body = '<p><img src="a.png" alt="a"/></p>' + CHOICE
    with pytest.raises(KeyError):
        drafted(package(item(body), **{"a.png": PNG})).with_blobs({})


def test_the_candidate_s_rubric_becomes_instructions_and_the_scorer_s_stays_behind() -> None:
    section = (
        '<qti-rubric-block view="candidate" use="instructions"><p>Read.</p></qti-rubric-block>'
        '<qti-rubric-block view="scorer" use="scoring"><p>Secret.</p></qti-rubric-block>'
    )
    files = {
        "imsmanifest.xml": manifest(["1.xml"], tests=("test.xml",)),
        "test.xml": outline_of(["1.xml"], section=section),
    }
    read = package(item(), **files)
    planned = drafted(read).with_blobs({}).plan
    assert planned is not None
    assert planned.parts[0].sections[0].instructions == (["p", {}, "Read."],)
    assert len(drafted(read, "teacher").with_blobs({}).instructions) == 2


RUBRIC = '<qti-rubric-block view="scorer"><p>Right if all is there.</p></qti-rubric-block>'


def test_a_keying_teacher_sees_how_to_code_and_a_pupil_does_not() -> None:
    read = package(item(RUBRIC + CHOICE))
    assert b"Right if all" in written(drafted(read, "teacher"))
    assert b"Right if all" not in written(drafted(read, "pupil"))


def test_a_keyed_item_keeps_its_options_and_says_which_keys() -> None:
    keyed = CHOICE.replace('identifier="A"', 'identifier="A" data-key="0"')
    response = drafted(package(item(keyed)), "teacher").with_blobs({}).items[0].responses[0]
    assert [(k.key, k.value, k.label) for k in response.keys] == [
        ("0", "A", "one"),
        ("1", "B", "two"),
        ("2", "C", "three"),
    ]


def test_an_author_s_key_is_never_given_to_another_option() -> None:
    keyed = CHOICE.replace('identifier="C"', 'identifier="C" data-key="1"')
    response = drafted(package(item(keyed)), "teacher").with_blobs({}).items[0].responses[0]
    assert [k.key for k in response.keys] == ["2", "3", "1"]


MANY = "".join(f'<qti-simple-choice identifier="O{n}">o</qti-simple-choice>' for n in range(10))
TEXT = '<p><qti-text-entry-interaction response-identifier="RESPONSE"/></p>'


@pytest.mark.parametrize(
    ("body", "declarations", "message"),
    [
        (TEXT, declared("x", base="string"), "exactly one qti-choice"),
        ("<p>nothing</p>", "", "exactly one qti-choice"),
        (
            CHOICE.replace('max-choices="1"', 'max-choices="2"'),
            declared("A", cardinality="multiple"), "set max-choices to 1",
        ),
        (CHOICE.replace("<qti-prompt>", MANY + "<qti-prompt>"), declared("A"), "9 options"),
        (
            CHOICE.replace('"A"', '"A" data-key="5"').replace('"B"', '"B" data-key="5"'),
            declared("A"), "the same key",
        ),
    ],
)  # fmt: skip
def test_what_a_teacher_cannot_key_is_refused(body: str, declarations: str, message: str) -> None:
    template = "match_correct" if declarations else None
    read = package(item(body, declarations=declarations, template=template))
    with pytest.raises(ContentFault, match=message) as caught:
        drafted(read, "teacher")
    assert caught.value.findings[0].item == "q-1"


def test_a_booklet_above_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ardoise.content.booklet.PLAIN_LIMIT", 100)
    with pytest.raises(ContentFault, match="split the part"):
        drafted(package(item()))


def test_the_key_map_leads_back() -> None:
    keys = drafted(package(item(identifier="q-a"), item(identifier="q-b"))).keymap
    assert keys.neutral("q-b") == "i2"
    assert keys.original("i2", {"r1": ("c3",)}) == ("q-b", {"RESPONSE": ("C",)})
    assert keys.original("i1", {}) == ("q-a", {"RESPONSE": ()})
    assert keymap.decode(keys.encode()) == keys
    with pytest.raises(KeyError):
        keys.neutral("q-c")
    with pytest.raises(KeyError):
        keys.original("i3", {})


@pytest.mark.parametrize("responses", [{"r1": ("A",)}, {"r1": ("c1", "c2")}, {"r1": ("c9",)}])
def test_what_no_runner_sends_counts_as_not_given_and_is_named(
    responses: dict[str, tuple[str, ...]],
) -> None:
    keys = drafted(package(item())).keymap
    assert keys.original("i1", responses) == ("q-1", {"RESPONSE": ()})
    assert keys.oddities("i1", responses)
    assert keys.oddities("i1", {"r7": ("c1",)})
    assert keys.oddities("i9", {})
    assert keys.oddities("i1", {"r1": ("c1",)}) == ()


def test_text_passes_the_key_map_as_it_was_typed() -> None:
    read = package(item(TEXT, declarations=declared("x", base="string")))
    assert drafted(read).keymap.original("i1", {"r1": (" l’été ",)})[1] == {
        "RESPONSE": (" l’été ",)
    }


def test_nothing_of_the_package_s_own_names_is_in_a_booklet() -> None:
    raw = written(drafted(package(item(identifier="telling-name"), **{"note.txt": "x"})))
    for name in (b"telling-name", b"RESPONSE", b"1.xml", b"A question", TEMPLATES.encode()):
        assert name not in raw
