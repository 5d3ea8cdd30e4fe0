"""Line charts as inline SVG, readable without colour, without scripts, without a network."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 860, 220
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 12, 30
POINTS = 600
"""More than there are pixels for is thinned: the highest of each group stays."""

Across = Callable[[float], float]


@dataclass(frozen=True)
class Line:
    """One series over time. `dash`: told apart without colour."""

    name: str
    values: Sequence[float]
    colour: str
    dash: str = ""


def chart(title: str, unit: str, times: Sequence[float], lines: Sequence[Line]) -> str:
    """A figure. `times` in seconds, as long as each line; what is empty has no chart."""
    if len(times) < 2:
        return ""
    top = nice_above(max((max(line.values, default=0) for line in lines), default=0))
    first, last = times[0], times[-1]

    def across(time: float) -> float:
        return LEFT + (time - first) / (last - first) * (WIDTH - LEFT - RIGHT)

    def up(value: float) -> float:
        return HEIGHT - BOTTOM - value / top * (HEIGHT - TOP - BOTTOM)

    drawn = [*_grid(top, unit, up), *_hours(first, last, across)]
    for line in lines:
        points = " ".join(
            f"{across(time):.1f},{up(value):.1f}" for time, value in thinned(times, line.values)
        )
        dash = f' stroke-dasharray="{line.dash}"' if line.dash else ""
        drawn.append(f'<polyline points="{points}" stroke="{line.colour}"{dash}/>')
    legend = " ".join(
        f'<span><svg width="34" height="10"><line x1="0" y1="5" x2="34" y2="5" '
        f'stroke="{line.colour}" stroke-width="2" stroke-dasharray="{line.dash}"/></svg> '
        f"{escape(line.name)}</span>"
        for line in lines
    )
    peaks = ", ".join(f"{line.name} at most {max(line.values):,.4g} {unit}" for line in lines)
    return (
        f"<figure><figcaption>{escape(title)} <small>{legend}</small></figcaption>"
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}: '
        f'{escape(peaks)}">{"".join(drawn)}</svg></figure>'
    )


def _grid(top: float, unit: str, up: Across) -> list[str]:
    drawn = []
    for step in range(5):
        value = top * step / 4
        y = up(value)
        drawn.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        drawn.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:,.4g}</text>')
    drawn.append(f'<text x="{LEFT + 4}" y="{TOP + 10}">{escape(unit)}</text>')
    return drawn


def _hours(first: float, last: float, across: Across) -> list[str]:
    step = next(
        (s for s in (1, 2, 5, 10, 30, 60, 120, 300, 600, 1800) if (last - first) / s <= 10), 3600
    )
    found = []
    time = -(-first // step) * step
    while time <= last:
        minutes, seconds = divmod(int(time), 60)
        found.append(
            f'<text x="{across(time):.1f}" y="{HEIGHT - 8}" text-anchor="middle">'
            f"{minutes}:{seconds:02d}</text>"
        )
        time += step
    return found


def nice_above(value: float) -> float:
    """The next of 1, 2, 4, 10, 20, 40, … at or above a value; 1 for nothing."""
    if value <= 0:
        return 1.0
    power = 1.0
    while power * 10 <= value:
        power *= 10
    while power > value:
        power /= 10
    return next(power * step for step in (1, 2, 4, 10, 20) if power * step >= value)


def thinned(times: Sequence[float], values: Sequence[float]) -> list[tuple[float, float]]:
    """At most POINTS of them; of each group the highest, so that no peak is lost."""
    size = -(-len(times) // POINTS)
    pairs = list(zip(times, values, strict=True))
    return [
        max(pairs[start : start + size], key=lambda pair: pair[1])
        for start in range(0, len(pairs), size)
    ]
