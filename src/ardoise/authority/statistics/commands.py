"""`ardoise authority analyse CAMPAIGN --out DIR`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from ardoise.authority.default_command import DefaultCommandGroup

if TYPE_CHECKING:
    from ardoise.authority.campaigns.models import Campaign, Part
    from ardoise.authority.statistics.rules import GroupBy, PartData
    from ardoise.psychometrics.plan import Plan
    from ardoise.psychometrics.report import LanguageCode

app = typer.Typer(
    cls=DefaultCommandGroup,
    no_args_is_help=True,
    help="Calibrate, check and report a campaign's items: `analyse CAMPAIGN --out DIR`.",
)
_console = Console(stderr=True)


@app.command("run")
def run(
    campaign: Annotated[str, typer.Argument(metavar="CAMPAIGN", help="The campaign's identifier.")],
    out: Annotated[Path, typer.Option(help="In it, a folder for each part.", file_okay=False)],
    part: Annotated[str, typer.Option(help="One part only.")] = "",
    model: Annotated[
        str,
        typer.Option(help="1pl, 2pl, 3pl, pcm, gpcm, grm, or a .toml."),
    ] = "gpcm",
    group_by: Annotated[
        str, typer.Option(help="Compare pupils by their school's sector, academy or department.")
    ] = "",
    anchors: Annotated[
        Path | None, typer.Option(help="Items whose parameters are fixed: a CSV or a folder.")
    ] = None,
    omitted: Annotated[str, typer.Option(help="Omitted counts as wrong or missing.")] = "wrong",
    not_reached: Annotated[str, typer.Option(help="Not reached: wrong or missing.")] = "missing",
    scale: Annotated[str, typer.Option(help="Mean and SD of the reported scale.")] = "250,50",
    draws: Annotated[int, typer.Option(min=0, max=100, help="Plausible values a pupil.")] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Of plausible values.")] = 1,
    threads: Annotated[
        int, typer.Option(min=1, max=256, help="Any number gives the same bytes.")
    ] = 1,
    language: Annotated[str, typer.Option(help="Of the report: fr or en.")] = "fr",
    force: Annotated[bool, typer.Option("--force", help="Replace an analysis.")] = False,
) -> None:
    """Analyse each part of a campaign: tables, manifest.json and report.html, without names."""
    from ardoise import psychometrics_options as said
    from ardoise.authority.collection.commands import campaign_named
    from ardoise.authority.keyring import CampaignKeyDestroyed
    from ardoise.authority.statistics.rules import (
        SCHOOLS_ENOUGH,
        NothingToAnalyse,
        grouping,
        parts_of,
    )
    from ardoise.content.faults import ContentFault
    from ardoise.psychometrics.bank import read_bank
    from ardoise.psychometrics.faults import PsychometricsError
    from ardoise.psychometrics.plan import Plan

    chosen = campaign_named(campaign)
    try:
        spoken, (mean, sd) = said.language(language), said.scale(scale)
        parts = list(parts_of(chosen, part))
        _refuse_existing([out / one.part for one in parts], force=force)
        by = grouping(group_by)
        for one in parts:
            data = _gathered(chosen, one, by)
            plan = Plan(
                model=said.model(model, data.answers.items),
                missing=said.rule(omitted, not_reached),
                anchors=read_bank(anchors) if anchors else {},
                cuts=data.cuts,
                scale_mean=mean,
                scale_sd=sd,
                draws=draws,
                seed=seed,
                errors="sandwich" if data.schools >= SCHOOLS_ENOUGH else "cross-product",
            )
            _analyse(chosen, data, plan, out / one.part, spoken, threads=threads, force=force)
    except (NothingToAnalyse, CampaignKeyDestroyed, ContentFault, PsychometricsError, OSError) as f:
        raise said.refuse(f) from f


def _refuse_existing(folders: list[Path], *, force: bool) -> None:
    """Before the work, not after."""
    for folder in folders:
        if folder.exists() and not force:
            raise FileExistsError(f"{folder} exists: name another folder, or say --force")


def _gathered(campaign: "Campaign", part: "Part", by: "GroupBy") -> "PartData":
    from ardoise.authority.statistics.rules import gather

    quiet = not _console.is_terminal
    with Progress(console=_console, transient=True, disable=quiet) as bar:
        task = bar.add_task(f"{part.part}: opening …", total=None)

        def announce(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        return gather(campaign, part, group_by=by, announce=announce)


def _analyse(
    campaign: "Campaign",
    data: "PartData",
    plan: "Plan",
    folder: Path,
    language: "LanguageCode",
    *,
    threads: int,
    force: bool,
) -> None:
    from ardoise.authority.statistics.log import record_analysis
    from ardoise.psychometrics.analysis import analyse
    from ardoise.psychometrics.writing import write
    from ardoise.psychometrics_cli import progress_bar, summarise

    # Who looks is written before anything can be looked at.
    record_analysis(campaign, data.part)
    with progress_bar() as tell:
        analysis = analyse(
            data.answers,
            plan,
            options=data.options,
            times=data.times,
            threads=threads,
            progress=tell,
        )
        for note in data.notes:
            what, _, why = note.partition(": ")
            analysis.sections["not_computed"].append({"what": what, "why": why})
        analysis.sections["campaign"] = {"id": campaign.pk, "part": data.part}
        tell("writing", str(folder))
        write(analysis, folder, title=data.title, language=language, replace=force)
    summarise(folder, analysis.sections)
