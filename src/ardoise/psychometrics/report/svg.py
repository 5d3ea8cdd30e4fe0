"""A Matplotlib figure as inline SVG: text stays text, no style attribute, no date, no random name.

A strict content security policy forbids style attributes; SVG has a presentation attribute for
every property that Matplotlib writes, so each declaration becomes one.
"""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape

import matplotlib as mpl
from matplotlib.figure import Figure

INK, MUTED, LINE, ACCENT = "#1c262b", "#55646c", "#cfd6d8", "#0b6b5c"
SERIES = (
    ("#0b6b5c", "-", "o"),
    ("#a14f00", "--", "s"),
    ("#2d4f8f", "-.", "^"),
    ("#8a2f6d", ":", "D"),
    ("#1c262b", (0, (5, 1, 1, 1, 1, 1)), "v"),
    ("#6b6b00", (0, (1, 2)), "P"),
    ("#55646c", (0, (8, 2)), "X"),
    ("#a1261b", (0, (3, 1)), "*"),
)
"""Colour, line style and marker: any two of them tell two series apart, in print too."""
_RC = {
    "svg.fonttype": "none",
    "svg.hashsalt": "ardoise",
    "font.family": "sans-serif",
    "font.size": 9.5,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.unicode_minus": True,
    "grid.color": "#e3e7e8",
    "grid.linewidth": 0.7,
    "lines.linewidth": 1.8,
    "text.color": INK,
    "xtick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.color": MUTED,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
}
_STYLE = re.compile(r' style="([^"]*)"')
_METADATA = re.compile(r"\s*<metadata>.*?</metadata>|<defs>\s*<style.*?</style>\s*</defs>", re.S)
_REFERENCE = re.compile(r'(?:url\(#|href="#)([^)"]+)')
_IDENTIFIER = re.compile(r' id="([^"]*)"')
_DECIMALS = re.compile(r"(-?\d+\.\d{2})\d+")
_OPENING = re.compile(r"<svg[^>]*viewBox=\"([^\"]*)\"[^>]*>")
_IDLE_TURN = re.compile(r' transform="rotate\(-?0(?:\.0+)? [^)]*\)"')


@contextmanager
def drawing() -> Iterator[None]:
    """Within it, figures have this report's looks, whatever the reader's own settings are."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_RC)  # type: ignore[arg-type]
        yield


def inline(figure: Figure, *, key: str, title: str, description: str) -> str:
    """The figure as one `<svg>` element. `key` must be unique on the page: it prefixes every id.

    `title` and `description` are what a screen reader says; the figures stand in a table nearby.
    """
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    text = _METADATA.sub("", text[text.index("<svg") :])
    text = text.replace("xlink:href", "href")
    used = set(_REFERENCE.findall(text))
    text = _IDENTIFIER.sub(
        lambda m: f' id="{key}-{m.group(1)}"' if m.group(1) in used else "", text
    )
    text = text.replace("url(#", f"url(#{key}-").replace('href="#', f'href="#{key}-')
    text = _IDLE_TURN.sub("", _STYLE.sub(_as_attributes, text))
    text = _DECIMALS.sub(r"\1", text)
    box = _OPENING.search(text)
    if box is None:
        raise ValueError("Matplotlib wrote an SVG without a viewBox")
    width, height = box.group(1).split()[2:]
    opening = (
        f'<svg class="plot" role="img" aria-labelledby="{key}-t {key}-d" viewBox="{box.group(1)}" '
        f'width="{float(width) * 4 / 3:.0f}" height="{float(height) * 4 / 3:.0f}" '
        'stroke-linejoin="round" stroke-linecap="butt">'
        f'<title id="{key}-t">{escape(title)}</title>'
        f'<desc id="{key}-d">{escape(description)}</desc>'
    )
    body = text[box.end() :].strip()
    return opening + re.sub(r"\s*\n\s*", "\n", re.sub(r"\s+<", "<", body))


def _as_attributes(match: re.Match[str]) -> str:
    found = []
    for declaration in match.group(1).split(";"):
        name, _, value = declaration.partition(":")
        name = name.strip()
        # The page's own face is better hinted than any that Matplotlib knows.
        if name and name != "font-family":
            found.append(f' {name}="{value.strip()}"')
    return "".join(found)
