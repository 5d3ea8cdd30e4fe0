"""A scanner for planted words, in every dress in which a byte may wear them."""

import base64
import gzip
import hashlib
import random
import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_GIVEN = ("Zéphyrine", "Loïc-Anselme", "D'Arcy", "Naïg", "Ölwen", "Tchavdar", "Mahé-Lou", "Ysée")
_SYLLABLES = ("bru", "kel", "vor", "zan", "quî", "mée", "tha", "gwë", "plo", "dræ", "œun", "ŷl")


@dataclass(frozen=True)
class Planted:
    """One invented identity."""

    family_name: str
    first_name: str
    ine: str
    birth_date: str


def identities(count: int, seed: int = 1) -> list[Planted]:
    """Identities with accents, hyphens and apostrophes that no real roll would hold."""
    draw = random.Random(seed)
    made = []
    for index in range(count):
        stem = "".join(draw.choice(_SYLLABLES) for _ in range(4))
        family = f"{draw.choice(('L’', 'D’', 'De ', 'Saint-', ''))}{stem.capitalize()}-{stem[::-1]}"
        first = f"{draw.choice(_GIVEN)} {draw.choice(_SYLLABLES)}{draw.choice(_SYLLABLES)}"
        letters = "".join(draw.choice("ABCDEFGHJK") for _ in range(2))
        date = f"{draw.randint(1, 28):02d}/{draw.randint(1, 12):02d}/2015"
        made.append(Planted(family, first, f"{900_000_000 + index * 7919:09d}{letters}", date))
    return made


def dresses(word: str) -> Iterator[tuple[str, bytes]]:
    """Every encoding of a word that is searched for, with its name."""
    forms = {word, word.upper(), word.lower(), unicodedata.normalize("NFD", word)}
    for form in sorted(forms):
        raw = form.encode()
        yield "utf-8", raw
        yield "utf-16-le", form.encode("utf-16-le")
        yield "utf-16-be", form.encode("utf-16-be")
        if (latin := form.encode("latin-1", "ignore")) and len(latin) == len(form):
            yield "latin-1", latin
        yield "hex", raw.hex().encode()
        yield "HEX", raw.hex().upper().encode()
        for shift in range(3):
            # Wherever the word starts in a base64 text, the groups of three bytes that it fills
            # are fixed: all of them, since half a number stands in many an innocent text.
            whole = (shift + len(raw)) // 3 * 4
            inner = base64.b64encode(bytes(shift) + raw)[(4 if shift else 0) :]
            needle = inner[: whole - (4 if shift else 0)] or inner
            yield "base64", needle
            yield "base64url", needle.translate(bytes.maketrans(b"+/", b"-_"))
        digest = hashlib.sha256(raw).digest()
        yield "sha-256", digest
        yield "sha-256 hex", digest.hex().encode()
        yield "sha-256 base64", base64.b64encode(digest)[:-1]
        yield "sha-256 base64url", base64.urlsafe_b64encode(digest)[:-1]


def _inflated(content: bytes) -> Iterator[bytes]:
    """What gzip and zlib streams inside the bytes say."""
    for magic, bits in ((b"\x1f\x8b\x08", 31), (b"\x78\x9c", 15), (b"\x78\x01", 15)):
        start = content.find(magic)
        while start >= 0:
            inflater = zlib.decompressobj(wbits=bits)
            try:
                plain = inflater.decompress(content[start:], 4 << 20)
            except zlib.error:
                plain = b""
            if plain:
                yield plain
            start = content.find(magic, start + 1)


class Scanner:
    """Looks for planted words. Words shorter than six characters would meet by chance."""

    def __init__(self, words: Iterable[str]) -> None:
        self.needles: dict[bytes, str] = {}
        for word in words:
            if len(word) < 6:
                raise ValueError(f"too short to be found without doubt: {word!r}")
            for dress, needle in dresses(word):
                if len(needle) >= 6:
                    self.needles.setdefault(needle, f"{word} as {dress}")

    def scan(self, content: bytes) -> list[str]:
        """Every planted word that is in the bytes, or inside something compressed in them."""
        found = [name for needle, name in self.needles.items() if needle in content]
        for plain in _inflated(content):
            found += [
                f"{name}, compressed" for needle, name in self.needles.items() if needle in plain
            ]
        return found

    def scan_tree(self, folder: Path) -> list[str]:
        """The same for every file under a folder, its name included."""
        found = []
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            found += [f"{name}: {hit} (in the file's name)" for hit in self.scan(name.encode())]
            if path.is_file():
                found += [f"{name}: {hit}" for hit in self.scan(path.read_bytes())]
        return found


def gzipped(text: str) -> bytes:
    """For proving the scanner."""
    return gzip.compress(text.encode())
