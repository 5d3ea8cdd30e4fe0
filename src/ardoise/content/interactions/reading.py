"""What reading any interaction needs: its attributes, checked; its options, its picture."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lxml import etree

from ardoise.content import markup
from ardoise.content.documents import children, line_of, local
from ardoise.content.media import resolve
from ardoise.content.model import Option, Picture, Question
from ardoise.content.variables import IDENTIFIER, number
from ardoise.contract.booklet import Node

if TYPE_CHECKING:
    from ardoise.content.body import BodyReader

OPTIONS_LIMIT = 200
COUNT_LIMIT = 10_000
"""A greater number in an attribute means no limit more than any other would."""
PIXELS_LIMIT = 20_000
MESSAGE_LIMIT = 300

_KEY = re.compile(r"^[0-9a-z]\Z")
_COUNT = re.compile(r"^\s*[0-9]{1,9}\s*\Z", re.ASCII)
_COMMON = frozenset({"response-identifier", "class", "id", "label", "dir", "lang"})


@dataclass(frozen=True)
class Reading:
    """One interaction of a body, while it is read."""

    body: "BodyReader"
    element: etree._Element
    response: str
    depth: int

    def fault(self, message: str, element: etree._Element | None = None) -> None:
        """A reason why the item cannot be delivered."""
        self.body.fault(self.element if element is None else element, message)

    def check_attributes(self, *known: str) -> None:
        """Warn of attributes that change nothing here."""
        for raw in self.element.attrib:
            name = str(raw)
            if name not in _COMMON and name not in known and not markup.silent(name):
                self.body.warn(self.element, f"the attribute {name[:40]} is left out")

    def count(
        self, name: str, default: int, *, of: etree._Element | None = None, most: int = COUNT_LIMIT
    ) -> int:
        """A whole number from 0, cut at `most`."""
        element = self.element if of is None else of
        value = element.get(name)
        if value is None or not value.strip():
            return default
        if not _COUNT.match(value):
            self.fault(f"{name} must be a whole number, not {value[:20]!a}", element)
            return default
        return min(int(value), most)

    def optional_count(self, name: str) -> int | None:
        """A whole number, or None where there is none."""
        return None if not (self.element.get(name) or "").strip() else self.count(name, 0)

    def number(self, name: str, default: float | None) -> float | None:
        """A number; `default` where there is none."""
        value = self.element.get(name)
        if value is None:
            return default
        found = number(value)
        if found is None or abs(found) > 1e12:
            self.fault(f"{name} must be a number, not {value[:20]!a}")
            return default
        return found

    def flag(self, name: str, *, of: etree._Element | None = None) -> bool:
        """A truth value; false where there is none."""
        element = self.element if of is None else of
        return (element.get(name) or "false").strip() in ("true", "1")

    def text(self, name: str) -> str | None:
        """A short text of the author's, or None."""
        value = " ".join((self.element.get(name) or "").split())
        return value[:MESSAGE_LIMIT] or None

    def bounds(self, most: int, *, name: str = "choices") -> dict[str, Any]:
        """Fewest and most values, with what is said when they are not kept."""
        high, low = self.count(f"max-{name}", most), self.count(f"min-{name}", 0)
        if high and low > high:
            self.fault(f"min-{name} is above max-{name}: change one")
        return {
            "max_choices": high, "min_choices": low, "line": line_of(self.element),
            "response": self.response,
            "min_message": self.text("data-min-selections-message"),
            "max_message": self.text("data-max-selections-message"),
        }  # fmt: skip

    def attributes(self, **more: str | None) -> dict[str, str]:
        """The node's: response, kept classes, catalog, and `more` that has a value."""
        kept = self.body.marks(self.element)
        if self.element.get("orientation") == "horizontal":
            kept["class"] = f"{kept.get('class', '')} qti-orientation-horizontal".strip()
        kept.update({name: value for name, value in more.items() if value is not None})
        return {**kept, "response": self.response}

    def prompt(self) -> list[Node]:
        """The prompts, in a node each; at the very most one by the standard."""
        return [
            ["prompt", self.body.marks(child), *self.body.inside(child, depth=self.depth + 1)]
            for child in children(self.element, "qti-prompt")
        ]

    def keep(self, question: Question) -> None:
        """The interaction is read."""
        self.body.questions.append(question)

    def identifier(self, element: etree._Element, taken: set[str]) -> str | None:
        """An identifier that no other here has; None after a fault."""
        identifier = (element.get("identifier") or "").strip()
        if not IDENTIFIER.match(identifier):
            self.fault("needs an identifier: letters, digits, _ . -", element)
            return None
        if identifier in taken:
            self.fault(f"the identifier {identifier} stands twice: rename one", element)
            return None
        if len(taken) >= OPTIONS_LIMIT:
            if len(taken) == OPTIONS_LIMIT:
                self.fault(f"holds more than {OPTIONS_LIMIT} options: divide the question", element)
                taken.add("")
            return None
        taken.add(identifier)
        return identifier

    def option(
        self, child: etree._Element, nodes: list[Node], taken: set[str], *, joined: bool = False
    ) -> tuple[list[Node], list[Option]]:
        """The node and the model of one option; nothing after a fault. `joined`: in pairs."""
        identifier = self.identifier(child, taken)
        if identifier is None:
            return [], []
        key = child.get("data-key")
        if key is not None and not _KEY.match(key):
            self.fault("data-key must be one digit or one letter a to z", child)
            key = None
        fixed = self.flag("fixed", of=child)
        most = self.count("match-max", 1, of=child) if joined else 1
        least = self.count("match-min", 0, of=child) if joined else 0
        attributes = {**self.body.marks(child), "value": identifier}
        if fixed:
            attributes["fixed"] = "true"
        if joined:
            attributes |= {"most": str(most)} | ({"least": str(least)} if least else {})
        shown = self.body.template_part(child)
        option = Option(
            identifier, plain_text(nodes), fixed, key, most, least, self.group(child), shown
        )
        return [["option", attributes, *nodes]], [option]

    def group(self, child: etree._Element) -> tuple[str, ...]:
        """match-group: the partners that are allowed."""
        return tuple((child.get("match-group") or "").split()[:OPTIONS_LIMIT])

    def options(
        self, parent: etree._Element, name: str, taken: set[str], *, joined: bool = False
    ) -> tuple[list[Node], tuple[Option, ...]]:
        """All options of a list, and a word on whatever else stands there."""
        nodes: list[Node] = []
        options: list[Option] = []
        for child in children(parent):
            if local(child) == name:
                held = self.body.inside(child, depth=self.depth + 1)
                node, option = self.option(child, held, taken, joined=joined)
                nodes += node
                options += option
            elif local(child) not in ("qti-prompt", "qti-label"):
                self.fault(f"cannot stand in a {local(parent)}: use {name}", child)
        self.check_amount(len(options), parent)
        return nodes, tuple(options)

    def check_amount(self, amount: int, parent: etree._Element | None = None) -> None:
        """At least one thing to choose."""
        if not amount:
            self.fault(f"needs 1 to {OPTIONS_LIMIT} options", parent)

    def picture(self, parent: etree._Element | None = None) -> Picture | None:
        """The picture of a graphic interaction: its first img, object or picture; else a fault."""
        held = self.element if parent is None else parent
        for element in children(held, "img", "object", "picture"):
            image = element
            if local(element) == "picture":
                image = next(children(element, "img"), element)
            reference = image.get("data" if local(image) == "object" else "src")
            path = resolve(self.body.file, reference or "")
            if path is None:
                self.fault("shows something outside the package: put the file into it", image)
                return None
            self.body.media.setdefault(path, line_of(image))
            alt = image.get("alt")
            if alt is None:
                alt = " ".join("".join(map(str, image.itertext())).split())
                if not alt:
                    self.body.warn(image, "the picture has no alt: say what is seen")
            return Picture(path, self._pixels(image, "width"), self._pixels(image, "height"), alt)
        self.fault("has no picture: put an <img> into it", held)
        return None

    def _pixels(self, image: etree._Element, name: str) -> int | None:
        value = number((image.get(name) or "").strip().removesuffix("px"))
        return round(value) if value is not None and 1 <= value <= PIXELS_LIMIT else None


def picture_attributes(picture: Picture) -> dict[str, str | None]:
    """A node's attributes for its picture; drafting turns `src` into `asset`."""
    return {
        "src": picture.src,
        "alt": picture.alt,
        "width": None if picture.width is None else str(picture.width),
        "height": None if picture.height is None else str(picture.height),
    }


def plain_text(nodes: list[Node] | tuple[Node, ...]) -> str:
    """The text of nodes, pictures by their alt, white space collapsed."""
    pieces: list[str] = []

    def walk(node: Node) -> None:
        if isinstance(node, str):
            pieces.append(node)
            return
        if node[0] == "img":
            pieces.append(str(node[1].get("alt", "")))
        for child in node[2:]:
            walk(child)

    for node in nodes:
        walk(node)
    return re.sub(r"[ \t\r\n]+", " ", "".join(pieces)).strip()
