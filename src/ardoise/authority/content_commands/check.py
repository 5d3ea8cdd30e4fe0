"""`ardoise authority content check`: what a test author should mend, before any campaign."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from unicodedata import category

import msgspec
import typer
from msgspec import Struct
from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from ardoise.content.faults import Finding
    from ardoise.content.model import Item
    from ardoise.content.package import Package
    from ardoise.content.report import ItemReport, Weight

_console = Console(stderr=True, emoji=False)
Scored = Literal["yes", "by hand", "no"]


class CheckedItem(Struct, frozen=True):
    """One item of the report, as `--json` prints it."""

    identifier: str
    title: str
    file: str
    interactions: tuple[str, ...]
    delivered: bool
    scored: Scored
    points: float | None
    """At most; None: it cannot be scored."""
    obstacles: tuple[str, ...]
    unscorable: tuple[str, ...]
    weight: dict[str, int]


class Checked(Struct, frozen=True):
    """The whole report."""

    package: str
    title: str
    verdict: Literal["good", "warnings", "errors"]
    items: tuple[CheckedItem, ...]
    errors: tuple[str, ...]
    """Of the package as a whole, or of its test: rules that no browser could follow."""
    warnings: tuple[str, ...]
    weight: dict[str, int]


def check(
    package: Annotated[
        Path, typer.Argument(help="A folder, a .zip with imsmanifest.xml, or one item's .xml.")
    ],
    test: Annotated[
        str | None, typer.Option(help="Which test is meant, where the package holds several.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Say of each item whether it can be delivered and scored, and why not.

    Exit code 0: nothing to mend; 1: warnings; 2: something cannot be used.
    """
    with _console.status("Reading the package"):
        found = checked(package, test)
    if json:
        typer.echo(msgspec.json.encode(found).decode())
    else:
        _print(found)
    raise typer.Exit({"good": 0, "warnings": 1, "errors": 2}[found.verdict])


def checked(source: Path, test: str | None) -> Checked:
    """The report on a package."""
    from ardoise.content.faults import ContentFault
    from ardoise.content.package import read_package
    from ardoise.content.report import report_on

    name = source.name or str(source)
    try:
        package = read_package(source, name=name, test=test)
    except ContentFault as fault:
        errors = tuple(str(finding) for finding in fault.findings)
        return Checked(name, "", "errors", (), errors, (), {})
    report = report_on(package, name=name)
    items = tuple(map(_item, package.items, report.items))
    read_as = (str(warning) for item in package.items for warning in _read_as(item))
    warnings = tuple(dict.fromkeys((*map(str, report.warnings), *read_as)))
    verdict = _verdict(items, warnings)
    errors = _test_faults(package) if verdict != "errors" else ()
    return Checked(
        report.package, report.title, "errors" if errors else verdict, items, errors,
        warnings, _bytes(report.weight),
    )  # fmt: skip


def _verdict(
    items: tuple[CheckedItem, ...], warnings: tuple[str, ...]
) -> Literal["good", "warnings", "errors"]:
    if any(not item.delivered or item.scored == "no" for item in items):
        return "errors"
    return "warnings" if warnings else "good"


def _test_faults(package: "Package") -> tuple[str, ...]:
    """What only shows once a booklet is made of it: rules and a size that no browser could take."""
    from ardoise.content.booklet import draft
    from ardoise.content.faults import ContentFault
    from ardoise.scoring import compile_item

    try:
        form = {
            item.identifier: compile_item(item).draw(bytes(32))
            for item in package.items
            if item.scorable.template_processing is not None
        }
        draft(
            package, campaign="check", part="check", title="", campaign_title="", language="en",
            minutes=0, writer="pupil", values={name: held.values for name, held in form.items()},
            points=lambda item, responses: compile_item(item).score(
                responses, templates=form.get(item.identifier)
            ).outcomes,
        )  # fmt: skip
    except ContentFault as fault:
        return tuple(map(str, fault.findings))
    return ()


def _item(item: "Item", report: "ItemReport") -> CheckedItem:
    scored, points, faults = _scoring(item)
    return CheckedItem(
        item.identifier, item.title, item.file, report.interactions, not report.obstacles, scored,
        points, tuple(map(str, report.obstacles)), tuple(map(str, faults)), _bytes(report.weight),
    )  # fmt: skip


def _scoring(item: "Item") -> "tuple[Scored, float | None, tuple[Finding, ...]]":
    from ardoise.content.faults import ContentFault
    from ardoise.scoring import compile_item

    if item.unscorable:
        return "no", None, item.unscorable
    try:
        scorer = compile_item(item)
    except ContentFault as fault:
        return "no", None, fault.findings
    return "yes" if scorer.machine_scored else "by hand", scorer.max_score, ()


def _read_as(item: "Item") -> "tuple[Finding, ...]":
    """Where the types of values show that rules are not QTI's, and what they are read as."""
    from ardoise.content.faults import ContentFault
    from ardoise.scoring import compile_item

    try:
        return () if item.unscorable else compile_item(item).warnings
    except ContentFault:
        return ()


def _bytes(weight: "Weight") -> dict[str, int]:
    return {**msgspec.structs.asdict(weight), "total": weight.total}


def _plain(text: str) -> str:
    """Without what a terminal would obey, or what turns or hides the text beside it."""
    return "".join("\ufffd" if category(char) in ("Cc", "Cf") else char for char in text)


def _print(found: Checked) -> None:
    out = Console(emoji=False)
    if found.items:
        table = Table(title=escape(_plain(found.title or found.package)), title_justify="left")
        for heading in ("item", "interactions", "delivered", "scored", "points", "kB"):
            table.add_column(heading, justify="right" if heading in ("points", "kB") else "left")
        for item in found.items:
            table.add_row(
                escape(item.identifier), ", ".join(dict.fromkeys(item.interactions)) or "–",
                "yes" if item.delivered else "[bold red]no[/]",
                item.scored if item.scored != "no" else "[bold red]no[/]",
                "–" if item.points is None else f"{item.points:g}",
                f"{item.weight['total'] / 1000:.0f}",
            )  # fmt: skip
        out.print(table)
    for item in found.items:
        _list(out, "cannot be delivered", item.obstacles)
        _list(out, "cannot be scored", item.unscorable)
    _list(out, "cannot be used", found.errors)
    _list(out, "warning", found.warnings)
    if found.weight:
        parts = [f"{name} {size / 1000:.0f} kB" for name, size in found.weight.items()]
        out.print(f"Weight: {', '.join(parts)}")
    delivered = sum(item.delivered for item in found.items)
    scored = sum(item.scored != "no" for item in found.items)
    out.print(
        f"Items: {len(found.items)}, can be delivered: {delivered}, scored: {scored}, "
        f"warnings: {len(found.warnings)}. {_VERDICTS[found.verdict]}",
        soft_wrap=True,
    )


_VERDICTS = {
    "good": "Nothing to mend.",
    "warnings": "It can be used; the warnings deserve a look.",
    "errors": "It cannot be used as it stands.",
}


def _list(out: Console, what: str, findings: tuple[str, ...]) -> None:
    for finding in findings:
        # One finding, one line, however narrow the window: editors jump to file:line.
        out.print(f"{what}: {_plain(finding)}", markup=False, highlight=False, soft_wrap=True)
