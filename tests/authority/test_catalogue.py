"""Every French text of the authority's pages has its English, and the compiled file agrees."""

import re

from tests.authority.catalogue import MO, catalogue, compiled, forms, messages


def test_every_text_has_its_english() -> None:
    made = catalogue()
    missing = []
    for key in messages():
        held = made.get(key)
        if held is None or not all(forms(held.string)):
            missing.append(key)
    assert missing == []


def test_there_is_no_text_that_no_page_shows() -> None:
    known = set(messages())
    keys = {forms(one.id)[0] for one in catalogue()}
    assert keys - known - {""} == set()


def test_a_translation_keeps_its_placeholders() -> None:
    for one in catalogue():
        if not one.id:
            continue
        wanted = {name for text in forms(one.id) for name in re.findall(r"%\(\w+\)[sd]", text)}
        for text in forms(one.string):
            assert set(re.findall(r"%\(\w+\)[sd]", text)) == wanted, one.id


def test_the_compiled_catalogue_is_up_to_date() -> None:
    assert MO.read_bytes() == compiled(catalogue())


def test_french_typography_is_kept() -> None:
    for key in messages():
        assert "'" not in re.sub(r"%\(\w+\)s", "", key), f"a straight apostrophe: {key}"
        assert "« " not in key, key
        assert " »" not in key, key
        assert not re.search(r"(?<=\w) [;:!?](?=\s|$)", key), f"an ordinary space: {key}"
