"""`content cohort`: a file of responses in, a file of outcomes out."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import Progress

if TYPE_CHECKING:
    import polars as pl

    from ardoise.content.model import Item


def cohort(
    package: Annotated[Path, typer.Argument(help="A QTI package: a folder or a .zip.")],
    responses: Annotated[
        Path, typer.Option(help="Parquet or CSV: a column ITEM:RESPONSE for each response.")
    ],
    out: Annotated[Path, typer.Option(help="The Parquet file to write.")],
    every_outcome: Annotated[
        bool, typer.Option("--every-outcome", help="All declared outcomes, not SCORE alone.")
    ] = False,
) -> None:
    """Score a cohort by columns: each distinct response of an item once."""
    from polars.exceptions import PolarsError

    from ardoise.content.faults import ContentFault
    from ardoise.scoring.cohort import Cohort
    from ardoise.scoring.cohort_columns import CohortFault

    if out.exists():
        _stop(f"{out} exists: name a new file")
    try:
        frame = _read(responses)
        items = list(_items(package))
        scored = Cohort(items, outcomes="declared" if every_outcome else "score")
        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("items", total=len(items))
            scored.write(
                frame, out, announce=lambda _item, done, _of: progress.update(task, completed=done)
            )
    except (ContentFault, CohortFault, PolarsError, OSError) as fault:
        _stop(str(fault))
    typer.echo(f"{len(items)} items, {scored.distinct} distinct responses scored: {out}")


def _read(path: Path) -> "pl.LazyFrame":
    import polars as pl

    if path.suffix == ".parquet":
        return pl.scan_parquet(path)
    if path.suffix == ".csv":
        # As text: "01" and 1 may be two answers, and only the scorer knows.
        return pl.scan_csv(path, infer_schema=False)
    return _stop(f"{path} is neither .parquet nor .csv")


def _items(package: Path) -> "Iterator[Item]":
    from ardoise.content.package import read_package

    yield from read_package(package, name=package.name).items


def _stop(text: str) -> NoReturn:
    typer.echo(text, err=True)
    raise typer.Exit(1)
