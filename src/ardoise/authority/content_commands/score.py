"""`ardoise authority content score`: one item with a trace, or a file of reference cases."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

if TYPE_CHECKING:
    from ardoise.scoring import Scorer
    from ardoise.scoring.cases import Difference
    from ardoise.scoring.scope import Step

FILE_LIMIT = 4 << 20
CASES_LIMIT = 512 << 20
_console = Console(stderr=True, emoji=False)


def score(
    item: Annotated[
        Path | None, typer.Argument(metavar="ITEM.xml", help="An item, QTI 2.x or 3.")
    ] = None,
    response: Annotated[
        list[str] | None,
        typer.Option(
            help="RESPONSE=VALUE in QTI's lexical form. Repeat it for several values or responses."
        ),
    ] = None,
    template: Annotated[
        list[str] | None, typer.Option(help="TEMPLATE=VALUE, instead of what is drawn.")
    ] = None,
    seed: Annotated[
        str, typer.Option(help="For items that draw at random: any text; the same draws the same.")
    ] = "ardoise",
    typed: Annotated[
        bool, typer.Option("--typed", help="Read values as pupils type them: 2,5 and l’été.")
    ] = False,
    cases: Annotated[
        Path | None, typer.Option(help="Reference cases, one JSON object a line.")
    ] = None,
    items: Annotated[
        Path | None, typer.Option(help="The folder of the items that the cases name.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Score one item and say which rules fired; or run cases and print `agree N of M`.

    With --cases the exit code is 1 if any case differs. Bad input ends with 2.
    """
    if cases is not None:
        if item is not None or response or template:
            _refuse("give either ITEM.xml with --response, or --cases with --items")
        if items is None or not items.is_dir():
            _refuse("--cases needs --items: the folder with the items that the cases name")
        _run_cases(cases, items, json=json)
        return
    if item is None:
        _refuse("give an ITEM.xml, or --cases FILE.jsonl with --items FOLDER")
    _score_item(item, response or [], template or [], seed=seed, typed=typed, json=json)


