"""Template values in a body: printed, deciding what shows, standing in formulas.

QTI 3 ASI information model, "PrintedVariable", "TemplateBlock" and "TemplateInline". The values
come from whoever drew them; a floating number is printed with the language's decimal sign.
"""

import re
from collections.abc import Mapping

from ardoise.content.faults import ContentFault, Finding
from ardoise.content.model import Item, Option
from ardoise.content.variables import TemplateDeclaration, number

Values = Mapping[str, object]
"""Template variable → its value: a number, truth value or text, several in a tuple; None: NULL."""

_FORMAT = re.compile(
    r"^([^%]{0,40})%([-+ #0]{0,3}[0-9]{0,2}(?:\.[0-9]{1,2})?)[hlL]?([diouxXeEfFgGs])([^%]{0,40})\Z"
)
_COMMA = frozenset({"fr", "de", "es", "it", "pt", "nl", "sv", "da", "nb", "nn", "fi", "pl", "cs"})
MINUS = "\N{MINUS SIGN}"


class Printing:
    """What one item's values make of its body."""

    def __init__(self, item: Item, values: Values | None, *, language: str) -> None:
        """Raises ContentFault for an item that draws values when none are given."""
        scorable = item.scorable
        if values is None and scorable.template_processing is not None:
            message = "draws its numbers at random: values must be drawn before it is printed"
            raise ContentFault(Finding(item.file, message, item.identifier))
        declared = {template.identifier: template for template in scorable.templates}
        self._values: dict[str, object] = {
            name: _default(template) for name, template in declared.items()
        }
        self._values.update(
            {name: held for name, held in (values or {}).items() if name in declared}
        )
        self._math = frozenset(name for name, template in declared.items() if template.math)
        spoken = (item.language or language).partition("-")[0].lower()
        self._point = "," if spoken in _COMMA else "."

    def shows(self, part: tuple[str, str, bool] | None) -> bool:
        """Whether a part or option that depends on a variable is there."""
        if part is None:
            return True
        variable, wanted, show = part
        held = self._values.get(variable)
        several = held if isinstance(held, tuple | list) else (held,)
        return (wanted in {_plain(one) for one in several if one is not None}) == show

    def hidden(self, options: tuple[Option, ...]) -> frozenset[str]:
        """The options that are not there."""
        return frozenset(one.identifier for one in options if not self.shows(one.template))

    def text(self, attributes: Mapping[str, str]) -> str:
        """What stands where a variable is printed."""
        held = self._values.get(attributes["identifier"])
        if held is None:
            return ""
        if isinstance(held, tuple | list):
            index = (attributes.get("index") or "").strip()
            if index.isdigit():
                return (
                    self._one(held[int(index) - 1], attributes)
                    if 0 < int(index) <= len(held)
                    else ""
                )
            return (attributes.get("delimiter") or ";").join(
                self._one(one, attributes) for one in held
            )
        return self._one(held, attributes)

    def formula(self, name: str, text: str) -> list[object] | None:
        """The node in place of a name in a formula, where it is a variable for formulas."""
        if name != "mi" or text not in self._math:
            return None
        held = self.text({"identifier": text})
        if held.startswith((MINUS, "-")):
            return ["mrow", {}, ["mo", {}, MINUS], ["mn", {}, held[1:]]]
        return ["mn" if held[:1].isdigit() else "mi", {}, held]

    def _one(self, value: object, attributes: Mapping[str, str]) -> str:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return _plain(value)
        found = _FORMAT.match(attributes.get("format") or "")
        if found is None:
            text = str(value) if isinstance(value, int) else f"{value:.10g}"
        else:
            before, width, kind, after = found.groups()
            number_ = round(value) if kind in "diouxX" else value
            kind = "d" if kind in "iu" else kind
            text = f"{before}{f'%{width}{kind}' % number_}{after}"
        if attributes.get("power-form") in ("true", "1"):
            text = _power(text)
        return text.replace(".", self._point).replace("-", MINUS)


def _power(text: str) -> str:
    """1.5e+03 as 1.5×10³."""
    mantissa, sign, exponent = text.lower().partition("e")
    if not sign:
        return text
    raised = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{mantissa}×10{raised}"


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _default(template: TemplateDeclaration) -> object:
    values: list[object] = []
    for text in template.default:
        found = number(text) if template.base in ("integer", "float") else None
        values.append(
            text if found is None else int(found) if template.base == "integer" else found
        )
    if template.cardinality == "single":
        return values[0] if values else None
    return tuple(values)
