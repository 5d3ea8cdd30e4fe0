"""The report as one HTML file: no script, no network, no style attribute, no clock.

Its style is allowed by hash, so the same file opens from a disk and under a strict policy.
"""

import base64
import hashlib
from html import escape
from importlib.resources import files

from ardoise.disclosure.release.report import (
    Bar,
    Bars,
    Block,
    Facts,
    Grid,
    Notice,
    Paragraph,
    Points,
    Report,
    Section,
    Signatures,
)

_WIDTH, _LINE, _BAR = 600, 46, 12
_DIGEST = 64


def style() -> str:
    """The report's own style sheet."""
    return files("ardoise.disclosure.release").joinpath("report.css").read_text("utf-8")


def policy() -> str:
    """What the page may do: be read."""
    digest = base64.b64encode(hashlib.sha256(style().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; "
        "img-src data:"
    )


def to_html(report: Report) -> str:
    """The whole page."""
    title = escape(f"{report.title} – {report.kind}")
    body = "".join(_block(block) for block in report.blocks)
    body += "".join(_section(number, one) for number, one in enumerate(report.sections, start=1))
    return (
        f'<!doctype html>\n<html lang="{report.language}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy())}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{style()}</style></head>"
        f'<body><main><header><p class="kind">{escape(report.kind)}</p>'
        f"<h1>{escape(report.title)}</h1></header>{body}</main></body></html>\n"
    )


def _section(number: int, section: Section) -> str:
    body = "".join(_block(block, f"s{number}") for block in section.blocks)
    return f'<section><h2 id="s{number}">{escape(section.heading)}</h2>{body}</section>'


def _block(block: Block, label: str = "") -> str:
    match block:
        case Paragraph(text):
            drawn = f"<p>{escape(text)}</p>"
        case Notice(kind, text):
            drawn = f'<p class="notice {escape(kind)}">{escape(text)}</p>'
        case Points(items):
            drawn = f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>"
        case Facts(rows):
            told = "".join(
                f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>"
                for name, value in rows
            )
            drawn = f"<dl>{told}</dl>"
        case Grid():
            drawn = _grid(block, label)
        case Bars():
            drawn = _bars(block)
        case Signatures(header, lines):
            drawn = _signatures(header, lines)
    return drawn


def _grid(grid: Grid, label: str) -> str:
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in grid.header)
    lines = []
    for number, row in enumerate(grid.rows):
        kind = ""
        if grid.marks and not grid.marks[number]:
            kind = ' class="fails"'
        cells = f'<th scope="row">{escape(row[0])}</th>' + "".join(
            f'<td{_kind(text)} data-label="{escape(name)}">{escape(text)}</td>'
            for name, text in zip(grid.header[1:], row[1:], strict=True)
        )
        lines.append(f"<tr{kind}>{cells}</tr>")
    small = ' class="small"' if grid.small else ""
    return (
        f'<div class="frame" role="region" tabindex="0" aria-labelledby="{label}">'
        f"<table{small}><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
    )


def _kind(text: str) -> str:
    """A digest may break anywhere; a word may not."""
    return ' class="digest"' if len(text) == _DIGEST and " " not in text else ""


def _bars(bars: Bars) -> str:
    """Each bar under its own sentence: what is drawn is also read."""
    height = _LINE * len(bars.bars)
    drawn = "".join(_bar(bar, number) for number, bar in enumerate(bars.bars))
    told = escape("; ".join(bar.text for bar in bars.bars))
    return (
        f'<figure><figcaption>{escape(bars.caption)}</figcaption><svg role="img" '
        f'aria-label="{told}" viewBox="0 0 {_WIDTH} {height}">{drawn}</svg></figure>'
    )


def _bar(bar: Bar, number: int) -> str:
    top = number * _LINE
    length = max(min(bar.value, 1.0), 0.0) * _WIDTH
    drawn = (
        f'<text x="0" y="{top + 18}">{escape(bar.text)}</text>'
        f'<rect class="ground" x="0" y="{top + 25}" width="{_WIDTH}" height="{_BAR}"/>'
        f'<rect class="bar" x="0" y="{top + 25}" width="{length:.1f}" height="{_BAR}"/>'
    )
    if bar.limit is not None:
        at = min(bar.limit, 1.0) * _WIDTH
        drawn += (
            f'<line class="limit" x1="{at:.1f}" x2="{at:.1f}" y1="{top + 21}" y2="{top + 41}"/>'
        )
    return drawn


def _signatures(header: tuple[str, str, str], rows: tuple[tuple[str, str, str], ...]) -> str:
    lines = "".join(
        f'<div class="sign"><p class="role">{escape(role)}</p>'
        f"<p>{escape(header[0])} <span>{escape(name)}</span></p>"
        f"<p>{escape(header[1])} <span>{escape(day)}</span></p>"
        f"<p>{escape(header[2])} <span></span></p></div>"
        for role, name, day in rows
    )
    return f'<div class="signatures">{lines}</div>'
