"""An item's body: QTI markup to the model's node trees, by whitelist.

One `BodyReader` reads one file's markup. What it does not know keeps the item from being delivered,
and is named with element and line.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from lxml import etree

from ardoise.content import embedded, interactions, markup
from ardoise.content.documents import MATHML, XML_LANG, children, line_of, local, namespace
from ardoise.content.faults import Finding, Findings
from ardoise.content.interactions import INTERACTIONS
from ardoise.content.interactions.reading import Reading
from ardoise.content.model import Question
from ardoise.content.variables import IDENTIFIER
from ardoise.contract.booklet import Node

DEPTH_LIMIT = 60
_SPACE = re.compile(r"[ \t\r\n]+")
_TEMPLATE_PARTS = frozenset({"qti-template-inline", "qti-template-block"})
Special = Callable[[etree._Element, int], list[Node]]


class BodyReader:
    """Turns elements of one file into nodes; gathers questions, and the files it refers to."""

    def __init__(self, *, file: str, item: str, findings: Findings) -> None:
        self.file = file
        self.item = item
        self.findings = findings
        """Faults: what keeps this item from being delivered."""
        self.questions: list[Question] = []
        self.media: dict[str, int | None] = {}
        """Paths inside the package that the body shows, with the line."""
        self.drawings: dict[str, bytes] = {}
        """SVG that stands in the body itself, by a path of our making."""
        self.stimuli: dict[str, str] = {}
        """Shared stimuli: identifier → file, to stand where the body asks for them."""
        self.placed: set[str] = set()
        self._special: Mapping[str, Special] = {}
        self._within = False

    def fault(self, element: etree._Element, message: str) -> None:
        """Keep a fault of this file."""
        self.findings.fault(
            Finding(self.file, message, self.item, local(element), line_of(element))
        )

    def warn(self, element: etree._Element, message: str) -> None:
        """Keep a warning of this file."""
        self.findings.warn(Finding(self.file, message, self.item, local(element), line_of(element)))

    @contextmanager
    def within(self, special: Mapping[str, Special]) -> Iterator[None]:
        """Inside an interaction whose flow holds elements of its own, such as gaps."""
        before, self._special = self._special, special
        try:
            yield
        finally:
            self._special = before

    def inside(
        self,
        element: etree._Element,
        *,
        depth: int = 0,
        pre: bool = False,
        free: bool = False,
        skip: tuple[str, ...] = (),
    ) -> list[Node]:
        """The nodes inside an element, texts joined and white space outside `pre` collapsed."""
        out: list[Node] = []
        self._text(out, element.text, pre=pre, free=free)
        for child in element:
            if isinstance(child.tag, str) and local(child) not in skip:
                for node in self.element(child, depth=depth + 1, pre=pre):
                    if isinstance(node, str):
                        self._text(out, node, pre=True, free=False)
                    else:
                        out.append(node)
            self._text(out, child.tail, pre=pre, free=free)
        return out if pre else _between_blocks(out)

    @staticmethod
    def _text(out: list[Node], text: str | None, *, pre: bool, free: bool) -> None:
        if not text:
            return
        kept = text if pre else _SPACE.sub(" ", text)
        if free and not kept.strip(" \t\r\n"):
            return
        if out and isinstance(out[-1], str):
            joined = out[-1] + kept
            out[-1] = joined if pre else _SPACE.sub(" ", joined)
        else:
            out.append(kept)

    def element(self, element: etree._Element, *, depth: int, pre: bool = False) -> list[Node]:
        """The nodes of one element."""
        name = local(element)
        if depth > DEPTH_LIMIT:
            self.fault(element, f"stands more than {DEPTH_LIMIT} levels deep: flatten the markup")
            return []
        if namespace(element) == MATHML:
            return self._math(element, depth=depth)
        if namespace(element).endswith("/ssml") or "synthesis" in namespace(element):
            return self.inside(element, depth=depth, pre=pre)  # how to say it; its text is kept
        special = self._special.get(name)
        if special is not None:
            return special(element, depth)
        dropped = self._dropped(element, name, depth=depth, pre=pre)
        return dropped if dropped is not None else self._known(element, name, depth=depth, pre=pre)

    def _dropped(
        self, element: etree._Element, name: str, *, depth: int, pre: bool
    ) -> list[Node] | None:
        """What is kept of an element that is left out; None: it is none of these."""
        if name in markup.FEEDBACK:
            if any(local(inner) in INTERACTIONS for inner in element.iter(etree.Element)):
                self.fault(element, "holds an interaction: move it out of the feedback")
            return []
        if name in markup.DROPPED:
            self.warn(element, "is left out: nothing in an item may run or load")
            return []
        if name in markup.UNWRAPPED:
            if name == "a":
                self.warn(element, "the link is left out, its text is kept")
            return self.inside(element, depth=depth, pre=pre)
        return None

    def _known(self, element: etree._Element, name: str, *, depth: int, pre: bool) -> list[Node]:
        match name:
            case "qti-rubric-block":
                nodes = self._rubric(element, depth=depth)
            case "object" | "audio" | "video" | "img" | "picture" | "svg":
                nodes = embedded.read(self, element, name)
            case "qti-printed-variable":
                nodes = self._printed(element)
            case "qti-position-object-stage":
                nodes = self.inside(element, depth=depth, skip=("img", "object", "picture"))
            case "qti-info-control":
                title = " ".join((element.get("title") or "").split()) or "+"
                held = self.inside(element, depth=depth)
                nodes = [["details", self.marks(element), ["summary", {}, title], *held]]
            case _ if name in _TEMPLATE_PARTS:
                nodes = self._template_part(element, name, depth=depth)
            case _ if name in INTERACTIONS:
                nodes = self._interaction(element, name, depth=depth)
            case _ if name in markup.HTML:
                nodes = self._plain(element, name, depth=depth, pre=pre)
            case _:
                self.fault(element, "is not known here: use the HTML that QTI 3 allows")
                nodes = []
        return nodes

    def _interaction(self, element: etree._Element, name: str, *, depth: int) -> list[Node]:
        response = (element.get("response-identifier") or "").strip()
        if not IDENTIFIER.match(response):
            self.fault(element, "needs a response-identifier that is an identifier")
            return []
        if self._within:
            self.fault(element, "stands inside another interaction: move it out")
            return []
        self._within = True
        try:
            return interactions.read(Reading(self, element, response, depth), name)
        finally:
            self._within = False

    def _rubric(self, element: etree._Element, *, depth: int) -> list[Node]:
        if any(local(inner) in INTERACTIONS for inner in element.iter(etree.Element)):
            self.fault(element, "holds an interaction: move it out of the rubric")
        views = " ".join(sorted((element.get("view") or "candidate").split()))
        return [["rubric", {"view": views}, *self.inside(element, depth=depth, free=True)]]

    def _printed(self, element: etree._Element) -> list[Node]:
        """A variable's value stands here; drafting writes it."""
        identifier = (element.get("identifier") or "").strip()
        if not IDENTIFIER.match(identifier):
            self.fault(element, "needs the identifier of a template variable")
            return []
        names = ("format", "base", "index", "delimiter", "field", "power-form", "mapping-indicator")
        given = {name: value for name in names if (value := element.get(name)) is not None}
        return [["printed", {"identifier": identifier, **given}]]

    def _template_part(self, element: etree._Element, name: str, *, depth: int) -> list[Node]:
        """What is shown or hidden after a template variable's value."""
        if any(local(inner) in INTERACTIONS for inner in element.iter(etree.Element)):
            self.fault(
                element, "holds an interaction: whether it is asked may not depend on a draw"
            )
        shown = self.template_part(element)
        if shown is None:
            self.fault(element, "needs template-identifier and identifier")
            return []
        variable, value, show = shown
        attributes = {"template": variable, "value": value, "show": "true" if show else "false"}
        kind = "div" if name == "qti-template-block" else "span"
        held = self.inside(element, depth=depth, free=kind == "div")
        return [["template-part", attributes, [kind, self.marks(element), *held]]]

    def template_part(self, element: etree._Element) -> tuple[str, str, bool] | None:
        """Template variable, the value that decides, whether it then shows; None: always there."""
        variable = (element.get("template-identifier") or "").strip()
        value = (element.get("identifier") or "").strip()
        if not variable or not value:
            return None
        return variable, value, (element.get("show-hide") or "show").strip() != "hide"

    def _plain(self, element: etree._Element, name: str, *, depth: int, pre: bool) -> list[Node]:
        stimulus = (element.get("data-stimulus-idref") or "").strip()
        if stimulus in self.stimuli:
            self.placed.add(stimulus)
            return [["stimulus", {"ref": self.stimuli[stimulus]}]]
        free = name in markup.WHITE_SPACE_FREE
        held = self.inside(element, depth=depth, pre=pre or name == "pre", free=free)
        return [[markup.RENAMED.get(name, name), self.attributes(element), *held]]

    def _math(self, element: etree._Element, *, depth: int) -> list[Node]:
        name = local(element)
        if name in markup.DROPPED:
            return []
        if name not in markup.MATH:
            self.fault(element, "is no presentation MathML: export the formula as presentation")
            return []
        held: list[Node] = []
        free = name in markup.WHITE_SPACE_FREE or len(element) > 0
        self._text(held, element.text, pre=False, free=free)
        for child in children(element):
            held += self.element(child, depth=depth + 1)
        if len(element) == 0:
            held = [node.strip(" ") if isinstance(node, str) else node for node in held]
        return [[name, self.attributes(element, math=True), *held]]

    def attributes(self, element: etree._Element, *, math: bool = False) -> dict[str, str]:
        """What is kept of an element's attributes, under the model's names."""
        kept: dict[str, str] = {}
        for raw, raw_value in element.attrib.items():
            name, value = str(raw), str(raw_value)
            if name in ("class", "id", XML_LANG, "data-catalog-idref"):
                continue
            verdict = markup.attribute(local(element), name, math=math)
            if verdict and markup.fits(value):
                kept[name] = value
            elif verdict is not None:
                self.warn(element, f"the attribute {name[:40]} is left out")
        return dict(sorted({**kept, **self.marks(element)}.items()))

    def marks(self, element: etree._Element) -> dict[str, str]:
        """Classes and id for style sheets, language, the catalog: drafting makes them neutral."""
        kept = {
            "class": markup.classes(element.get("class") or ""),
            "id": markup.classes(element.get("id") or ""),
            "lang": (element.get(XML_LANG) or element.get("lang") or "").strip()[:40],
            "catalog": (element.get("data-catalog-idref") or "").strip()[:200],
            "dir": (element.get("dir") or "").strip(),
        }
        if kept["dir"] not in ("ltr", "rtl", "auto"):
            del kept["dir"]
        return {name: value for name, value in kept.items() if value}


def _between_blocks(nodes: list[Node]) -> list[Node]:
    """Without the white space that only parts blocks in the source."""
    shown = [None, *nodes, None]
    return [
        node
        for before, node, after in zip(shown, nodes, shown[2:], strict=False)
        if node != " " or not (_is_block(before) or _is_block(after))
    ]


def _is_block(node: Node | None) -> bool:
    return isinstance(node, list) and node[0] in markup.BLOCKS
