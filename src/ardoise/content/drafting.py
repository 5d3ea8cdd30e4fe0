"""Node trees under neutral names: what of a package's markup leaves, and as what.

One `Drafting` makes one booklet. Items, responses, options, gaps, spots, pictures, style sheets,
classes and catalogs are named in document order, so that no name of the author's remains.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ardoise.content import markup, stylesheets
from ardoise.content.keymap import ItemKey, response_key
from ardoise.content.model import Card, Item, Question, Resource, Rubric, StyleRule
from ardoise.content.package import Package
from ardoise.content.printing import Printing, Values
from ardoise.contract.booklet import Item as BookletItem
from ardoise.contract.booklet import KeyStroke, Node, Response, Rule, Stimulus, SupportCard
from ardoise.contract.words import Writer

_SCORERS = frozenset({"scorer", "tutor"})
_PICTURED = frozenset({"hotspot", "graphic-gap-match", "select-point"})
_MARKS = frozenset({"class", "id", "catalog"})
_CHOSEN = frozenset({"option", "hot", "spot", "gap"})


@dataclass(frozen=True)
class AssetBytes:
    """A picture or sound as it will be sealed."""

    media_type: str
    payload: bytes


@dataclass(frozen=True)
class _Named:
    """Neutral names of one response: its options, and the other half of its pairs."""

    response: str
    first: dict[str, str]
    second: dict[str, str]


@dataclass(frozen=True)
class _Names:
    """Neutral names inside one file's markup."""

    responses: dict[str, _Named] = field(default_factory=dict)
    classes: frozenset[tuple[str, str]] = frozenset()
    """Kinds and names that its style sheets speak of."""
    catalogs: dict[str, str] = field(default_factory=dict)
    printing: Printing | None = None
    hidden: frozenset[str] = frozenset()
    named: _Named | None = None
    """Of the interaction around."""


_NOTHING = _Names()


