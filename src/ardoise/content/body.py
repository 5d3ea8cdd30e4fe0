"""An item's body: QTI markup to the booklet's node trees, by whitelist.

One `BodyReader` reads one file's markup. What it does not know it refuses, naming element and line.
"""

import re
from typing import Any

from lxml import etree

from ardoise.content import markup
from ardoise.content.documents import MATHML, XML_LANG, children, line_of, local, namespace
from ardoise.content.faults import Finding, Findings
from ardoise.content.interactions import INTERACTIONS, InteractionReader
from ardoise.content.media import resolve
from ardoise.content.model import Question
from ardoise.contract.booklet import Node

DEPTH_LIMIT = 40
_SPACE = re.compile(r"[ \t\r\n]+")
_PLANNED = re.compile(r"^qti-[a-z-]+-interaction$")


class BodyReader:
    """Turns elements of one file into nodes; gathers questions, and the files it refers to."""

    def __init__(self, *, file: str, item: str, findings: Findings) -> None:
        self.file = file
        self.item = item
        self.findings = findings
        self.questions: list[Question] = []
        self.media: dict[str, int | None] = {}
        """Paths inside the package that the body shows, with the line."""
        self.stimuli: dict[str, tuple[Node, ...]] = {}
        """Shared stimuli by identifier, to stand where the body asks for them."""
        self.placed: set[str] = set()
        self._interactions = InteractionReader(self)

    def fault(self, element: etree._Element, message: str) -> None:
        """Keep a fault of this file."""
        self.findings.fault(
            Finding(self.file, message, self.item, local(element), line_of(element))
        )

    def warn(self, element: etree._Element, message: str) -> None:
        """Keep a warning of this file."""
        self.findings.warn(Finding(self.file, message, self.item, local(element), line_of(element)))

    def inside(
        self, element: etree._Element, *, depth: int = 0, pre: bool = False, free: bool = False
    ) -> list[Node]:
        """The nodes inside an element, texts joined and white space outside `pre` collapsed."""
        out: list[Node] = []
        self._text(out, element.text, pre=pre, free=free)
        for child in element:
            if isinstance(child.tag, str):
                for node in self._element(child, depth=depth + 1, pre=pre):
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

    def _element(self, element: etree._Element, *, depth: int, pre: bool) -> list[Node]:
        name = local(element)
        if depth > DEPTH_LIMIT:
            self.fault(element, f"stands more than {DEPTH_LIMIT} levels deep: flatten the markup")
            return []
        if namespace(element) == MATHML:
            return self._math(element, depth=depth)
        if namespace(element).endswith("/ssml") or "synthesis" in namespace(element):
            self.warn(element, "speech markup is left out, its text is kept")
            return self.inside(element, depth=depth, pre=pre)
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
            case "object":
                nodes = self._object(element)
            case "audio":
                nodes = self._audio(element)
            case "img":
                nodes = self._image(element, self._attributes(element, math=False))
            case _ if name in INTERACTIONS:
                nodes = self._interactions.read(element, depth=depth)
            case _ if name in markup.HTML:
                nodes = self._plain(element, name, depth=depth, pre=pre)
            case _:
                self._refuse(element, name)
                nodes = []
        return nodes

    def _rubric(self, element: etree._Element, *, depth: int) -> list[Node]:
        if any(local(inner) in INTERACTIONS for inner in element.iter(etree.Element)):
            self.fault(element, "holds an interaction: move it out of the rubric")
        views = " ".join(sorted((element.get("view") or "candidate").split()))
        return [["rubric", {"view": views}, *self.inside(element, depth=depth, free=True)]]

    def _plain(self, element: etree._Element, name: str, *, depth: int, pre: bool) -> list[Node]:
        stimulus = element.get("data-stimulus-idref")
        if stimulus is not None and stimulus in self.stimuli:
            self.placed.add(stimulus)
            return list(self.stimuli[stimulus])
        free = name in markup.WHITE_SPACE_FREE
        held = self.inside(element, depth=depth, pre=pre or name == "pre", free=free)
        attributes = self._attributes(element, math=False)
        return [[markup.RENAMED.get(name, name), attributes, *held]]

    def _refuse(self, element: etree._Element, name: str) -> None:
        if _PLANNED.match(name):
            known = ", ".join(sorted(INTERACTIONS))
            self.fault(element, f"this interaction cannot be delivered yet; so far: {known}")
        elif name == "svg":
            self.fault(element, "save the drawing as an .svg file and show it with <img>")
        elif name == "video":
            self.fault(element, "video cannot be delivered yet: use pictures or sound")
        else:
            self.fault(element, "is not known here: use the HTML that QTI 3 allows")

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
            held += self._element(child, depth=depth + 1, pre=False)
        if len(element) == 0:
            held = [node.strip(" ") if isinstance(node, str) else node for node in held]
        return [[name, self._attributes(element, math=True), *held]]

    def _attributes(self, element: etree._Element, *, math: bool) -> dict[str, str]:
        kept: dict[str, str] = {}
        for raw, raw_value in element.attrib.items():
            name, value = str(raw), str(raw_value)
            if name == XML_LANG:
                name = "lang"
            verdict = markup.attribute(local(element), name, math=math)
            if name == "class":
                value = markup.classes(value)
                verdict = True if value else None
            if verdict and markup.fits(value):
                kept[name] = value
            elif verdict is not None:
                self.warn(element, f"the attribute {name[:40]} is left out")
        return dict(sorted(kept.items()))

    def _source(self, element: etree._Element, reference: str | None) -> str | None:
        path = resolve(self.file, reference or "")
        if path is None:
            self.fault(element, "shows something outside the package: put the file into it")
            return None
        self.media.setdefault(path, line_of(element))
        return path

    def _image(self, element: etree._Element, attributes: dict[str, str]) -> list[Node]:
        path = self._source(element, element.get("src"))
        if "alt" not in attributes:
            self.warn(element, 'has no alt: say what is seen, or alt="" if it only decorates')
            attributes["alt"] = ""
        return [["img", {**attributes, "src": path}]] if path else []

    def _object(self, element: etree._Element) -> list[Node]:
        """`<object type="image/…">` is QTI 2's way to show a picture: it becomes an img."""
        kind = element.get("type") or ""
        if not kind.startswith(("image/", "audio/")):
            self.fault(element, "only pictures and sounds can be shown: use <img> or <audio>")
            return []
        path = self._source(element, element.get("data"))
        if path is None:
            return []
        if kind.startswith("audio/"):
            return [["audio", {"src": path}]]
        attributes: dict[str, Any] = {"alt": "".join(map(str, element.itertext())).strip()}
        if not attributes["alt"]:
            self.warn(element, "has no text to stand for the picture: write it inside <object>")
        for name in ("width", "height"):
            value = element.get(name)
            if value and value.isascii() and value.isdigit():
                attributes[name] = value
        return [["img", {**dict(sorted(attributes.items())), "src": path}]]

    def _audio(self, element: etree._Element) -> list[Node]:
        reference = element.get("src")
        for source in children(element, "source"):
            reference = reference or source.get("src")
        attributes = self._attributes(element, math=False)
        path = self._source(element, reference)
        return [["audio", {**attributes, "src": path}]] if path else []


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
