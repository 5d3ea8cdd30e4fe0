"""Item style sheets, cleaned: selectors and declarations by whitelist, scoped by who draws them.

Parsed by the CSS grammar (tinycss2), never by pattern. No at-rule survives but `@media screen` and
`all`, whose rules are kept; no position, no address outside the package, nothing that acts.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import tinycss2

from ardoise.content import markup
from ardoise.content.faults import Finding, Findings
from ardoise.content.markup import words
from ardoise.content.media import resolve
from ardoise.content.model import StyleRule, Stylesheet

STYLESHEET_LIMIT = 512 << 10
RULES_LIMIT = 2_000
SELECTOR_LIMIT = 12
"""Compounds in one selector."""
VALUE_LIMIT = 300

PROPERTIES = words(
    "color background background-color background-image background-position background-repeat "
    "background-size border border-top border-right border-bottom border-left border-color "
    "border-style border-width border-radius border-collapse border-spacing "
    "border-top-color border-right-color border-bottom-color border-left-color "
    "border-top-style border-right-style border-bottom-style border-left-style "
    "border-top-width border-right-width border-bottom-width border-left-width "
    "margin margin-top margin-right margin-bottom margin-left "
    "margin-block margin-inline padding padding-top padding-right padding-bottom padding-left "
    "padding-block padding-inline width height min-width min-height max-width max-height "
    "box-sizing "
    "font font-family font-size font-style font-variant font-weight font-stretch line-height "
    "letter-spacing word-spacing text-align text-decoration text-decoration-color "
    "text-decoration-line text-decoration-style text-indent text-transform text-underline-offset "
    "text-emphasis text-orientation vertical-align white-space word-break overflow-wrap hyphens "
    "writing-mode direction unicode-bidi quotes tab-size "
    "display float clear overflow overflow-x overflow-y columns column-count column-gap "
    "column-width column-rule gap row-gap flex flex-direction flex-wrap flex-grow flex-shrink "
    "flex-basis order justify-content justify-items align-items align-content align-self "
    "justify-self grid-template-columns grid-template-rows grid-column grid-row grid-gap "
    "grid-auto-flow "
    "list-style list-style-type list-style-position list-style-image caption-side empty-cells "
    "table-layout ruby-position ruby-align aspect-ratio object-fit break-inside page-break-inside"
)
_FUNCTIONS = words("rgb rgba hsl hsla calc min max clamp repeat minmax fit-content counter")
_WITH_FILES = frozenset({"background", "background-image", "list-style", "list-style-image"})
_OPERATORS = frozenset({",", "/", "+", "-", "*"})
_HIDING = frozenset({"none", "contents"})
_ELEMENTS = (markup.HTML | markup.MATH | {"img", "audio", "video"}) - {"body"}
_SCOPES = words("body html qti-item-body itembody qti-assessment-item qti-stimulus-body")
_PSEUDO = words(
    "first-child last-child only-child first-of-type last-of-type nth-child nth-of-type "
    "nth-last-child not root empty first-line first-letter before after"
)
_ARGUMENT = re.compile(r"^(?:odd|even|[-+]?[0-9]{0,3}n?(?:[ ]*[-+][ ]*[0-9]{1,3})?)\Z")
_ASSET = re.compile(r"""url\("asset:([^"]*)"\)""")
_COMBINATORS = frozenset({">", "+", "~"})


def read(path: str, payload: bytes, *, files: frozenset[str], findings: Findings) -> Stylesheet:
    """A style sheet's rules, cleaned. What is left out, one warning names. Never raises for CSS."""
    if len(payload) > STYLESHEET_LIMIT:
        findings.warn(Finding(path, f"is larger than {STYLESHEET_LIMIT >> 10} KiB: left out"))
        return Stylesheet(path, ())
    parsed, _ = tinycss2.parse_stylesheet_bytes(payload, skip_comments=True, skip_whitespace=True)
    return Stylesheet(path, tuple(_Cleaning(path, files, findings).rules(parsed)))