class Drafting:
    """Names and copies everything that one booklet holds."""

    def __init__(
        self, package: Package, writer: Writer, language: str, values: Mapping[str, Values]
    ) -> None:
        self.keyed = writer == "teacher"
        self.views = frozenset({"candidate"}) | (_SCORERS if self.keyed else frozenset())
        self.package = package
        self.language = language
        self.values = values
        self.assets: dict[str, AssetBytes] = {}
        self.keys: dict[str, ItemKey] = {}
        self.stimuli: dict[str, Stimulus] = {}
        self.styles: dict[str, tuple[Rule, ...]] = {}
        self.catalogs: dict[str, tuple[SupportCard, ...]] = {}
        self._asset_ids: dict[bytes, str] = {}
        self._stimulus_ids: dict[str, str] = {}
        self._style_ids: dict[str, str | None] = {}
        self._class_ids: dict[tuple[str, str], str] = {}

    def item(self, number: int, item: Item) -> BookletItem:
        """One item as its writer sees it. Raises ContentFault if its values are not drawn."""
        printing = Printing(item, self.values.get(item.identifier), language=self.language)
        declared = {response.identifier: response for response in item.responses}
        hidden = frozenset(
            name for question in item.questions for name in printing.hidden(question.options)
        )
        names = _Names(
            {q.response: self._named(n, q, hidden) for n, q in enumerate(item.questions, 1)},
            self._names_in(item.stylesheets),
            self._catalogs(item.catalogs, printing),
            printing,
            hidden,
        )
        item_id = f"i{number}"
        self.keys[item_id] = ItemKey(
            item.identifier,
            {
                (named := names.responses[question.response]).response: response_key(
                    question,
                    declared[question.response],
                    named.first,
                    named.second,
                    self._size(question),
                )
                for question in item.questions
            },
        )
        return BookletItem(
            id=item_id,
            label=str(number),
            body=tuple(self.nodes(item.body, names)),
            responses=tuple(
                self._response(question, names, declared[question.response])
                for question in item.questions
            ),
            styles=self._sheets(item.stylesheets),
            language=item.language if item.language != self.language else "",
        )

    def _named(self, number: int, question: Question, hidden: frozenset[str]) -> _Named:
        options = [one.identifier for one in question.options if one.identifier not in hidden]
        spots = [spot.identifier for spot in question.spots]
        targets = [one.identifier for one in question.targets]
        first, second = (options, targets or spots) if options else (spots, [])
        return _Named(
            f"r{number}",
            {name: name if self.keyed else f"c{at}" for at, name in enumerate(first, 1)},
            {name: f"g{at}" for at, name in enumerate(second, 1)},
        )

    def _size(self, question: Question) -> tuple[int, int] | None:
        picture = getattr(question, "picture", None)
        if picture is None:
            return None
        if picture.width is not None and picture.height is not None:
            return picture.width, picture.height
        return self.package.resources[picture.src].size

    def _response(self, question: Question, names: _Names, declared: Any) -> Response:
        single = declared.cardinality == "single"
        return Response(
            id=names.responses[question.response].response,
            interaction=question.interaction,  # type: ignore[arg-type]  # refused ones never come here
            cardinality=declared.cardinality,
            base=declared.base,
            max_choices=1 if single else question.max_choices,
            min_choices=question.min_choices,
            shuffle=question.shuffle and not self.keyed,
            expected_length=getattr(question, "expected_length", None),
            lines=getattr(question, "lines", None),
            pattern=getattr(question, "pattern", None),
            pattern_message=getattr(question, "pattern_message", None),
            min_message=question.min_message,
            max_message=question.max_message,
            keys=strokes(question) if self.keyed else (),
        )

    # --- markup ----------------------------------------------------------------------------------

    def rubrics(self, rubrics: Sequence[Rubric]) -> tuple[Node, ...]:
        """What this writer is told in test-level rubrics."""
        return tuple(
            node
            for rubric in rubrics
            if rubric.views & self.views
            for node in self.nodes(rubric.nodes, _NOTHING)
        )

    def nodes(self, nodes: tuple[Node, ...] | list[Node], names: _Names) -> list[Node]:
        """Trees with neutral names, without what is not for this writer."""
        out: list[Node] = []
        for node in nodes:
            for drafted in [node] if isinstance(node, str) else self._node(node, names):
                if isinstance(drafted, str) and out and isinstance(out[-1], str):
                    out[-1] += drafted
                elif drafted != "":
                    out.append(drafted)
        return out

    def _node(self, node: list[Any], names: _Names) -> list[Node]:
        name, attributes = node[0], node[1]
        match name:
            case "rubric":
                return self._rubric(node, names)
            case "printed":
                return [names.printing.text(attributes)] if names.printing else []
            case "template-part":
                part = (attributes["template"], attributes["value"], attributes["show"] == "true")
                shown = names.printing is not None and names.printing.shows(part)
                return self.nodes(node[2:], names) if shown else []
            case "stimulus":
                return [["stimulus", {"ref": self._stimulus(attributes["ref"])}]]
        formula = None
        if names.printing and len(node) == 3 and isinstance(node[2], str):
            formula = names.printing.formula(name, node[2])
        gone = name in _CHOSEN and attributes.get("value") in names.hidden
        return [] if gone else [formula or self._tree(node, names)]

    def _rubric(self, node: list[Any], names: _Names) -> list[Node]:
        views = frozenset(node[1]["view"].split())
        if not views & self.views:
            return []
        named = "qti-rubric" if "candidate" in views else "qti-rubric-scorer qti-well"
        return [["div", {"class": named}, *self.nodes(node[2:], names)]]

    def _tree(self, node: list[Any], names: _Names) -> list[Any]:
        # A class of the author's on one option could mark the right one.
        classes = frozenset() if node[0] in _CHOSEN else names.classes
        name, attributes = node[0], self._attributes(node[1], names, classes)
        if "response" in attributes:
            named = names.responses[attributes["response"]]
            attributes["response"] = named.response
            names = _Names(
                names.responses, names.classes, names.catalogs, names.printing, names.hidden, named
            )
        if "src" in attributes:
            resource = self.package.resources[attributes.pop("src")]
            attributes["asset"] = self._asset(resource)
            if name in _PICTURED and resource.size and not {"width", "height"} <= attributes.keys():
                attributes |= dict(zip(("width", "height"), map(str, resource.size), strict=True))
        if "poster" in attributes:
            attributes["poster"] = self._asset(self.package.resources[attributes["poster"]])
        if name in _CHOSEN and names.named is not None:
            value = attributes["value"]
            attributes["value"] = names.named.first.get(value) or names.named.second[value]
        return [name, attributes, *self.nodes(node[2:], names)]

    def _attributes(
        self, given: Mapping[str, str], names: _Names, styled: frozenset[tuple[str, str]]
    ) -> dict[str, str]:
        kept = {name: value for name, value in given.items() if name not in _MARKS}
        author = [("class", name) for name in given.get("class", "").split()]
        author += [("id", given["id"])] if "id" in given else []
        classes = [
            self._class_ids[one] if one in styled else one[1]
            for one in author
            if one in styled or (one[0] == "class" and markup.vocabulary(one[1]))
        ]
        if classes:
            kept["class"] = " ".join(dict.fromkeys(classes))
        catalog = names.catalogs.get(given.get("catalog", ""))
        if catalog is not None:
            kept["catalog"] = catalog
        return dict(sorted(kept.items()))

    def _asset(self, resource: Resource) -> str:
        """One id for the same bytes, wherever they stand in the package."""
        asset = self._asset_ids.setdefault(resource.payload, f"a{len(self._asset_ids) + 1}")
        self.assets[asset] = AssetBytes(resource.media_type, resource.payload)
        return asset

    # --- what items share ------------------------------------------------------------------------

    def _stimulus(self, path: str) -> str:
        if path not in self._stimulus_ids:
            self._stimulus_ids[path] = stimulus_id = f"s{len(self._stimulus_ids) + 1}"
            held = self.package.stimuli[path]
            names = _Names(
                classes=self._names_in(held.stylesheets),
                catalogs=self._catalogs(held.catalogs, None),
            )
            self.stimuli[stimulus_id] = Stimulus(
                tuple(self.nodes(held.body, names)),
                self._sheets(held.stylesheets),
                held.language if held.language != self.language else "",
            )
        return self._stimulus_ids[path]

    def _catalogs(
        self, catalogs: Mapping[str, tuple[Card, ...]], printing: Printing | None
    ) -> dict[str, str]:
        names: dict[str, str] = {}
        for identifier, cards in catalogs.items():
            names[identifier] = catalog = f"t{len(self.catalogs) + 1}"
            self.catalogs[catalog] = tuple(
                SupportCard(
                    card.support,
                    card.language,
                    tuple(self.nodes(card.nodes, _Names(printing=printing))),
                )
                for card in cards
            )
        return names

    def _names_in(self, paths: tuple[str, ...]) -> frozenset[tuple[str, str]]:
        """Classes and ids that these style sheets speak of: each is neutral from now on."""
        found: set[tuple[str, str]] = set()
        for path in paths:
            for rule in self.package.stylesheets[path].rules:
                for piece in rule.selector:
                    if not isinstance(piece, str) and not self._kept(piece):
                        self._class_ids.setdefault(piece, f"k{len(self._class_ids) + 1}")
                        found.add(piece)
        return frozenset(found)

    @staticmethod
    def _kept(piece: tuple[str, str]) -> bool:
        return piece[0] == "class" and markup.vocabulary(piece[1])

    def _sheets(self, paths: tuple[str, ...]) -> tuple[str, ...]:
        for path in paths:
            if path not in self._style_ids:
                rules = tuple(self._rule(rule) for rule in self.package.stylesheets[path].rules)
                style = f"y{len(self.styles) + 1}" if rules else None
                self._style_ids[path] = style
                if style is not None:
                    self.styles[style] = rules
        return tuple(style for path in paths if (style := self._style_ids[path]) is not None)

    def _rule(self, rule: StyleRule) -> Rule:
        selector = "".join(
            piece if isinstance(piece, str)
            else f".{piece[1] if self._kept(piece) else self._class_ids[piece]}"
            for piece in rule.selector
        )  # fmt: skip

        def asset(path: str) -> str:
            return self._asset(self.package.resources[path])

        return Rule(
            selector,
            tuple(
                (name, stylesheets.with_assets(value, asset)) for name, value in rule.declarations
            ),
        )


def strokes(question: Question) -> tuple[KeyStroke, ...]:
    """The author's data-key, else the first digits from 1 that no author took."""
    taken = {option.key for option in question.options}
    free = iter(str(digit) for digit in range(1, 10) if str(digit) not in taken)
    return tuple(
        KeyStroke(option.key or next(free, "9"), option.identifier, option.label)
        for option in question.options
    )