def _refuse(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(2)


def _read(path: Path, limit: int) -> bytes:
    try:
        if path.stat().st_size > limit:
            _refuse(f"{path}: is larger than {limit >> 20} MiB")
        return path.read_bytes()
    except OSError as fault:
        _refuse(f"{path}: cannot be read: {fault.strerror or fault}")


def _compiled(
    path: Path, *, typed: bool = False, warn: Callable[[str], None] | None = None
) -> "Scorer":
    """Raises ContentFault. `warn` takes each warning: where the item is not written as QTI says."""
    from ardoise.content.faults import Findings
    from ardoise.content.scorable import scorable_item
    from ardoise.scoring import compile_item
    from ardoise.scoring.values import parse_lexical, parse_response

    findings = Findings()
    scorable = scorable_item(_read(path, FILE_LIMIT), file=path.name, findings=findings)
    scorer = compile_item(scorable, capture=parse_response if typed else parse_lexical)
    if warn is not None:
        for warning in (*findings.warnings, *scorer.warnings):
            warn(f"warning: {warning}")
    return scorer


def _pairs(given: list[str], option: str, known: tuple[str, ...]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for text in given:
        name, mark, value = text.partition("=")
        if not mark:
            _refuse(f"{option} {text}: write {option} NAME=VALUE")
        if name not in known:
            names = ", ".join(known) or "none"
            _refuse(f"{option} {text}: the item declares no {name} (it declares {names})")
        found.setdefault(name, []).append(value)
    return found


def _score_item(
    path: Path, given: list[str], chosen: list[str], *, seed: str, typed: bool, json: bool
) -> None:
    from ardoise.content.faults import ContentFault
    from ardoise.scoring.cases import drawn_or_chosen, plain

    try:
        scorer = _compiled(path, typed=typed, warn=partial(typer.echo, err=True))
        responses = _pairs(given, "--response", scorer.responses)
        unread = [name for name, values in responses.items()
                  if any(values) and scorer.read({name: tuple(values)})[name] is None]  # fmt: skip
        templates = drawn_or_chosen(
            scorer, _pairs(chosen, "--template", scorer.templates), seed.encode()
        )
        trace: list[Step] = []
        result = scorer.score(
            {name: tuple(values) for name, values in responses.items()},
            templates=templates, trace=trace,
        )  # fmt: skip
    except (ContentFault, ValueError) as fault:
        _refuse(str(fault))
    for name in unread:
        cardinality, base = scorer.type_of(name)
        typer.echo(f"{name}: no {cardinality} {base}, so it counts as NULL", err=True)
    if json:
        _print_json(
            item=scorer.item, score=result.score, max_score=result.max_score,
            completion=result.completion,
            outcomes={name: plain(value) for name, value in result.outcomes.items()},
            templates={} if templates is None else _plain_templates(templates.values),
            trace=[
                {"line": s.line, "rule": s.rule, "subject": s.subject, "value": plain(s.value)}
                for s in trace
            ],
        )  # fmt: skip
        return
    _print_trace(trace)
    _print_outcomes(result.outcomes, result.completion)
    if result.score is None:
        typer.echo("score: none; no rule of the item scores it, a rater must")
    else:
        typer.echo(f"score {result.score:g} of {result.max_score:g}")


def _plain_templates(values: Any) -> dict[str, Any]:
    from ardoise.scoring.cases import plain

    return {name: plain(value) for name, value in values.items()}


def _print_json(**fields: Any) -> None:
    typer.echo(msgspec.json.format(msgspec.json.encode(fields), indent=2))


def _print_trace(trace: "list[Step]") -> None:
    from ardoise.scoring.cases import shown

    table = Table("line", "rule", "result", title="rules that fired", title_justify="left")
    for step in trace:
        if step.subject:
            said = f"{step.subject} = {shown(step.value)}"
        else:
            said = {True: "yes", False: "no"}.get(step.value, "")
        table.add_row("" if step.line is None else str(step.line), step.rule, escape(said))
    Console(emoji=False).print(table)


def _print_outcomes(outcomes: Any, completion: str) -> None:
    from ardoise.scoring.cases import shown

    table = Table("outcome", "value")
    for name, value in {**outcomes, "completionStatus": completion}.items():
        table.add_row(name, escape(shown(value)))
    Console(emoji=False).print(table)


def _run_cases(path: Path, folder: Path, *, json: bool) -> None:
    lines = _read(path, CASES_LIMIT).decode("utf-8", errors="replace").splitlines()
    agreed, differences = 0, []
    total = sum(1 for line in lines if line.strip())
    with Progress(
        console=_console, transient=True, disable=json or not _console.is_terminal
    ) as bar:
        for number, name, found in bar.track(
            _compared(path, lines, folder), total=total, description="Scoring …"
        ):
            agreed += not found
            differences += [(number, name, str(one)) for one in found]
    if json:
        rows = [{"line": n, "case": name, "difference": said} for n, name, said in differences]
        _print_json(agree=agreed, cases=total, differences=rows)
    else:
        for number, name, said in differences:
            typer.echo(f"{path.name}:{number}: {name}: {said}")
        typer.echo(f"agree {agreed} of {total}")
    if agreed < total:
        raise typer.Exit(1)


def _compared(
    path: Path, lines: list[str], folder: Path
) -> "Iterator[tuple[int, str, list[Difference]]]":
    from ardoise.content.faults import ContentFault
    from ardoise.scoring.cases import Difference, compare, read_case

    files = _Items(folder)
    compiled: dict[str, Scorer | str] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            case = read_case(line)
        except ValueError as fault:
            _refuse(f"{path}:{number}: {fault}")
        name = case.item.removesuffix(".xml")
        if name not in compiled:
            found = files.named(name)
            try:
                missing = f"names {case.item}, but {folder} holds no such item"
                compiled[name] = missing if found is None else _compiled(found)
            except ContentFault as fault:
                compiled[name] = str(fault.findings[0])
        scorer = compiled[name]
        named = f"{name} {case.name}".strip()
        if isinstance(scorer, str):
            yield number, named, [Difference("", scorer, "")]
        else:
            yield number, named, compare(case, scorer)


class _Items:
    """The items of a folder, by path, by file name or by their own identifier."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._by_identifier: dict[str, Path] | None = None
        # The first in order of names counts where a name stands twice.
        self._files = sorted(folder.rglob("*.xml"), reverse=True)
        self._by_name = {found.stem: found for found in self._files}

    def named(self, name: str) -> Path | None:
        """The item of this name, given without `.xml`; None: there is none inside the folder."""
        plain = name.replace("\\", "/")
        found: Path | None = self._folder / f"{plain}.xml"
        if found is None or not found.is_file():
            last = plain.rpartition("/")[2]
            found = self._by_name.get(last) or self._identified().get(last)
        inside = found is not None and self._folder.resolve() in found.resolve().parents
        return found if inside else None

    def _identified(self) -> dict[str, Path]:
        if self._by_identifier is None:
            named = ((_identifier(found), found) for found in self._files)
            self._by_identifier = {name: found for name, found in named if name}
        return self._by_identifier


def _identifier(path: Path) -> str | None:
    """The identifier of an item's root; None: the file is no item, or cannot be read."""
    from ardoise.content.documents import local, parse
    from ardoise.content.faults import ContentFault

    try:
        root = parse(_read(path, FILE_LIMIT), file=path.name)
    except ContentFault:
        return None
    is_item = local(root) in ("assessmentItem", "qti-assessment-item")
    return (root.get("identifier") or "").strip() if is_item else None
