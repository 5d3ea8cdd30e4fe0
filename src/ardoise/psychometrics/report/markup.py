"""HTML by small functions: what is not marked as markup is escaped."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape


class Markup(str):
    """Text that is already HTML."""

    __slots__ = ()


Content = str | Markup | Iterable["str | Markup"] | None


def element(name: str, *children: Content, **attributes: str | bool | None) -> Markup:
    """`<name attributes>children</name>`. `class_` is class; True: an attribute without value."""
    said = []
    for key, value in attributes.items():
        plain = key.rstrip("_").replace("_", "-")
        if value is True:
            said.append(f" {plain}")
        elif isinstance(value, str):
            said.append(f' {plain}="{escape(value)}"')
    return Markup(f"<{name}{''.join(said)}>{join(*children)}</{name}>")


def join(*children: Content) -> Markup:
    """Children one after the other; None is nothing."""
    found: list[str] = []
    for child in children:
        if child is None:
            continue
        if isinstance(child, Markup):
            found.append(child)
        elif isinstance(child, str):
            found.append(escape(child, quote=False))
        else:
            found.append(join(*child))
    return Markup("".join(found))


def table(
    caption: Content,
    head: Sequence[Content],
    rows: Iterable[Sequence[Content]],
    *,
    numeric: Iterable[int] = (),
    class_: str | None = None,
) -> Markup:
    """A table whose first column names its rows. `numeric`: columns set flush right."""
    right = set(numeric)

    def kind(place: int) -> str | None:
        return "n" if place in right else None

    top = element(
        "tr", [element("th", cell, scope="col", class_=kind(i)) for i, cell in enumerate(head)]
    )
    lines = []
    for row in rows:
        first, *rest = row
        cells = [element("td", cell, class_=kind(i)) for i, cell in enumerate(rest, start=1)]
        lines.append(element("tr", element("th", first, scope="row"), cells))
    inner = element(
        "table", element("caption", caption), element("thead", top), element("tbody", lines),
        class_=class_,
    )  # fmt: skip
    # A wide table scrolls by itself, with a keyboard too; the page never does.
    label = caption if isinstance(caption, str) else None
    return element("div", inner, class_="scroll", tabindex="0", role="group", aria_label=label)


def facts(pairs: Mapping[str, Content]) -> Markup:
    """A list of names and values."""
    return element(
        "dl",
        [
            element("div", element("dt", name), element("dd", value))
            for name, value in pairs.items()
        ],
        class_="facts",
    )


def details(summary: Content, *children: Content) -> Markup:
    """Folded; opens without a script."""
    return element("details", element("summary", summary), *children)
