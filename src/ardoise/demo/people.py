"""Who lives in the demo: accounts and cards for the person at the keyboard, a crowd of others."""

import contextlib
import json
import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from ardoise.demo import state
from ardoise.demo.campaigns import Example, cards, right_answers
from ardoise.demo.client import SeatRefusal
from ardoise.demo.processes import DemoFault
from ardoise.demo.pupils import Card, Tally, key_in, sit
from ardoise.demo.state import DemoState, FreeCard, Login
from ardoise.demo.zones import Zones

FREE_PUPILS = 3
CROWD = 24
"""Simulated people at once."""
THINKING_S = (0.3, 1.2)


def settle_in(zones: Zones, listed: list[Example]) -> DemoState:
    """Accounts, cards as PDF, and the cards that the crowd will leave alone."""
    documents, free, logins = [], [], [_account(zones, "bureau", "officer", sees="everything")]
    for example in listed:
        path = zones.root / "cards" / f"{example.id}.pdf"
        path.parent.mkdir(exist_ok=True)
        zones.office("cards", "print", example.id, "--out", path)
        documents.append(str(path))
        held = cards(zones, example)
        free += _free_cards(held)
        logins += _school_accounts(zones, example, held)
    return DemoState(zones.authority_port, zones.delivery_port, logins, free, documents)


def _free_cards(held: list[Card]) -> list[FreeCard]:
    """Three pupils of a class that sits on screen; a teacher of a class to be keyed."""
    pupils = [card for card in held if card.role == "pupil"]
    teachers = [card for card in held if card.role == "teacher"]
    keyed = held[0].keyed
    if keyed:
        chosen = [(teachers[0], "a class to key in")]
    else:
        chosen = [(card, "a pupil's test") for card in pupils[:FREE_PUPILS]]
        chosen.append((teachers[0], "who is sitting now"))
    return [
        FreeCard(card.campaign, card.role, card.number, card.code, purpose)
        for card, purpose in chosen
    ]


def _school_accounts(zones: Zones, example: Example, held: list[Card]) -> list[Login]:
    """A head and a teacher of the first class's school."""
    first = held[0]
    short = example.id.split("-", maxsplit=1)[0]
    return [
        _account(
            zones,
            f"direction-{short}",
            "head",
            *("--school", first.school),
            sees=f"the school {first.school}",
        ),
        _account(
            zones,
            f"prof-{short}",
            "teacher",
            *("--school", first.school, "--classes", first.class_label),
            *("--campaign", example.id),
            sees=f"class {first.class_label}",
        ),
    ]


def _account(zones: Zones, login: str, role: str, *more: str, sees: str) -> Login:
    made = zones.office("staff", "add", login, "--role", role, *more, "--keep-password", "--json")
    told = json.loads(made.output)
    return Login(role=role, login=told["login"], password=told["password"], sees=sees)


def crowd_of(held: list[Card], kept: set[str]) -> tuple[list[Card], list[Card]]:
    """The pupils who sit and the teachers who key: one teacher a class, kept cards left alone."""
    if held and held[0].keyed:
        kept_classes = {card.class_group for card in held if card.number in kept}
        first: dict[str, Card] = {}
        for card in held:
            if card.role == "teacher" and card.class_group not in kept_classes:
                first.setdefault(card.class_group, card)
        return [], list(first.values())
    return [card for card in held if card.role == "pupil" and card.number not in kept], []


def play(
    zones: Zones,
    example: Example,
    kept: set[str],
    tally: Tally,
    *,
    pause: Callable[[random.Random], float] = lambda _: 0.0,
    stop: Callable[[], bool] = lambda: False,
) -> None:
    """Everybody of one campaign answers. Raises the first fault that somebody met."""
    rights = right_answers(example)
    pupils, teachers = crowd_of(cards(zones, example), kept)
    with ThreadPoolExecutor(CROWD) as pool:
        running = [
            pool.submit(act, zones.delivery_url, card, rights, tally, pause=pause, stop=stop)
            for act, people in ((sit, pupils), (key_in, teachers))
            for card in people
        ]
        for done in running:
            done.result()


def answer(zones: Zones, listed: list[Example], known: DemoState, over: threading.Event) -> None:
    """The crowd, unhurried, in the background; remembered when it is through."""
    if known.answered:
        return
    kept = {card.number for card in known.cards}
    for example in listed:
        # Somebody at the keyboard may close the window, or take a card from the crowd's pile.
        with contextlib.suppress(SeatRefusal, DemoFault):
            play(
                zones,
                example,
                kept,
                Tally(),
                pause=lambda draw: draw.uniform(*THINKING_S),
                stop=over.is_set,
            )
        if over.is_set():
            return
    known.answered = True
    state.save(zones.root, known)


def collect(zones: Zones, listed: list[Example]) -> str:
    """Pull and mark what is new; says how much the office holds. A closed campaign is left."""
    said = []
    for example in listed:
        try:
            pulled = json.loads(zones.office("collect", example.id, "--json").output)
            zones.office("mark", example.id)
        except DemoFault:
            said.append(f"{example.id}: closed")
        else:
            said.append(f"{example.id}: {pulled['last_seq']} saves at the office")
    return ", ".join(said)
