"""Drawings of the whole test: distributions, information, Wright map, linking, not reached."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ardoise.psychometrics.report.markup import Markup
from ardoise.psychometrics.report.svg import ACCENT, INK, LINE, MUTED, SERIES, inline
from ardoise.psychometrics.report.words import Words
from ardoise.psychometrics.tables import (
    DistributionRow,
    DriftRow,
    InformationRow,
    ItemRow,
    LevelRow,
    ReachRow,
    StepRow,
)

WIDE, HALF = (7.6, 3.1), (5.4, 3.4)
_RANGE = (-4.0, 4.0)


def distribution(
    words: Words,
    key: str,
    title: str,
    axis: str,
    rows: Sequence[DistributionRow],
    levels: Sequence[LevelRow] = (),
) -> Markup:
    """Bars for everybody, a stepped line for each group, dotted lines at the cut scores."""
    figure = Figure(figsize=WIDE)
    axes = figure.add_axes((0.09, 0.17, 0.89, 0.74))
    everybody = [row for row in rows if not row.group]
    axes.bar(
        [row.low for row in everybody],
        [row.share for row in everybody],
        width=[row.high - row.low for row in everybody],
        align="edge",
        color="#c9d6d8",
        edgecolor="white",
        linewidth=0.4,
        label=words("everybody"),
    )
    names = list(dict.fromkeys(row.group for row in rows if row.group))
    for name, (colour, line, _) in zip(names, SERIES, strict=False):
        held = [row for row in rows if row.group == name]
        axes.stairs(
            [row.share for row in held],
            [held[0].low, *(row.high for row in held)],
            color=colour,
            linestyle=line,
            linewidth=1.6,
            label=name,
        )
    axes.set_xlabel(axis)
    axes.set_ylim(top=1.12 * max((row.share for row in rows), default=1.0))
    _cut_lines(axes, [(row.cut_scale, row.label) for row in levels])
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=9))
    axes.yaxis.set_major_formatter(lambda value, _: words.percent(value))
    axes.xaxis.set_major_formatter(lambda value, _: words.number(value, 0))
    axes.margins(x=0.01)
    if names:
        axes.legend(fontsize=8.5)
    most = max(everybody, key=lambda row: row.share, default=None)
    said = "" if most is None else (
        f"{words.number(most.low, 0)} – {words.number(most.high, 0)}: "
        f"{words.percent(most.share, 1)}"
    )  # fmt: skip
    return Markup(inline(figure, key=key, title=title, description=said))


def test_information(
    words: Words, rows: Sequence[InformationRow], levels: Sequence[LevelRow]
) -> Markup:
    """Information on the left axis, conditional standard error on the right, in two line styles."""
    figure = Figure(figsize=WIDE)
    axes = figure.add_axes((0.09, 0.17, 0.81, 0.74))
    shown = [row for row in rows if _RANGE[0] <= row.theta <= _RANGE[1]]
    theta = [row.theta for row in shown]
    axes.plot(theta, [row.information for row in shown], color=ACCENT)
    axes.set(xlim=_RANGE, xlabel=words("theta"))
    axes.set_ylabel(words("information-axis"), color=ACCENT)
    axes.set_ylim(0, 1.15 * max((row.information for row in shown), default=1.0))
    other = axes.twinx()
    errors = [(row.theta, row.se) for row in shown if row.se is not None and row.se < 2]
    other.plot([t for t, _ in errors], [se for _, se in errors], color=SERIES[1][0], linestyle="--")
    other.set_ylabel(words("se-axis") + " (- -)", color=SERIES[1][0])
    other.set_ylim(0, max([se for _, se in errors], default=1.0) * 1.05)
    other.grid(visible=False)
    for each in (axes.xaxis, axes.yaxis, other.yaxis):
        each.set_major_formatter(words.axis)
    other.spines["right"].set_visible(True)
    _cut_lines(axes, [(row.cut, row.label) for row in levels])
    best = max(shown, key=lambda row: row.information, default=None)
    said = "" if best is None else (
        f"max. {words.number(best.information, 1)}, θ {words.number(best.theta, 1)}"
    )  # fmt: skip
    return Markup(inline(figure, key="information", title=words("information"), description=said))


def wright_map(
    words: Words,
    abilities: Sequence[DistributionRow],
    items: Sequence[ItemRow],
    steps: Sequence[StepRow],
) -> Markup:
    """Pupils to the left of one θ axis, items and their steps to the right."""
    figure = Figure(figsize=(7.6, 5.4))
    left = figure.add_axes((0.07, 0.09, 0.27, 0.88))
    right = figure.add_axes((0.36, 0.09, 0.62, 0.88), sharey=left)
    everybody = [row for row in abilities if not row.group]
    left.barh(
        [row.low for row in everybody],
        [row.share for row in everybody],
        height=[row.high - row.low for row in everybody],
        align="edge",
        color="#c9d6d8",
        edgecolor="white",
        linewidth=0.4,
    )
    left.invert_xaxis()
    left.set(ylim=_RANGE, xlabel=words("count-of-pupils"))
    left.set_ylabel(words("theta"))
    left.xaxis.set_major_formatter(lambda value, _: words.percent(value))
    left.yaxis.set_major_formatter(words.axis)
    left.spines["left"].set_visible(False)
    places = {row.item: place for place, row in enumerate(items, start=1)}
    polytomous = {row.item for row in items if row.categories > 2}
    for name, marker, held in (
        ("item", "o", [s for s in steps if s.item not in polytomous]),
        ("step", "^", [s for s in steps if s.item in polytomous]),
    ):
        found = [(places[s.item], s) for s in held if s.location is not None]
        inside = [(x, s.location) for x, s in found if s.location and abs(s.location) <= _RANGE[1]]
        right.plot(
            [x for x, _ in inside], [y for _, y in inside], marker, color=ACCENT, markersize=4.5,
            markerfacecolor="white", markeredgewidth=1.4, label=words(name),
        )  # fmt: skip
    if polytomous:
        right.legend(fontsize=8.5, loc="upper left", ncols=2)
    right.set(xlim=(0.3, len(items) + 0.7), xlabel=words("items"))
    right.tick_params(labelleft=False, length=0, axis="y")
    right.spines["left"].set_color(LINE)
    right.xaxis.set_major_locator(MaxNLocator(integer=True))
    located = [s.location for s in steps if s.location is not None]
    said = "" if not located else (
        f"{words('items')}: θ {words.number(min(located), 1)} – {words.number(max(located), 1)}"
    )  # fmt: skip
    return Markup(inline(figure, key="wright", title=words("wright"), description=said))


def drift(words: Words, rows: Sequence[DriftRow]) -> Markup:
    """Anchor difficulties then and now; flagged ones filled and named."""
    figure = Figure(figsize=HALF)
    axes = figure.add_axes((0.12, 0.15, 0.86, 0.82))
    pairs = [
        (row.old_difficulty, row.new_difficulty, row)
        for row in rows
        if row.old_difficulty is not None and row.new_difficulty is not None
    ]
    ends = [value for old, new, _ in pairs for value in (old, new)]
    low, high = (min(ends) - 0.3, max(ends) + 0.3) if ends else _RANGE
    axes.plot([low, high], [low, high], color=MUTED, linewidth=1, linestyle=":")
    for flagged in (False, True):
        held = [(old, new) for old, new, row in pairs if row.flagged is flagged]
        axes.plot(
            [old for old, _ in held],
            [new for _, new in held],
            "D" if flagged else "o",
            color=SERIES[7][0] if flagged else ACCENT,
            markerfacecolor=SERIES[7][0] if flagged else "white",
            markersize=5.5,
        )
    for old, new, row in pairs:
        if row.flagged:
            axes.annotate(
                row.item, (old, new), textcoords="offset points", xytext=(7, -3), fontsize=8.5
            )
    axes.set(xlim=(low, high), ylim=(low, high), xlabel=words("old-b"), ylabel=words("new-b"))
    axes.xaxis.set_major_formatter(words.axis)
    axes.yaxis.set_major_formatter(words.axis)
    named = ", ".join(row.item for row in rows if row.flagged)
    said = f"{words('flagged')}: {named or '–'}"
    return Markup(inline(figure, key="drift", title=words("drift-plot"), description=said))


def reach(words: Words, rows: Sequence[ReachRow]) -> Markup:
    """Share of pupils who did not get to each place of the test."""
    figure = Figure(figsize=WIDE)
    axes = figure.add_axes((0.09, 0.17, 0.89, 0.74))
    axes.plot(
        [row.position for row in rows],
        [row.not_reached for row in rows],
        color=ACCENT,
        marker="o",
        markersize=3.5,
        markerfacecolor="white",
    )
    axes.set(xlabel=words("items"), ylim=(0, max(0.05, *(r.not_reached * 1.15 for r in rows))))
    axes.yaxis.set_major_formatter(lambda value, _: words.percent(value))
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=9))
    last = rows[-1]
    said = f"{last.item}: {words.percent(last.not_reached, 1)}"
    return Markup(inline(figure, key="reach", title=words("reach"), description=said))


def _cut_lines(axes: Axes, cuts: Sequence[tuple[float | None, str]]) -> None:
    for place, label in cuts:
        if place is None:
            continue
        axes.axvline(place, color=INK, linewidth=1, linestyle=(0, (2, 2)))
        axes.annotate(
            label,
            (place, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(4, -1),
            textcoords="offset points",
            va="top",
            fontsize=8.5,
            color=INK,
        )