class _Cleaning:
    """Cleans one style sheet."""

    def __init__(self, path: str, files: frozenset[str], findings: Findings) -> None:
        self._path = path
        self._files = files
        self._findings = findings
        self._count = 0

    def _warn(self, node: Any, message: str) -> None:
        self._findings.warn(Finding(self._path, message, line=int(node.source_line)))

    def rules(self, nodes: list[Any], *, depth: int = 0) -> Iterator[StyleRule]:
        for node in nodes:
            if node.type == "at-rule":
                yield from self._at_rule(node, depth)
            elif node.type == "qualified-rule":
                yield from self._rule(node)
            elif node.type == "error":
                self._warn(node, "is no rule of a style sheet: left out")

    def _at_rule(self, node: Any, depth: int) -> Iterator[StyleRule]:
        name = node.lower_at_keyword
        if name == "media" and node.content is not None and depth < 3:
            wanted = tinycss2.serialize(node.prelude).strip().lower()
            if wanted in ("screen", "all", "only screen", ""):
                inner = tinycss2.parse_rule_list(
                    node.content, skip_comments=True, skip_whitespace=True
                )
                yield from self.rules(inner, depth=depth + 1)
                return
            if wanted == "print":
                return
        if name != "charset":
            self._warn(node, f"@{name[:20]} is left out: nothing is loaded, and screens differ")

    def _rule(self, node: Any) -> Iterator[StyleRule]:
        declarations = tuple(self._declarations(node.content))
        if not declarations:
            return
        for selector in _split(node.prelude):
            self._count += 1
            if self._count > RULES_LIMIT:
                if self._count == RULES_LIMIT + 1:
                    self._warn(node, f"more than {RULES_LIMIT} rules: the rest is left out")
                return
            cleaned = _selector(selector)
            if cleaned is None:
                shown = tinycss2.serialize(selector).strip()[:40]
                self._warn(node, f"the selector {shown!a} is left out: use elements and classes")
            else:
                yield StyleRule(cleaned, declarations)

    def _declarations(self, content: list[Any]) -> Iterator[tuple[str, str]]:
        found = tinycss2.parse_declaration_list(content, skip_comments=True, skip_whitespace=True)
        for one in found:
            if one.type != "declaration":
                self._warn(one, "a declaration is left out: it cannot be read")
                continue
            name = one.lower_name
            value = self._value(name, one.value) if name in PROPERTIES else None
            if value is None:
                self._warn(one, f"{name[:40]} is left out: nothing may leave its question's place")
            else:
                yield name, value

    def _value(self, name: str, tokens: list[Any]) -> str | None:
        """The value as text; None if anything in it is not known to be harmless."""
        pieces: list[str] = []
        for token in tokens:
            piece = self._token(name, token, depth=0)
            if piece is None:
                return None
            pieces.append(piece)
        value = " ".join("".join(pieces).split())
        if name == "display" and value in _HIDING:
            return None  # what must not be seen must not be in the item
        return value if 0 < len(value) <= VALUE_LIMIT else None

    def _token(self, name: str, token: Any, *, depth: int) -> str | None:
        match token.type:
            case "url":
                return self._file(name, token)
            case "function":
                return self._function(name, token, depth=depth)
            case "string":
                plain = re.sub(r'[\\"<>\n\r\f]', "", token.value)
                return f'"{plain}"'
            case "number" | "percentage" | "dimension" | "ident" | "hash" | "whitespace":
                text = str(token.serialize())
                return text if "\\" not in text else None
            case "literal" if token.value in _OPERATORS:
                return str(token.value)
            case _:
                return None

    def _function(self, name: str, token: Any, *, depth: int) -> str | None:
        if token.lower_name == "url":
            return self._file(name, token)
        if token.lower_name not in _FUNCTIONS or depth > 4:
            return None
        held = [self._token(name, inner, depth=depth + 1) for inner in token.arguments]
        if any(piece is None for piece in held):
            return None
        return f"{token.lower_name}({''.join(piece or '' for piece in held)})"

    def _file(self, name: str, token: Any) -> str | None:
        given = token.value if token.type == "url" else ""
        if token.type == "function" and len(token.arguments) == 1:
            given = getattr(token.arguments[0], "value", "")
        path = resolve(self._path, str(given)) if name in _WITH_FILES else None
        return f'url("asset:{path}")' if path in self._files else None


