"""Cut the open zeros of `runner/src/style/fonts` out of Atkinson Hyperlegible Next.

The face has a slashed zero and no other; pupils learn to read and write an open one. Each file made
here holds that one digit, its slash taken out; a unicode-range puts it before the full face.
Needs fonttools and brotli (not among the project's dependencies): python scripts/open_zero.py
"""

from pathlib import Path

from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

RUNNER = Path(__file__).resolve().parent.parent / "runner"
FACES = RUNNER / "node_modules/@fontsource/atkinson-hyperlegible-next/files"
FONTS = RUNNER / "src/style/fonts"
Point = tuple[float, float]


def open_zero(weight: int) -> None:
    """Write one weight's zero: the outer oval, and one inner oval in place of the two halves."""
    font = TTFont(FACES / f"atkinson-hyperlegible-next-latin-{weight}-normal.woff2")
    options = Options(layout_features=["tnum", "pnum"], name_IDs=["*"], flavor="woff2")
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=[0x30])
    subsetter.subset(font)
    outer, *halves = _contours(font)
    middle = (min(x for x, *_ in outer) + max(x for x, *_ in outer)) / 2
    height = (min(y for _, y, _ in outer) + max(y for _, y, _ in outer)) / 2
    quarter = _quarter(halves)
    pen = TTGlyphPen(None)
    _draw(pen, outer)
    _draw(pen, _oval(quarter, middle, height))
    font["glyf"]["zero"] = pen.glyph()
    for record in list(font["name"].names):
        if record.nameID in (1, 3, 4, 6, 16):
            font["name"].setName("ArdoiseOpenZero", record.nameID, 3, 1, 0x409)
    font.flavor = "woff2"
    FONTS.mkdir(exist_ok=True)
    font.save(FONTS / f"open-zero-{weight}.woff2")


def _contours(font: TTFont) -> list[list[Point]]:
    """Each contour as its control points with the implied on-curve points left out."""
    glyph = font["glyf"]["zero"]
    points, ends, flags = glyph.getCoordinates(font["glyf"])
    start, found = 0, []
    for end in ends:
        found.append([(*points[i], flags[i] & 1) for i in range(start, end + 1)])
        start = end + 1
    return found


def _quarter(halves: list) -> list:
    """The counter's curve from its leftmost point to its lowest, as drawn."""
    low = min(halves, key=lambda half: min(point[1] for point in half))
    left = min(range(len(low)), key=lambda i: (low[i][0], not low[i][2]))
    turned = low[left:] + low[:left]
    bottom = min(range(len(turned)), key=lambda i: (turned[i][1], not turned[i][2]))
    return turned[: bottom + 1]


def _oval(quarter: list, middle: float, height: float) -> list:
    """A quarter and its three mirror images, in the order in which the quarter runs."""
    down = list(quarter)
    right = [(2 * middle - x, y, on) for x, y, on in reversed(quarter)]
    up = [(2 * middle - x, 2 * height - y, on) for x, y, on in quarter]
    back = [(x, 2 * height - y, on) for x, y, on in reversed(quarter)]
    return down[:-1] + right[:-1] + up[:-1] + back[:-1]


def _draw(pen: TTGlyphPen, contour: list) -> None:
    """A TrueType contour: it starts on the curve, off-curve points in between."""
    first = next(i for i, point in enumerate(contour) if point[2])
    turned = contour[first:] + contour[:first]
    pen.moveTo(turned[0][:2])
    pending = []
    for x, y, on in turned[1:] + turned[:1]:
        pending.append((round(x), round(y)))
        if on:
            pen.qCurveTo(*pending) if len(pending) > 1 else pen.lineTo(pending[0])
            pending = []
    pen.closePath()


if __name__ == "__main__":
    for weight in (400, 700):
        open_zero(weight)
