"""The page: what needs an eye first; then the test, groups, linking, DIF, items, the method."""

import base64
import hashlib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from ardoise.psychometrics.report import overview_plots as plots
from ardoise.psychometrics.report.cards import anchor, by_item, card, dif_table
from ardoise.psychometrics.report.markup import Content, Markup, element, facts, join, table
from ardoise.psychometrics.report.method import method_section
from ardoise.psychometrics.report.svg import drawing
from ardoise.psychometrics.report.words import LanguageCode, Words
from ardoise.psychometrics.tables import AttentionRow, DistributionRow, ItemRow, Tables

_SHOWN, _PAIRS = 40, 15
"""Lines of the DIF table and of the pairs; the Parquet tables hold all."""


def render(
    tables: Tables, manifest: Mapping[str, Any], *, title: str = "", language: LanguageCode = "fr"
) -> str:
    """The whole report as HTML: no script, no network, no style attribute, no date.

    `manifest`: as `manifest.describe` makes it. `title`: of the test, for the heading.
    """
    words = Words(language)
    with drawing():
        sections = [
            ("eye", words("eye"), _eye(words, tables, manifest)),
            ("test", words("test"), _test(words, tables)),
            ("groups", words("groups"), _groups(words, tables)),
            ("linking", words("linking"), _linking(words, tables)),
            ("dif", words("dif"), _dif(words, tables)),
            ("dependence", words("dependence"), _dependence(words, tables)),
            ("items", words("item-list"), _items(words, tables)),
            ("cards", words("cards"), _cards(words, tables)),
            ("method", words("method-title"), method_section(words, manifest)),
        ]
    held = [(key, name, body) for key, name, body in sections if body is not None]
    contents = element(
        "nav",
        element("ul", [element("li", element("a", n, href=f"#{k}")) for k, n, _ in held]),
        class_="contents",
        aria_label=words("contents"),
    )
    main = element(
        "main",
        _figures(words, manifest),
        contents,
        [
            element("section", element("h2", n, id=k), body, aria_labelledby=k)
            for k, n, body in held
        ],
        id="main",
    )
    return _frame(words, title, manifest, main)


