"""Simulated pupils and keying teachers: the real interface, the real sealing, a drawn ability.

A pupil answers each item rightly with a probability after Rasch, P = 1 / (1 + exp(-(θ - b))), or
else as somebody who is wrong would: another option, a number beside the right one, nothing at all.
"""

import math
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import msgspec

from ardoise.contract.booklet import Booklet, Item, Response
from ardoise.contract.sheet import FORMAT, Sheet
from ardoise.demo.client import SeatClient, SeatRefusal

Right = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Booklet item → response → the values of a right answer."""

T = TypeVar("T")
PATIENCE = 60
OMITS = 0.04
TIRES = 0.10
"""Share of pupils who do not reach the end of a part."""
ABSENT = 0.05
WORDS = (
    "La réponse est dans le texte.",
    "Je pense que le personnage a changé d’avis.",
    "Je ne sais pas.",
)


@dataclass(frozen=True)
class Card:
    """What is printed on a card."""

    campaign: str
    number: str
    code: str
    role: str
    class_group: str = ""
    class_label: str = ""
    school: str = ""
    keyed: bool = False
    """A campaign whose parts teachers key."""


class Tally:
    """What the simulated people did, to be compared with what came out at the other end."""

    def __init__(self) -> None:
        self.sittings = self.saves = self.sheets = self.answered = 0
        self._guard = threading.Lock()

    def saved(self) -> None:
        """One save was acknowledged."""
        with self._guard:
            self.saves += 1

    def sat(self) -> None:
        """Somebody went through all their parts."""
        with self._guard:
            self.sittings += 1

    def handed_in(self, sheet: Sheet) -> None:
        """A sheet in its last form; nothing saved is no sheet."""
        if sheet.version == 0:
            return
        with self._guard:
            self.sheets += 1
            self.answered += sum(1 for values in sheet.responses.values() if any(values.values()))


class Mind:
    """One person's way of answering, drawn from a seed: the same card always answers alike."""

    def __init__(self, seed: str) -> None:
        self.draw = random.Random(seed)
        self.ability = self.draw.gauss(0.3, 1.0)
        self.absent = self.draw.random() < ABSENT
        self.reach = self.draw.uniform(0.6, 0.95) if self.draw.random() < TIRES else 1.0

    def answers(
        self, item: Item, right: Mapping[str, tuple[str, ...]]
    ) -> dict[str, tuple[str, ...]]:
        """Values for each response of an item; an empty tuple leaves it out."""
        difficulty = random.Random(item.id + item.label).gauss(0, 0.9)
        knows = self.draw.random() < 1 / (1 + math.exp(difficulty - self.ability))
        if self.draw.random() < OMITS:
            return {response.id: () for response in item.responses}
        return {
            response.id: right[response.id]
            if knows and right.get(response.id)
            else self._wrong(item, response, right.get(response.id, ()))
            for response in item.responses
        }

    def _wrong(self, item: Item, response: Response, right: tuple[str, ...]) -> tuple[str, ...]:
        if response.interaction in ("choice", "inline-choice"):
            others = [value for value in options(item, response) if value not in right]
            return (self.draw.choice(others),) if others else ()
        if response.interaction == "extended-text":
            return (self.draw.choice(WORDS),)
        if response.base in ("integer", "float"):
            return (str(self.draw.randint(1, 99)),)
        return (f"{right[0][:-1]}e" if right else "oui",)


def options(item: Item, response: Response) -> tuple[str, ...]:
    """The option values of a choice, in document order."""
    if response.keys:
        return tuple(key.value for key in response.keys)
    found: list[str] = []

    def walk(node: object, inside: bool) -> None:
        if isinstance(node, list | tuple) and node:
            attributes = node[1] if len(node) > 1 and isinstance(node[1], dict) else {}
            inside = inside or attributes.get("response") == response.id
            if inside and node[0] == "option":
                found.append(str(attributes["value"]))
            for child in node[2:]:
                walk(child, inside)

    for node in item.body:
        walk(node, inside=False)
    return tuple(found)


