"""From a package to a booklet: what a writer sees, under neutral names. Keys stay behind.

Two packages that differ only in which option is right, in mapping, processing, feedback or telling
identifiers give the same bytes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from ardoise.content.faults import ContentFault, Finding
from ardoise.content.keymap import ItemKey, KeyMap, ResponseKey
from ardoise.content.model import Item, Question, Resource, ResponseDeclaration, Rubric
from ardoise.content.package import Package
from ardoise.content.plan import check_plain, plan_of
from ardoise.content.plan_tables import Points
from ardoise.contract.booklet import PLAIN_LIMIT, Asset, Booklet, KeyStroke, Node, Response
from ardoise.contract.booklet import Item as BookletItem
from ardoise.contract.words import Writer

KEYED_OPTIONS = 9
_SCORERS = frozenset({"scorer", "tutor"})


@dataclass(frozen=True)
class AssetBytes:
    """A picture or sound as it will be sealed."""

    media_type: str
    payload: bytes


@dataclass(frozen=True)
class Draft:
    """A booklet that does not yet know where its sealed assets are."""

    assets: dict[str, AssetBytes]
    keymap: KeyMap
    _booklet: Booklet

    def with_blobs(self, blobs: Mapping[str, str]) -> Booklet:
        """The booklet, its assets at these blobs (asset id → SHA-256 of the sealed bytes).

        Raises KeyError if an asset is missing.
        """
        assets = {
            asset: Asset(blobs[asset], held.media_type, len(held.payload))
            for asset, held in self.assets.items()
        }
        return msgspec.structs.replace(self._booklet, assets=assets)


def draft(
    package: Package,
    *,
    campaign: str,
    part: str,
    title: str,
    campaign_title: str,
    language: str,
    minutes: int,
    writer: Writer,
    points: Points | None = None,
) -> Draft:
    """The booklet of one part. `minutes` 0: only the window limits. `points`: rules need it.

    Raises ContentFault: a teacher's part whose items are not one single choice each, or a booklet
    larger than the protocol allows.
    """
    drafting = _Drafting(package, writer)
    if writer == "teacher":
        check_keyed(package)
        if package.test is not None:
            check_plain(package.test)
    items = tuple(drafting.item(number, item) for number, item in enumerate(package.items, 1))
    planned = package.test if writer == "pupil" else None
    plan = None
    if planned is not None:
        keymap = KeyMap(drafting.keys)
        plan = plan_of(planned, package.items, keymap, nodes=drafting.rubrics, points=points)
    # A plan holds the instructions of its parts and sections where they are given.
    instructions = drafting.rubrics(package.rubrics if planned is None else planned.rubrics)
    booklet = Booklet(
        format="ardoise-booklet/2", campaign=campaign, part=part, writer=writer, language=language,
        campaign_title=campaign_title, title=title, minutes=minutes, items=items,
        instructions=instructions, plan=plan,
    )  # fmt: skip
    made = Draft(drafting.assets, KeyMap(drafting.keys), booklet)
    size = len(msgspec.json.encode(made.with_blobs(dict.fromkeys(drafting.assets, "0" * 64))))
    if size > PLAIN_LIMIT:
        message = f"makes a booklet above {PLAIN_LIMIT >> 20} MiB: split the part"
        raise ContentFault(Finding(package.identifier, message))
    return made


def check_keyed(package: Package) -> None:
    """Raises ContentFault unless a teacher can key every item with one key: see `draft`."""
    findings = [
        Finding(item.file, message, item.identifier)
        for item in package.items
        if (message := _keyed_fault(item)) is not None
    ]
    if findings:
        raise ContentFault(*findings)


def _keyed_fault(item: Item) -> str | None:
    if len(item.questions) != 1 or item.questions[0].interaction != "choice":
        return "a teacher keys it: it must have exactly one qti-choice-interaction"
    question = item.questions[0]
    if question.max_choices != 1:
        return "a teacher keys it with one key: set max-choices to 1"
    if len(question.options) > KEYED_OPTIONS:
        return f"a teacher keys it: it may have {KEYED_OPTIONS} options at most"
    keys = [stroke.key for stroke in _strokes(question)]
    if len(set(keys)) < len(keys):
        return "two options have the same key: give each its own data-key"
    return None


def _strokes(question: Question) -> tuple[KeyStroke, ...]:
    """The author's data-key, else the first digits from 1 that no author took."""
    taken = {option.key for option in question.options}
    free = iter(str(digit) for digit in range(1, 10) if str(digit) not in taken)
    return tuple(
        KeyStroke(option.key or next(free, "9"), option.identifier, option.label)
        for option in question.options
    )


