"""An item card's drawings: its curve against what was observed, its options, its information."""

from collections import defaultdict
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ardoise.psychometrics.report.markup import Markup
from ardoise.psychometrics.report.svg import ACCENT, INK, MUTED, SERIES, inline
from ardoise.psychometrics.report.words import Words
from ardoise.psychometrics.tables import CurveRow, ObservedRow, OptionBandRow, OptionRow

SIZE = (3.7, 2.55)
"""Inches. Three stand side by side on a screen and on paper, one under the other on a phone."""
_RANGE = (-4.0, 4.0)
_LONGEST_LABEL = 18


def characteristic(
    words: Words, key: str, item: str, curve: Sequence[CurveRow], observed: Sequence[ObservedRow]
) -> Markup:
    """The model's curve, and observed shares of points with their intervals."""
    figure, axes = _panel(words)
    shown = [row for row in curve if _RANGE[0] <= row.theta <= _RANGE[1]]
    axes.plot(
        [row.theta for row in shown],
        [row.expected for row in shown],
        color=ACCENT,
        label=words("model-curve"),
    )
    bands = [row for row in observed if _RANGE[0] <= row.theta <= _RANGE[1]]
    if bands:
        axes.errorbar(
            [row.theta for row in bands],
            [row.observed for row in bands],
            yerr=[
                [max(row.observed - row.low, 0) for row in bands],
                [max(row.high - row.observed, 0) for row in bands],
            ],
            fmt="o",
            markersize=3.8,
            markerfacecolor="white",
            color=INK,
            elinewidth=1.0,
            capsize=2.0,
            label=words("observed"),
        )
    axes.set(xlim=_RANGE, ylim=(-0.02, 1.02), xlabel=words("theta"))
    axes.set_ylabel(words("expected-share"))
    if shown:
        _legend(axes, shown)
    farthest = max(bands, key=lambda row: abs(row.observed - row.expected), default=None)
    said = words("model-curve")
    if farthest is not None:
        said = (
            f"θ {words.number(farthest.theta, 1)}: {words.percent(farthest.observed)} "
            f"({words('expected')}: {words.percent(farthest.expected)})"
        )
    return Markup(
        inline(figure, key=f"{key}-c", title=f"{words('characteristic')}, {item}", description=said)
    )


def option_bands(
    words: Words,
    key: str,
    item: str,
    options: Sequence[OptionRow],
    bands: Sequence[OptionBandRow],
) -> Markup:
    """How often each option is chosen, from the weakest fifth of the pupils to the strongest."""
    figure, axes = _panel(words)
    shares: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for band in bands:
        shares[band.option].append((band.fifth, band.share))
    keys = {row.option for row in options if row.key}
    # The most frequent ones are drawn; a free text may have hundreds.
    drawn = sorted(options, key=lambda row: (not row.key, -row.share))[: len(SERIES)]
    ends = []
    for row, (colour, line, marker) in zip(drawn, SERIES, strict=False):
        points = sorted(shares[row.option])
        if not points:
            continue
        axes.plot(
            [fifth for fifth, _ in points],
            [share for _, share in points],
            color=colour,
            linestyle=line,
            marker=marker,
            markersize=4.2,
            linewidth=2.6 if row.option in keys else 1.3,
            clip_on=False,
        )
        mark = f" ({words('key')})" if row.option in keys else ""
        ends.append((points[-1][1], _short(row.option) + mark, colour))
    for place, (_, label, colour) in zip(_apart([end[0] for end in ends]), ends, strict=True):
        axes.text(5.18, place, label, color=colour, fontsize=8.5, va="center")
    axes.set(xlim=(0.9, 5.05), ylim=(-0.02, 1.02), xlabel=words("fifth"))
    axes.set_xticks(range(1, 6))
    axes.set_position((0.13, 0.2, 0.6, 0.74))
    said = "; ".join(
        f"{row.option}{' (' + words('key') + ')' if row.key else ''} {words.percent(row.share)}"
        for row in drawn
    )
    return Markup(
        inline(figure, key=f"{key}-o", title=f"{words('option-curves')}, {item}", description=said)
    )


def information(
    words: Words, key: str, item: str, curve: Sequence[CurveRow], highest: float
) -> Markup:
    """Where on θ the item tells; every card has the same height of axis, for comparison."""
    figure, axes = _panel(words)
    shown = [row for row in curve if _RANGE[0] <= row.theta <= _RANGE[1]]
    theta = [row.theta for row in shown]
    amount = [row.information for row in shown]
    axes.fill_between(theta, amount, color=ACCENT, alpha=0.14, linewidth=0)
    axes.plot(theta, amount, color=ACCENT)
    axes.set(xlim=_RANGE, ylim=(0, max(highest, 1e-6) * 1.05), xlabel=words("theta"))
    axes.set_ylabel(words("information-axis"))
    peak = max(shown, key=lambda row: row.information, default=None)
    said = (
        ""
        if peak is None
        else f"max. {words.number(peak.information)}, θ {words.number(peak.theta, 1)}"
    )
    return Markup(
        inline(
            figure, key=f"{key}-i", title=f"{words('item-information')}, {item}", description=said
        )
    )


def _panel(words: Words) -> tuple[Figure, Axes]:
    figure = Figure(figsize=SIZE)
    axes = figure.add_axes((0.165, 0.2, 0.815, 0.74))
    axes.xaxis.set_major_formatter(words.axis)
    axes.yaxis.set_major_formatter(words.axis)
    axes.tick_params(length=3)
    return figure, axes


def _legend(axes: Axes, curve: Sequence[CurveRow]) -> None:
    """In the corner that the curve leaves empty."""
    first, last = curve[0].expected, curve[-1].expected
    middle = curve[len(curve) // 2].expected
    left = (last >= first) == (middle < 0.5)
    axes.legend(
        loc=("upper left" if left else "upper right")
        if middle < 0.5
        else ("lower left" if left else "lower right"),
        fontsize=8,
        handlelength=1.6,
        labelcolor=MUTED,
        borderaxespad=0.2,
    )


def _short(label: str) -> str:
    return label if len(label) <= _LONGEST_LABEL else label[: _LONGEST_LABEL - 1] + "…"


def _apart(places: Sequence[float], gap: float = 0.085) -> list[float]:
    """Heights of labels moved so far apart that none covers another, within the panel."""
    order = sorted(range(len(places)), key=lambda i: places[i])
    set_at: list[float] = []
    for i in order:
        set_at.append(max(places[i], set_at[-1] + gap) if set_at else max(places[i], 0.0))
    over = max(set_at[-1] - 1.0, 0.0) if set_at else 0.0
    for rank in range(len(set_at) - 1, -1, -1):
        ceiling = 1.0 if rank == len(set_at) - 1 else set_at[rank + 1] - gap
        if over:
            set_at[rank] = min(set_at[rank], ceiling)
    found = [0.0] * len(places)
    for rank, i in enumerate(order):
        found[i] = set_at[rank]
    return found