def _frame(words: Words, title: str, manifest: Mapping[str, Any], main: Markup) -> str:
    style = files("ardoise.psychometrics.report").joinpath("report.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    named = f"{title} · {words('title')}" if title else words("title")
    head = join(
        Markup('<meta charset="utf-8">'),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{policy}">'),
        Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        Markup('<meta name="color-scheme" content="light">'),
        element("title", named),
        Markup(f"<style>{style}</style>"),
    )
    data = manifest["data"]
    top = element(
        "header",
        element(
            "div",
            element("h1", title or words("title")),
            element(
                "p",
                f"{words('title')} · " if title else None,
                f"{words('data-digest')} : SHA-256 {data['sha256'][:16]}…",
            ),
        ),
        class_="top",
    )
    foot = element("footer", element("div", element("p", words("no-names"))), class_="foot")
    skip = element("a", words("skip"), class_="skip", href="#main")
    body = element("body", skip, top, main, foot)
    return f'<!doctype html>\n<html lang="{words.code}">\n<head>{head}</head>\n{body}\n</html>\n'


def _figures(words: Words, manifest: Mapping[str, Any]) -> Markup:
    data, results, fit = manifest["data"], manifest["results"], manifest["calibration"]
    converged = words("no")
    if fit["converged"]:
        converged = words("converged-in", n=words.number(fit["iterations"], 0))
    shown: dict[str, Content] = {
        words("pupils"): words.number(data["pupils"], 0),
        words("items"): words.number(data["items"], 0),
        words("model"): fit["model"] if fit["model"] != "mixed" else words("mixed"),
        words("converged"): converged,
        words("reliability"): words.number(results.get("reliability")),
        words("alpha"): words.number(results.get("alpha")),
        words("mean-p"): words.percent(results.get("p"), 1),
    }
    return facts(shown)


def _eye(words: Words, tables: Tables, manifest: Mapping[str, Any]) -> Markup:
    if not tables.attention:
        return element("p", words("eye-none"))
    scale = manifest["options"]["scale"]
    lead = words("eye-lead", mean=words.number(scale["mean"], 0), sd=words.number(scale["sd"], 0))
    places = {row.item: row.position for row in tables.items}
    urgent = [row for row in tables.attention if row.grade > 1]
    rest = [row for row in tables.attention if row.grade == 1]
    parts: list[Markup] = [element("p", lead, class_="muted")]
    if urgent:
        parts.append(element("ol", [_finding(words, r, places) for r in urgent], class_="eye"))
    if rest:
        listed = element("ol", [_finding(words, row, places) for row in rest], class_="eye")
        summary = element("summary", words("eye-more", n=words.number(len(rest), 0)))
        parts.append(element("details", summary, listed, open=not urgent or None))
    return join(parts)


def _finding(words: Words, row: AttentionRow, places: Mapping[str, int]) -> Markup:
    says, do = words.finding(
        row.kind, item=row.item, other=row.other, value=row.value, second=row.second
    )
    links = [
        element("a", f"{words('card')} {name}", href=f"#{anchor(places[name])}")
        for name in (row.item, row.other if row.kind == "dependence" else "")
        if name in places
    ]
    moved = None
    if row.on == "everything":
        moved = words("on-everything")
    elif row.impact is not None:
        moved = words(f"on-{row.on}", n=words("points", n=words.number(row.impact, 1)))
    return element(
        "li",
        element("p", says, class_="says"),
        element("p", do),
        element(
            "p",
            element("span", words(f"grade-{row.grade}"), class_=f"tag g{row.grade}"),
            element("span", f"{words('could-move')} {moved}") if moved else None,
            links,
            class_="meta",
        ),
        class_=f"g{row.grade}",
    )


def _drawn(caption: str, plot: Markup, text: str = "", *behind: Content) -> Markup:
    return element(
        "figure",
        element("h3", caption),
        element("figcaption", text) if text else None,
        element("div", plot, class_="wide"),
        *behind,
    )


def _test(words: Words, tables: Tables) -> Markup:
    parts = []
    whole = [row for row in tables.levels if not row.domain]
    bars: dict[str, list[DistributionRow]] = {"scale": [], "score": [], "theta": []}
    for row in tables.distribution:
        bars[row.what].append(row)
    if bars["scale"]:
        plot = plots.distribution(
            words, "abilities", words("abilities"), words("scale"), bars["scale"], whole
        )
        behind = _bar_table(words, words("abilities"), bars["scale"])
        parts.append(_drawn(words("abilities"), plot, words("abilities-text"), behind))
    if bars["score"]:
        plot = plots.distribution(
            words, "scores", words("scores"), words("raw-score"), bars["score"]
        )
        behind = _bar_table(words, words("scores"), bars["score"])
        parts.append(_drawn(words("scores"), plot, "", behind))
    if tables.information:
        plot = plots.test_information(words, tables.information, whole)
        rows = [
            (words.number(r.theta, 1), words.number(r.information), words.number(r.se))
            for r in tables.information
            if abs(r.theta * 2 - round(r.theta * 2)) < 1e-9
        ]
        head = ("θ", words("information-axis"), words("se-axis"))
        behind = _folded(words, table(words("information"), head, rows, numeric=(1, 2)))
        parts.append(_drawn(words("information"), plot, words("information-text"), behind))
    if bars["theta"] and tables.steps:
        plot = plots.wright_map(words, bars["theta"], tables.items, tables.steps)
        parts.append(_drawn(words("wright"), plot, words("wright-text")))
    if any(row.not_reached for row in tables.reach):
        places = [
            (f"{r.position}. {r.item}", words.percent(r.not_reached, 1)) for r in tables.reach
        ]
        named = (words("item"), words("not-reached"))
        behind = _folded(words, table(words("reach"), named, places, numeric=(1,)))
        parts.append(_drawn(words("reach"), plots.reach(words, tables.reach), "", behind))
    return element("div", parts, class_="figures")


def _folded(words: Words, content: Markup) -> Markup:
    return element("details", element("summary", words("figures")), content)


def _bar_table(words: Words, caption: str, rows: list[DistributionRow]) -> Markup:
    lines = [
        (
            row.group or words("everybody"),
            f"{words.number(row.low, 0)} – {words.number(row.high, 0)}",
            words.number(row.pupils, 0),
            words.percent(row.share, 1),
        )
        for row in rows
    ]
    head = (words("group"), "", words("count"), words("share"))
    return _folded(words, table(caption, head, lines, numeric=(1, 2, 3)))


def _groups(words: Words, tables: Tables) -> Markup | None:
    number, percent = words.number, words.percent
    parts = []
    if tables.groups:
        rows = [
            (
                g.group or words("everybody"), number(g.pupils, 0), number(g.scale_mean, 1),
                number(g.scale_mean_se, 2), number(g.scale_sd, 1), percent(g.p, 1),
                number(g.alpha), number(g.reliability),
            )
            for g in tables.groups
        ]  # fmt: skip
        head = (
            words("group"), words("pupils"), words("mean"), words("se"), words("sd"),
            words("mean-p"), words("alpha"), words("reliability"),
        )  # fmt: skip
        parts.append(table(words("scale"), head, rows, numeric=range(1, 8)))
    for domain in dict.fromkeys(row.domain for row in tables.levels):
        rows_levels = [
            (
                row.label, number(row.cut), number(row.cut_scale, 1), percent(row.share, 1),
                percent(row.plausible_share, 1), percent(row.accuracy, 1), number(row.se),
            )
            for row in tables.levels
            if row.domain == domain
        ]  # fmt: skip
        head_levels = (
            words("level"), f"{words('cut')} (θ)", words("cut"), words("share"), words("share-pv"),
            words("accuracy"), words("se-at-cut"),
        )  # fmt: skip
        named = f"{words('levels')} · {domain}" if domain else words("levels")
        parts.append(table(named, head_levels, rows_levels, numeric=range(1, 7)))
    return join(parts) if parts else None


def _linking(words: Words, tables: Tables) -> Markup | None:
    number = words.number
    parts = []
    if tables.linking:
        rows = [
            (
                row.method, number(row.slope, 4), number(row.slope_se, 4),
                number(row.intercept, 4), number(row.intercept_se, 4),
            )
            for row in tables.linking
        ]  # fmt: skip
        head = (words("method"), "A", words("se"), "B", words("se"))
        parts.append(element("p", words("linking-text"), class_="muted"))
        parts.append(table(words("linking"), head, rows, numeric=range(1, 5)))
    if tables.drift:
        rows_drift = [
            (
                row.item, number(row.old_difficulty), number(row.new_difficulty),
                number(row.old_slope), number(row.new_slope), number(row.distance, 3),
                number(row.shift, 4), words("flagged") if row.flagged else "",
            )
            for row in tables.drift
        ]  # fmt: skip
        head_drift = (
            words("item"), words("old-b"), words("new-b"), "a", "a′", words("distance"),
            words("shift"), "",
        )  # fmt: skip
        behind = table(words("drift"), head_drift, rows_drift, numeric=range(1, 7))
        parts.append(_drawn(words("drift"), plots.drift(words, tables.drift), "", behind))
    return join(parts) if parts else None


def _dif(words: Words, tables: Tables) -> Markup | None:
    if not tables.dif:
        return None
    shown = sorted(tables.dif, key=lambda row: (-"ABC".find(row.ets or "?"), -abs(row.delta or 0)))
    return join(
        element("p", words("dif-text"), class_="muted"),
        dif_table(words, shown[:_SHOWN], named=True),
    )


def _dependence(words: Words, tables: Tables) -> Markup | None:
    if not tables.dependence:
        return None
    rows = [
        (row.item, row.other, words.number(row.q3), words.number(row.q3_adjusted))
        for row in tables.dependence[:_PAIRS]
    ]
    head = (words("item"), words("item"), "Q3", "Q3*")
    return table(words("dependence-text"), head, rows, numeric=(2, 3))


def _items(words: Words, tables: Tables) -> Markup:
    def line(row: ItemRow) -> tuple[Content, ...]:
        number = words.number
        link = element("a", row.item, href=f"#{anchor(row.position)}")
        return (
            link, row.model, words.percent(row.mean, 1), number(row.item_rest), number(row.slope),
            number(row.difficulty), number(row.infit), number(row.outfit), number(row.rmsd, 3),
            words.percent(row.weight, 1), words.percent(row.omitted, 1),
            words.percent(row.not_reached, 1),
        )  # fmt: skip

    head = (
        words("item"), words("model"), words("p"), words("item-rest"), words("slope"),
        words("difficulty"), words("infit"), words("outfit"), words("distance"), words("weight"),
        words("omitted"), words("not-reached"),
    )  # fmt: skip
    return table(
        words("item-list"), head, [line(row) for row in tables.items], numeric=range(2, 12)
    )


def _cards(words: Words, tables: Tables) -> Markup:
    pages = by_item(tables)
    return join([card(words, row, pages) for row in tables.items])