def _sheet(booklet: Booklet, number: str) -> Sheet:
    return Sheet(
        format=FORMAT,
        campaign=booklet.campaign,
        number=number,
        part=booklet.part,
        version=0,
        writer=booklet.writer,
        position=None,
        visited=(),
        responses={},
        seconds={},
    )


def _next(sheet: Sheet, item: str, values: dict[str, tuple[str, ...]], seconds: float) -> Sheet:
    given = {response: value for response, value in values.items() if value}
    return msgspec.structs.replace(
        sheet,
        version=sheet.version + 1,
        position=item,
        visited=(*sheet.visited, item),
        responses={**sheet.responses, item: given} if given else sheet.responses,
        seconds={**sheet.seconds, item: seconds},
    )


def sit(
    url: str,
    card: Card,
    rights: Mapping[str, Right],
    tally: Tally,
    *,
    pause: Callable[[random.Random], float] = lambda _: 0.0,
    stop: Callable[[], bool] = lambda: False,
) -> None:
    """One pupil sits every part that pupils write, saving after each answer."""
    mind = Mind(f"{card.campaign}/{card.number}")
    if mind.absent:
        return
    client = SeatClient(url, campaign=card.campaign, number=card.number, code=card.code)
    state = patiently(client.log_in)
    for part in (part for part in state.parts if part.writer == "pupil"):
        booklet = client.booklet(client.open_part(part.id))
        stored = client.load(part.id)
        sheet = stored.sheet if stored else _sheet(booklet, card.number)
        reached = math.ceil(len(booklet.items) * mind.reach)
        for item in booklet.items[len(sheet.visited) : reached]:
            if stop():
                return
            time.sleep(pause(mind.draw))
            values = mind.answers(item, rights[part.id].get(item.id, {}))
            sheet = _next(sheet, item.id, values, round(mind.draw.lognormvariate(3, 0.6), 1))
            patiently(partial(client.save, sheet, base=sheet.version - 1))
            tally.saved()
        tally.handed_in(sheet)
    tally.sat()


def key_in(
    url: str,
    card: Card,
    rights: Mapping[str, Right],
    tally: Tally,
    *,
    pause: Callable[[random.Random], float] = lambda _: 0.0,
    stop: Callable[[], bool] = lambda: False,
) -> None:
    """One teacher keys the paper booklets of a whole class, saving each pupil's row."""
    client = SeatClient(url, campaign=card.campaign, number=card.number, code=card.code)
    state = patiently(client.log_in)
    pupils = [pupil for pupil in client.group().pupils if not pupil.voided]
    for part in (part for part in state.parts if part.writer == "teacher"):
        booklet = client.booklet(client.open_part(part.id))
        for pupil in pupils:
            if stop():
                return
            if any(done.part == part.id and done.version for done in pupil.parts):
                continue
            mind = Mind(f"{card.campaign}/{pupil.number}")
            time.sleep(pause(mind.draw))
            sheet = _keyed(booklet, pupil.number, mind, rights[part.id])
            patiently(partial(client.save, sheet))
            tally.saved()
            tally.handed_in(sheet)
    tally.sat()


def patiently(ask: Callable[[], T]) -> T:
    """Ask again after the pause that delivery wishes for, as the runner does."""
    for _ in range(PATIENCE):
        try:
            return ask()
        except SeatRefusal as refusal:
            if refusal.problem.problem not in ("slow-down", "busy", "queued"):
                raise
            time.sleep((refusal.problem.retry_ms or 500) / 1000)
    return ask()


def _keyed(booklet: Booklet, number: str, mind: Mind, right: Right) -> Sheet:
    sheet = _sheet(booklet, number)
    if mind.absent:
        everything = tuple(item.id for item in booklet.items)
        return msgspec.structs.replace(sheet, version=1, absent=everything)
    for item in booklet.items:
        sheet = _next(sheet, item.id, mind.answers(item, right.get(item.id, {})), 0.0)
    return msgspec.structs.replace(sheet, version=1)
