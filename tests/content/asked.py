"""One item for each interaction that is delivered, its key and everything telling as parameters."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ardoise.content.package import Package
from tests.content.samples import declared, item, mapping, package, png

ENDLESS = 'match-max="0"'
WORDS = ("one", "two", "three", "four")


@dataclass(frozen=True)
class Telling:
    """What could give an answer away: names, the key, points, and decoration around them."""

    names: Sequence[str] = ("A", "B", "C", "D")
    right: int = 0
    points: Sequence[int] = (1, 0, 0, 0)
    word: str = "x"
    """Stands in ids, classes, titles, data attributes, comments, feedback and file names."""
    identifier: str = "q-1"
    others: Sequence[str] = ("G", "H", "I", "J")
    """Names of second halves."""

    def marks(self, place: int) -> str:
        """Attributes of the option at this place."""
        told = f"{self.word}-{'right' if place == self.right else 'wrong'}"
        return f'id="{told}" class="{told}" data-key-{self.word}="{place}" title="{told}"'


@dataclass(frozen=True)
class Kind:
    """How one interaction is written."""

    body: Callable[[Telling], str]
    base: str = "identifier"
    cardinality: str = "multiple"
    values: Callable[[Telling], list[str]] = field(default=lambda told: list(told.names))
    """Four values, one of which is right."""


def _options(told: Telling, name: str, more: str = "", *, extra: str = "") -> str:
    inside = (
        '<qti-feedback-inline outcome-identifier="F" identifier="f">'
        f"{told.word}</qti-feedback-inline>"
    )
    return "".join(
        f'<{name} identifier="{own}" {more} {told.marks(at)}>{WORDS[at]}{extra}'
        f"{inside if name == 'qti-simple-choice' and at == told.right else ''}</{name}>"
        for at, own in enumerate(told.names)
    )


def _pairs(told: Telling) -> list[str]:
    return [f"{own} {told.others[at]}" for at, own in enumerate(told.names)]


def _choice(told: Telling, name: str = "choice", more: str = 'max-choices="0"') -> str:
    return (
        f'<qti-{name}-interaction response-identifier="RESPONSE" shuffle="true" {more}>'
        f"<qti-prompt>Which?</qti-prompt>{_options(told, 'qti-simple-choice')}"
        f"</qti-{name}-interaction>"
    )


def _inline(told: Telling) -> str:
    return (
        '<p>It is <qti-inline-choice-interaction response-identifier="RESPONSE">'
        f"{_options(told, 'qti-inline-choice')}</qti-inline-choice-interaction>.</p>"
    )


def _set(names: Sequence[str]) -> str:
    held = "".join(
        f'<qti-simple-associable-choice identifier="{own}" match-max="0">{WORDS[at]}'
        "</qti-simple-associable-choice>"
        for at, own in enumerate(names)
    )
    return f"<qti-simple-match-set>{held}</qti-simple-match-set>"


def _match(told: Telling) -> str:
    return (
        '<qti-match-interaction response-identifier="RESPONSE" max-associations="0">'
        f"{_set(told.names)}{_set(told.others)}</qti-match-interaction>"
    )


def _associate(told: Telling) -> str:
    held = _options(told, "qti-simple-associable-choice", ENDLESS)
    return (
        '<qti-associate-interaction response-identifier="RESPONSE" max-associations="0">'
        f"{held}</qti-associate-interaction>"
    )


def _gap_match(told: Telling) -> str:
    gaps = "".join(f'<p>a <qti-gap identifier="{own}"/> b</p>' for own in told.others)
    return (
        '<qti-gap-match-interaction response-identifier="RESPONSE" max-associations="0">'
        f"{_options(told, 'qti-gap-text', ENDLESS)}{gaps}</qti-gap-match-interaction>"
    )


def _picture(told: Telling) -> str:
    return f'<img src="{told.word}.png" width="100" height="100" alt="a map" id="{told.word}"/>'


def _spots(told: Telling, names: Sequence[str], name: str) -> str:
    return "".join(
        f'<{name} identifier="{own}" shape="circle" coords="{20 * at + 10},50,9" match-max="0" '
        f'hotspot-label="place {at}" {told.marks(at)}/>'
        for at, own in enumerate(names)
    )


def _graphic_gap(told: Telling) -> str:
    return (
        '<qti-graphic-gap-match-interaction response-identifier="RESPONSE" max-associations="0">'
        f"{_picture(told)}{_options(told, 'qti-gap-text', ENDLESS)}"
        f"{_spots(told, told.others, 'qti-associable-hotspot')}</qti-graphic-gap-match-interaction>"
    )


def _hotspot(told: Telling) -> str:
    return (
        '<qti-hotspot-interaction response-identifier="RESPONSE" max-choices="0">'
        f"{_picture(told)}{_spots(told, told.names, 'qti-hotspot-choice')}"
        "</qti-hotspot-interaction>"
    )


def _hottext(told: Telling) -> str:
    words = " and ".join(
        f'<qti-hottext identifier="{own}" {told.marks(at)}>{WORDS[at]}</qti-hottext>'
        for at, own in enumerate(told.names)
    )
    return (
        '<qti-hottext-interaction response-identifier="RESPONSE" max-choices="0">'
        f"<p>{words}</p></qti-hottext-interaction>"
    )


def _simple(name: str, more: str = "", inside: str = "") -> Callable[[Telling], str]:
    def body(told: Telling) -> str:
        held = inside or (_picture(told) if name == "select-point" else "")
        return (
            f'<div id="{told.word}"><qti-{name}-interaction response-identifier="RESPONSE" {more} '
            f'id="{told.word}" data-right="{told.right}">{held}</qti-{name}-interaction></div>'
        )

    return body


def _texts(*values: str) -> Callable[[Telling], list[str]]:
    return lambda _: list(values)


SOUND = b"\xff\xfb\x90\x00" + bytes(60)
KINDS = {
    "choice": Kind(_choice),
    "order": Kind(lambda told: _choice(told, "order", ""), cardinality="ordered"),
    "inline-choice": Kind(_inline, cardinality="single"),
    "hottext": Kind(_hottext),
    "match": Kind(_match, "directed-pair", values=_pairs),
    "associate": Kind(
        _associate, "pair",
        values=lambda t: [f"{t.names[n]} {t.names[(n + 1) % 4]}" for n in range(4)],
    ),
    "gap-match": Kind(_gap_match, "directed-pair", values=_pairs),
    "graphic-gap-match": Kind(_graphic_gap, "directed-pair", values=_pairs),
    "hotspot": Kind(_hotspot),
    "select-point": Kind(
        _simple("select-point"), "point", "single", _texts("1 2", "3 4", "50 60", "9 9")
    ),
    "text-entry": Kind(
        _simple("text-entry", 'expected-length="9"'), "string", "single",
        _texts("cat", "dog", "hippopotamus", "ox"),
    ),
    "extended-text": Kind(
        _simple("extended-text", 'expected-lines="4"'), "string", "single",
        _texts("cat", "dog", "hippopotamus", "ox"),
    ),
    "slider": Kind(
        _simple("slider", 'lower-bound="0" upper-bound="10" step="0.5"'), "float", "single",
        _texts("1", "2.5", "7", "10"),
    ),
    "media": Kind(
        _simple("media", 'min-plays="1"', '<audio aria-label="bell"><source src="a.mp3"/></audio>'),
        "integer", "single", _texts("1", "2", "3", "4"),
    ),
    "end-attempt": Kind(
        _simple("end-attempt", 'title="I do not know"'), "boolean", "single",
        _texts("true", "false", "true", "false"),
    ),
}  # fmt: skip


def asked(kind: str, told: Telling = Telling(), template: str = "match_correct") -> Package:
    """The package of one item."""
    how = KINDS[kind]
    values = how.values(told)
    points = mapping(dict(zip(values, told.points, strict=True)))
    key = declared(values[told.right], base=how.base, cardinality=how.cardinality, mapping=points)
    feedback = (
        f'<qti-modal-feedback outcome-identifier="F" identifier="a" show-hide="show"><p>{told.word}'
        f'<img src="{told.word}.png" alt=""/></p></qti-modal-feedback><!-- {told.right} -->'
    )
    body = (
        f"<p>Look.</p>{how.body(told)}<!-- the right one is {told.right} -->"
        f'<qti-rubric-block view="scorer"><p>{told.word} {told.right}</p></qti-rubric-block>'
    )
    text = item(
        body, identifier=told.identifier, template=template, declarations=key, after=feedback
    )
    return package(text, **{f"{told.word}.png": png(100, 100), "a.mp3": SOUND})
