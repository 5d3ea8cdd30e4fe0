"""A drawing's own style sheet, spread over its elements: drawing programs write their colours so.

Only simple selectors are understood (an element's name, a class, an id); anything else would need
an engine. What the declarations may say is decided where attributes are cleaned.
"""

from collections.abc import Iterator
from typing import Any

import tinycss2
from lxml import etree

from ardoise.content.documents import local

RULES_LIMIT = 2_000
_Rule = tuple[str, str, str]
"""What is matched (`tag`, `class`, `id`), its name, the declarations."""
_RANKS = {"tag": 0, "class": 1, "id": 2}


def spread(root: etree._Element) -> None:
    """Put the declarations of every <style> into the style attribute of what they fit."""
    rules: list[_Rule] = []
    for style in root.iter("{*}style"):
        rules += list(_rules("".join(map(str, style.itertext()))))
    if not rules:
        return
    rules = sorted(rules[:RULES_LIMIT], key=lambda rule: _RANKS[rule[0]])
    found: dict[tuple[str, str], list[str]] = {}
    for kind, name, declarations in rules:
        found.setdefault((kind, name), []).append(declarations)
    for element in root.iter(etree.Element):
        names = [("tag", local(element))]
        names += [("class", name) for name in (element.get("class") or "").split()]
        names.append(("id", element.get("id") or ""))
        said = [text for name in names for text in found.get(name, ())]
        if said:
            element.set("style", ";".join([*said, element.get("style") or ""]).strip(";"))


def _rules(css: str) -> Iterator[_Rule]:
    for rule in tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True):
        if rule.type != "qualified-rule":
            continue
        declarations = tinycss2.serialize(rule.content).strip().rstrip(";")
        for selector in tinycss2.serialize(rule.prelude).split(","):
            named = _simple(tinycss2.parse_component_value_list(selector.strip()))
            if named is not None:
                yield (*named, declarations)


def _simple(tokens: list[Any]) -> tuple[str, str] | None:
    match tokens:
        case [only] if only.type == "ident":
            return "tag", only.value
        case [only] if only.type == "hash":
            return "id", only.value
        case [dot, name] if dot == "." and name.type == "ident":
            return "class", name.value
        case _:
            return None
