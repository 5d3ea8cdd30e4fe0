"""What the demo remembers between two starts: ports, logins, cards kept free. Mode 0600."""

import os
from pathlib import Path

import msgspec
from msgspec import Struct

FILE_NAME = "demo.json"


class Login(Struct, frozen=True):
    """An account made for the person at the keyboard."""

    role: str
    login: str
    password: str
    sees: str


class FreeCard(Struct, frozen=True):
    """A card that no simulated pupil uses."""

    campaign: str
    role: str
    number: str
    code: str
    purpose: str


class DemoState(Struct):
    """Written once the window is open."""

    authority_port: int
    delivery_port: int
    logins: list[Login]
    cards: list[FreeCard]
    documents: list[str]
    """Paths of the PDF files with the cards."""
    answered: bool = False
    """Whether the simulated pupils are through."""


def load(root: Path) -> DemoState | None:
    """None before the first complete start."""
    path = root / FILE_NAME
    return msgspec.json.decode(path.read_bytes(), type=DemoState) if path.exists() else None


def save(root: Path, state: DemoState) -> None:
    """Replace the file."""
    fresh = root / (FILE_NAME + ".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(state), indent=1))
    fresh.replace(root / FILE_NAME)