@dataclass(frozen=True)
class _Names:
    """Neutral names inside one item: response → (id, {option → value})."""

    responses: dict[str, tuple[str, dict[str, str]]]


_NOTHING = _Names({})


class _Drafting:
    """Names items, responses, options and assets in document order."""

    def __init__(self, package: Package, writer: Writer) -> None:
        self.keyed = writer == "teacher"
        self.views = frozenset({"candidate"}) | (_SCORERS if self.keyed else frozenset())
        self.resources = package.resources
        self.assets: dict[str, AssetBytes] = {}
        self.keys: dict[str, ItemKey] = {}
        self._asset_ids: dict[bytes, str] = {}

    def item(self, number: int, item: Item) -> BookletItem:
        """One item as its writer sees it."""
        declared = {response.identifier: response for response in item.responses}
        names = _Names({q.response: self._named(n, q) for n, q in enumerate(item.questions, 1)})
        item_id = f"i{number}"
        self.keys[item_id] = ItemKey(
            item.identifier,
            {
                names.responses[question.response][0]: _key(question, names)
                for question in item.questions
            },
        )
        return BookletItem(
            id=item_id,
            label=str(number),
            body=tuple(self.nodes(item.body, names)),
            responses=tuple(
                self._response(question, declared[question.response], names)
                for question in item.questions
            ),
        )

    def _named(self, number: int, question: Question) -> tuple[str, dict[str, str]]:
        values = {
            option.identifier: option.identifier if self.keyed else f"c{place}"
            for place, option in enumerate(question.options, 1)
        }
        return f"r{number}", values

    def _response(
        self, question: Question, response: ResponseDeclaration, names: _Names
    ) -> Response:
        return Response(
            id=names.responses[question.response][0],
            interaction=question.interaction,
            cardinality=response.cardinality,
            base=response.base,
            max_choices=question.max_choices,
            min_choices=question.min_choices,
            shuffle=question.shuffle and not self.keyed,
            expected_length=question.expected_length,
            keys=_strokes(question) if self.keyed else (),
        )

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
            if isinstance(node, str):
                out.append(node)
            elif node[0] != "rubric":
                out.append(self._tree(node, names))
            elif (views := frozenset(node[1]["view"].split())) & self.views:
                named = "qti-rubric" if "candidate" in views else "qti-rubric-scorer qti-well"
                out.append(["div", {"class": named}, *self.nodes(node[2:], names)])
        return out

    def _tree(self, node: list[Any], names: _Names) -> list[Any]:
        name, attributes = node[0], dict(node[1])
        if name in ("img", "audio"):
            attributes["asset"] = self._asset(self.resources[attributes.pop("src")])
        elif name in ("choice", "inline-choice", "text-entry", "extended-text"):
            response, values = names.responses[attributes["response"]]
            attributes["response"] = response
            held = [self._option(child, values, names) for child in node[2:]]
            return [name, attributes, *held]
        return [name, attributes, *self.nodes(node[2:], names)]

    def _option(self, node: Any, values: dict[str, str], names: _Names) -> Node:
        if isinstance(node, str) or node[0] != "option":
            return self.nodes([node], names)[0]
        attributes = {**node[1], "value": values[node[1]["value"]]}
        return ["option", attributes, *self.nodes(node[2:], names)]

    def _asset(self, resource: Resource) -> str:
        """One id for the same bytes, wherever they stand in the package."""
        asset = self._asset_ids.setdefault(resource.payload, f"a{len(self._asset_ids) + 1}")
        self.assets[asset] = AssetBytes(resource.media_type, resource.payload)
        return asset


def _key(question: Question, names: _Names) -> ResponseKey:
    values = names.responses[question.response][1]
    if not question.options:
        return ResponseKey(question.response, None, 1)
    return ResponseKey(
        question.response, {value: option for option, value in values.items()}, question.max_choices
    )
