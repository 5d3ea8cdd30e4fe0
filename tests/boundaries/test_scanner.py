"""The canary's scanner is proven on planted positives before anyone believes its silence."""

import base64
import gzip
import hashlib
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.boundaries.canary import Scanner, identities

PEOPLE = identities(200)
SCANNER = Scanner(
    word for person in PEOPLE[:20] for word in (person.family_name, person.first_name, person.ine)
)

DRESSES: list[Callable[[str], bytes]] = [
    str.encode,
    lambda word: word.encode("utf-16-le"),
    lambda word: word.encode("utf-16-be"),
    lambda word: word.upper().encode(),
    lambda word: word.encode().hex().encode(),
    lambda word: base64.b64encode(word.encode()),
    lambda word: base64.b64encode(b'{"n":"' + word.encode() + b'"}'),
    lambda word: base64.urlsafe_b64encode(b"xy" + word.encode() + b"zt"),
    lambda word: gzip.compress(b"before " + word.encode() + b" after"),
    lambda word: zlib.compress(word.encode()),
    lambda word: hashlib.sha256(word.encode()).digest(),
    lambda word: hashlib.sha256(word.encode()).hexdigest().encode(),
    lambda word: base64.b64encode(hashlib.sha256(word.encode()).digest()),
]


@pytest.mark.parametrize("dress", range(len(DRESSES)))
@pytest.mark.parametrize("person", range(0, 20, 3))
def test_every_dress_is_recognised(dress: int, person: int) -> None:
    for word in (PEOPLE[person].family_name, PEOPLE[person].ine):
        content = bytes(range(200)) + DRESSES[dress](word) + bytes(77)
        assert SCANNER.scan(content), f"{word} got through"


@given(st.binary(max_size=3_000))
def test_noise_raises_no_alarm(noise: bytes) -> None:
    assert SCANNER.scan(noise) == []


def test_a_file_and_its_name_are_both_read(tmp_path: Path) -> None:
    (tmp_path / "clean").write_bytes(b"nothing")
    assert SCANNER.scan_tree(tmp_path) == []
    (tmp_path / f"{PEOPLE[0].ine}.log").write_bytes(PEOPLE[1].first_name.encode())
    found = SCANNER.scan_tree(tmp_path)
    assert any("file's name" in hit for hit in found)
    assert any(PEOPLE[1].first_name in hit for hit in found)


def test_the_identities_are_all_different() -> None:
    assert len({person.ine for person in PEOPLE}) == 200
    assert len({person.family_name for person in PEOPLE}) > 190
