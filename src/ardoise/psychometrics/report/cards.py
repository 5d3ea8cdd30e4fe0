"""Item cards: what was found, the drawings, the figures behind them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ardoise.psychometrics.report import item_plots
from ardoise.psychometrics.report.markup import Markup, details, element, facts, table
from ardoise.psychometrics.report.words import Words
from ardoise.psychometrics.tables import (
    AttentionRow,
    CurveRow,
    DifRow,
    ItemRow,
    ObservedRow,
    OptionBandRow,
    OptionRow,
    StepRow,
    Tables,
)

Row = TypeVar("Row")


@dataclass(frozen=True)
class ItemPages:
    """A report's tables, by item."""

    attention: dict[str, list[AttentionRow]]
    steps: dict[str, list[StepRow]]
    curves: dict[str, list[CurveRow]]
    observed: dict[str, list[ObservedRow]]
    options: dict[str, list[OptionRow]]
    bands: dict[str, list[OptionBandRow]]
    dif: dict[str, list[DifRow]]
    highest: float
    """Of any item's information: the common axis."""


def by_item(tables: Tables) -> ItemPages:
    """Sort every table by its items, once."""
    attention: dict[str, list[AttentionRow]] = defaultdict(list)
    for row in tables.attention:
        for name in {row.item, row.other if row.kind == "dependence" else row.item}:
            attention[name].append(row)
    return ItemPages(
        attention,
        _sorted(tables.steps),
        _sorted(tables.curves),
        _sorted(tables.observed),
        _sorted(tables.options),
        _sorted(tables.option_bands),
        _sorted(tables.dif),
        max((row.information for row in tables.curves), default=1.0),
    )


def anchor(position: int) -> str:
    """Where a card is on the page. By its place: a name may hold anything."""
    return f"item-{position}"


def card(words: Words, item: ItemRow, pages: ItemPages) -> Markup:
    """One item."""
    key = anchor(item.position)
    heading = element(
        "h3",
        item.item,
        element("small", f"{item.position} · {item.model}"),
        element("span", words("anchor"), class_="tag") if item.anchor else None,
        id=f"{key}-h",
    )
    return element(
        "article",
        heading,
        _found(words, pages.attention.get(item.item, ())),
        _panels(words, key, item, pages),
        _figures(words, item),
        _behind(words, item, pages),
        class_="card",
        id=key,
        aria_labelledby=f"{key}-h",
    )


def _found(words: Words, rows: Sequence[AttentionRow]) -> Markup:
    if not rows:
        return element("p", words("no-finding"), class_="muted")
    lines = []
    for row in rows:
        says, do = words.finding(
            row.kind, item=row.item, other=row.other, value=row.value, second=row.second
        )
        tag = element("span", words(f"grade-{row.grade}"), class_=f"tag g{row.grade}")
        lines.append(element("li", tag, " ", element("strong", says), " ", do))
    return element("ul", lines, class_="found")


def _panels(words: Words, key: str, item: ItemRow, pages: ItemPages) -> Markup | None:
    curve = pages.curves.get(item.item, [])
    bands = pages.bands.get(item.item, [])
    drawn = []
    if curve:
        observed = pages.observed.get(item.item, [])
        drawing = item_plots.characteristic(words, key, item.item, curve, observed)
        drawn.append((words("characteristic"), drawing))
    if bands:
        options = pages.options.get(item.item, [])
        drawing = item_plots.option_bands(words, key, item.item, options, bands)
        drawn.append((words("option-curves"), drawing))
    if curve:
        drawing = item_plots.information(words, key, item.item, curve, pages.highest)
        drawn.append((words("item-information"), drawing))
    if not drawn:
        return None
    boxes = [element("div", element("h4", title), drawing) for title, drawing in drawn]
    return element("div", boxes, class_="panels" if len(boxes) > 2 else "panels two")


