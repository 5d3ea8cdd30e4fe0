"""Small drawings as SVG text: numbers in, markup out. No style attribute: the style sheet colours.

A drawing carries a title and a description; the page puts a table with the same figures beside it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor, isfinite
from xml.sax.saxutils import escape, quoteattr

MOST_BARS = 24
WIDTH, HEIGHT = 340.0, 132.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 8.0, 8.0, 18.0, 24.0


def tone(group: int, groups: int) -> str:
    """'low' for the first group, 'high' for the last, 'mid' between. Never the only sign."""
    if groups > 1 and group <= 0:
        return "low"
    return "high" if group >= groups - 1 else "mid"


@dataclass(frozen=True)
class Bar:
    """Scores in start ≤ score < end (points); `group` of its first score."""

    start: float
    end: float
    count: int
    group: int


def distribution(
    scores: Sequence[float], max_score: float, thresholds: Sequence[float]
) -> tuple[Bar, ...]:
    """Whole-point bins from 0 to max_score, wider when there would be more than MOST_BARS.

    The best possible score has its own bin, so the axis runs to max_score plus one bin.
    Scores outside 0…max_score count at the nearest end. Raises ValueError if max_score is not
    a finite number ≥ 0.
    """
    if not isfinite(max_score) or max_score < 0:
        raise ValueError("max_score must be a finite number ≥ 0")
    width = max(1, ceil((floor(max_score) + 1) / MOST_BARS))
    bins = floor(max_score / width) + 1
    counts = [0] * bins
    for score in scores:
        counts[min(max(floor(score / width), 0), bins - 1)] += 1
    return tuple(
        Bar(k * width, (k + 1) * width, counts[k], sum(t <= k * width for t in thresholds))
        for k in range(bins)
    )


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def histogram(
    bars: Sequence[Bar],
    thresholds: Sequence[float],
    *,
    title: str,
    description: str,
    identifier: str,
    groups: int,
    mean: float | None = None,
    other_mean: float | None = None,
) -> str:
    """Bars over the score axis, thresholds as dashed lines, means as marks under the axis.

    A filled mark is `mean` (the class), a hollow one `other_mean` (what it is compared with).
    """
    end = bars[-1].end
    top = max((bar.count for bar in bars), default=0) or 1
    base = HEIGHT - _BOTTOM

    def x(score: float) -> float:
        return _LEFT + (WIDTH - _LEFT - _RIGHT) * min(max(score, 0), end) / end

    def y(count: float) -> float:
        return base - (base - _TOP) * count / top

    out = [_open(title, description, identifier)]
    out += [
        _bar(bar, x(bar.start), x(bar.end), top=y(bar.count), base=base, groups=groups)
        for bar in bars
    ]
    for threshold in thresholds:
        at = _n(x(threshold))
        out.append(f'<line class="cut" x1="{at}" x2="{at}" y1="{_n(_TOP - 8)}" y2="{_n(base)}"/>')
    out += _axis(bars, x, base)
    # A mean lies on the scale of scores; a bin's score stands at the bin's middle.
    half = 0.5 if bars[0].end - bars[0].start == 1 else 0.0
    # The hollow mark is the larger one, so that both show where they meet.
    if other_mean is not None:
        out.append(_mark("mean other", x(other_mean + half), base, "l9 14h-18z"))
    if mean is not None:
        out.append(_mark("mean own", x(mean + half), base, "l5 9h-10z"))
    return "".join([*out, "</svg>"])


def _axis(bars: Sequence[Bar], x: Callable[[float], float], base: float) -> list[str]:
    """The line, and the first and last score under it."""
    ends = f'x1="{_n(_LEFT)}" x2="{_n(WIDTH - _RIGHT)}" y1="{_n(base)}" y2="{_n(base)}"'
    labels = (bars[0], bars[-1]) if len(bars) > 1 else (bars[0],)
    ticks = [
        f'<text class="tick" x="{_n((x(bar.start) + x(bar.end)) / 2)}" y="{_n(HEIGHT - 5)}">'
        f"{_n(bar.start)}</text>"
        for bar in labels
    ]
    return [f'<line class="axis" {ends}/>', *ticks]


def _mark(name: str, at: float, base: float, shape: str) -> str:
    return f'<path class="{name}" d="M{_n(at)} {_n(base + 1)}{shape}"/>'


def _open(title: str, description: str, identifier: str) -> str:
    ids = quoteattr(f"{identifier}-t {identifier}-d")
    return (
        f'<svg class="drawing" viewBox="0 0 {_n(WIDTH)} {_n(HEIGHT)}" role="img" '
        f'aria-labelledby={ids} xmlns="http://www.w3.org/2000/svg">'
        f"<title id={quoteattr(identifier + '-t')}>{escape(title)}</title>"
        f"<desc id={quoteattr(identifier + '-d')}>{escape(description)}</desc>"
    )


def _bar(bar: Bar, left: float, right: float, *, top: float, base: float, groups: int) -> str:
    if not bar.count:
        return ""
    gap = min(2.0, (right - left) / 6)
    return (
        f'<rect class="bar tone-{tone(bar.group, groups)}" x="{_n(left + gap)}" y="{_n(top)}" '
        f'width="{_n(right - left - 2 * gap)}" height="{_n(base - top)}" rx="1"/>'
        f'<text class="count" x="{_n((left + right) / 2)}" y="{_n(top - 3)}">{bar.count}</text>'
    )


def group_mark(group: int, groups: int) -> str:
    """Steps, filled up to the group: a sign that survives black-and-white print. Decorative."""
    steps = max(groups, 1)
    width = 5 * steps - 1
    rects = "".join(
        f'<rect class="{"on" if k <= group else "off"}" x="{5 * k + 0.5:g}" '
        f'y="{_n(11.5 - 11 * (k + 1) / steps)}" width="3" height="{_n(11 * (k + 1) / steps)}"/>'
        for k in range(steps)
    )
    return (
        f'<svg class="mark tone-{tone(group, groups)}" viewBox="0 0 {width} 12" '
        f'width="{width}" height="12" aria-hidden="true" focusable="false">{rects}</svg>'
    )


def scale(
    score: float,
    max_score: float,
    thresholds: Sequence[float],
    *,
    title: str,
    description: str,
    identifier: str,
) -> str:
    """One score on its line from 0 to max_score: zones between thresholds, a mark at the score."""
    width, height, left = 340.0, 34.0, 8.0
    length = width - 2 * left
    span = max_score or 1.0

    def x(value: float) -> float:
        return left + length * min(max(value / span, 0.0), 1.0)

    cuts = [0.0, *[t for t in sorted(thresholds) if 0 < t < max_score], span]
    total = len(thresholds) + 1
    ids = quoteattr(f"{identifier}-t {identifier}-d")
    out = [
        f'<svg class="drawing scale" viewBox="0 0 {_n(width)} {_n(height)}" role="img" '
        f"aria-labelledby={ids}>"
        f"<title id={quoteattr(identifier + '-t')}>{escape(title)}</title>"
        f"<desc id={quoteattr(identifier + '-d')}>{escape(description)}</desc>"
    ]
    for start, end in pairwise(cuts):
        group = sum(t <= start for t in thresholds)
        out.append(
            f'<rect class="zone tone-{tone(group, total)}" x="{_n(x(start) + 0.75)}" y="18" '
            f'width="{_n(max(x(end) - x(start) - 1.5, 0.5))}" height="9" rx="1"/>'
        )
    at = x(score)
    out.append(f'<path class="mean own" d="M{_n(at)} 16l-6 -11h12z"/>')
    out.append(f'<line class="point" x1="{_n(at)}" x2="{_n(at)}" y1="15" y2="30"/>')
    return "".join([*out, "</svg>"])