def _split(tokens: list[Any]) -> Iterator[list[Any]]:
    """The selectors of a list."""
    held: list[Any] = []
    for one in tokens:
        if one.type == "literal" and one.value == ",":
            yield held
            held = []
        else:
            held.append(one)
    yield held


def _selector(tokens: list[Any]) -> tuple[str | tuple[str, str], ...] | None:
    """Pieces of a selector whose every name is known or can be made neutral; None: left out."""
    out: list[str | tuple[str, str]] = []
    trimmed = _trimmed(tokens)
    at = 0
    while at < len(trimmed):
        token = trimmed[at]
        taken, piece = _simple(trimmed, at)
        if piece is None or len(out) > 3 * SELECTOR_LIMIT:
            return None
        if token.type == "whitespace" and out and out[-1] in _COMBINATORS:
            piece = ""
        out += [piece] if piece else []
        at += taken
    return _without_scope(out) if trimmed else None


def _trimmed(tokens: list[Any]) -> list[Any]:
    kept = list(tokens)
    while kept and kept[0].type == "whitespace":
        kept.pop(0)
    while kept and kept[-1].type == "whitespace":
        kept.pop()
    return kept


def _simple(tokens: list[Any], at: int) -> tuple[int, str | tuple[str, str] | None]:
    """One simple selector or combinator: how many tokens it takes, and what it becomes."""
    token = tokens[at]
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    piece: str | tuple[str, str] | None = None
    match token.type:
        case "whitespace":
            spaced = after is not None and after.type == "literal" and after.value in _COMBINATORS
            piece = "" if spaced else " "
        case "ident":
            name = token.lower_value
            piece = name if name in _ELEMENTS or name in _SCOPES else None
        case "hash" if token.is_identifier:
            piece = ("id", token.value)
        case "literal" if token.value == "." and after is not None and after.type == "ident":
            return 2, ("class", after.value)
        case "literal" if token.value == ":" and after is not None:
            return _pseudo(tokens, at)
        case "literal":
            piece = token.value if token.value in _COMBINATORS or token.value == "*" else None
    return 1, piece


def _pseudo(tokens: list[Any], at: int) -> tuple[int, str | None]:
    doubled = tokens[at + 1] == ":"
    place = at + (2 if doubled else 1)
    token = tokens[place] if place < len(tokens) else None
    taken, colons = place - at + 1, "::" if doubled else ":"
    if token is not None and token.type == "ident" and token.lower_value in _PSEUDO:
        return taken, colons + token.lower_value
    if token is not None and token.type == "function" and token.lower_name.startswith("nth-"):
        argument = tinycss2.serialize(token.arguments).strip().lower()
        if token.lower_name in _PSEUDO and _ARGUMENT.match(argument):
            return taken, f"{colons}{token.lower_name}({argument})"
    return taken, None


def _without_scope(
    pieces: list[str | tuple[str, str]],
) -> tuple[str | tuple[str, str], ...] | None:
    """The item's body is the scope itself: it falls away at the start, and stands nowhere else."""
    rest = list(pieces)
    while rest and rest[0] in _SCOPES:
        rest.pop(0)
        if rest and rest[0] in (" ", ">"):
            rest.pop(0)
    if any(isinstance(piece, str) and piece in _SCOPES for piece in rest):
        return None
    return tuple(rest)


def files_in(value: str) -> tuple[str, ...]:
    """The files of the package that a cleaned value shows."""
    return tuple(_ASSET.findall(value))


def with_assets(value: str, assets: Callable[[str], str]) -> str:
    """A cleaned value under the booklet's names for files."""
    return _ASSET.sub(lambda found: f'url("asset:{assets(found.group(1))}")', value)