def _figures(words: Words, item: ItemRow) -> Markup:
    """The figures that are there; what was not computed is left out."""
    number, percent = words.number, words.percent

    def with_error(value: float | None, error: float | None) -> str | None:
        if value is None:
            return None
        return number(value) if error is None else f"{number(value)} ± {number(error)}"

    shown = {
        words("administered"): number(item.administered, 0),
        words("p"): None if item.mean is None else percent(item.mean, 1),
        words("item-rest"): _or_none(words, item.item_rest),
        words("alpha-without"): _or_none(words, item.alpha_without),
        words("slope"): with_error(item.slope, item.slope_se),
        words("difficulty"): with_error(item.difficulty, item.difficulty_se),
        words("guess"): _or_none(words, item.guess) if item.guess else None,
        words("infit"): _or_none(words, item.infit),
        words("outfit"): _or_none(words, item.outfit),
        "S-X² (dl)" if words.code == "fr" else "S-X² (df)": None
        if item.s_x2 is None
        else f"{number(item.s_x2, 1)} ({number(item.s_x2_df, 0)})",
        words("distance"): None if item.rmsd is None else number(item.rmsd, 3),
        words("weight"): None if item.weight is None else percent(item.weight, 1),
        words("omitted"): None if item.omitted is None else percent(item.omitted, 1),
        words("not-reached"): None if item.not_reached is None else percent(item.not_reached, 1),
        words("rapid"): None if item.rapid is None else percent(item.rapid, 1),
    }
    return facts({name: value for name, value in shown.items() if value is not None})


def _or_none(words: Words, value: float | None) -> str | None:
    return None if value is None else words.number(value)


def _behind(words: Words, item: ItemRow, pages: ItemPages) -> Markup | None:
    """Tables behind the drawings, folded."""
    number, percent = words.number, words.percent
    found: list[Markup] = []
    options = pages.options.get(item.item, [])
    if options:
        found.append(_option_table(words, options, pages.bands.get(item.item, [])))
    steps = pages.steps.get(item.item, [])
    if len(steps) > 1:
        rows = [
            (str(s.step), number(s.intercept), number(s.intercept_se), number(s.location))
            for s in steps
        ]
        head = (words("step"), "d", words("se"), words("difficulty"))
        found.append(table(f"{words('step')} (θ)", head, rows, numeric=(1, 2, 3)))
    observed = pages.observed.get(item.item, [])
    if observed:
        rows_observed = [
            (
                number(o.theta),
                percent(o.observed, 1),
                f"{percent(o.low, 1)} – {percent(o.high, 1)}",
                percent(o.expected, 1),
                number(o.pupils, 0),
            )
            for o in observed
        ]
        head5 = ("θ", words("observed").split(",")[0], words("interval"), words("expected"))
        caption = words("characteristic")
        numeric = (1, 2, 3, 4)
        head_all = (*head5, words("administered"))
        found.append(table(caption, head_all, rows_observed, numeric=numeric))
    dif = pages.dif.get(item.item, [])
    if dif:
        found.append(dif_table(words, dif, named=False))
    return details(words("figures"), *found) if found else None


def _option_table(
    words: Words, options: Sequence[OptionRow], bands: Sequence[OptionBandRow]
) -> Markup:
    shares = {(row.option, row.fifth): row.share for row in bands}
    fifths = range(1, 6) if bands else range(0)
    rows = [
        (
            f"{o.option} ({words('key')})" if o.key else o.option,
            words.number(o.pupils, 0),
            words.percent(o.share, 1),
            words.percent(o.mean_rest, 1),
            words.number(o.correlation),
            *(words.percent(shares.get((o.option, fifth)), 0) for fifth in fifths),
        )
        for o in options
    ]
    head = (
        words("option"), words("count"), words("share"), words("mean-rest"), words("correlation"),
        *(str(fifth) for fifth in fifths),
    )  # fmt: skip
    return table(words("option-curves"), head, rows, numeric=range(1, len(head)))


def dif_table(words: Words, rows: Iterable[DifRow], *, named: bool) -> Markup:
    """Items against groups; `named`: with the item's name first."""
    number = words.number
    lines = []
    for row in rows:
        delta = number(row.delta) if row.delta_se is None else (
            f"{number(row.delta)} ± {number(row.delta_se)}"
        )  # fmt: skip
        cells = (
            f"{row.focal} / {row.reference}", row.ets or "–", delta,
            number(row.smd, 3), number(row.logistic, 3),
        )  # fmt: skip
        lines.append((row.item, *cells) if named else cells)
    head = (words("group"), "ETS", "Δ", "SMD", "ΔR²")
    full = (words("item"), *head) if named else head
    return table("DIF", full, lines, numeric=range(3 if named else 2, len(full)))


def _sorted(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.item].append(row)  # type: ignore[attr-defined]
    return found
