"""The bytes of a release: Parquet and CSV that a spreadsheet cannot be tricked by."""

import io
from collections.abc import Mapping, Sequence

import polars as pl

from ardoise.disclosure.release.codebook import Study, codebook
from ardoise.disclosure.release.run import Release

ROW = "row"
_FORMULA = r"^[=+\-@\t\r]"
"""OWASP ASVS 5, 1.2.10: a spreadsheet would run a text that begins so."""


def to_csv(frame: pl.DataFrame) -> bytes:
    """UTF-8, comma; texts that a spreadsheet would take for a formula get an apostrophe."""
    texts = [column for column, dtype in frame.schema.items() if dtype == pl.String]
    safe = frame.with_columns(
        pl.when(pl.col(column).str.contains(_FORMULA))
        .then(pl.concat_str(pl.lit("'"), pl.col(column)))
        .otherwise(pl.col(column))
        .alias(column)
        for column in texts
    )
    return safe.write_csv().encode()


def to_parquet(frame: pl.DataFrame) -> bytes:
    """Parquet, zstd."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd")
    return buffer.getvalue()


def bytes_of(made: Release, study: Study, labels: Mapping[str, str]) -> dict[str, bytes]:
    """File name → bytes of everything that leaves. Raises ValueError unless the verdict passed."""
    if not made.verdict.passed:
        raise ValueError("the verdict did not pass: nothing leaves")
    frames = frames_of(made)
    out: dict[str, bytes] = {}
    for name, frame in frames.items():
        out[f"{name}.csv"] = to_csv(frame)
        out[f"{name}.parquet"] = to_parquet(frame)
    out["codebook.xml"] = codebook(study, frames, labels)
    return out


def frames_of(made: Release) -> dict[str, pl.DataFrame]:
    """File name → what it holds, files of persons first, in the shape that the plan asks for."""
    frames: dict[str, pl.DataFrame] = {}
    for name, one in made.files.items():
        if one.plan.shape == "flat":
            frames[name] = one.frame
        else:
            frames |= pupils_and_scores(name, one.frame, [s.column for s in one.plan.sensitive])
    return frames | dict(made.tables)


def pupils_and_scores(
    name: str, frame: pl.DataFrame, scores: Sequence[str]
) -> dict[str, pl.DataFrame]:
    """A statistics office's own shape: persons, and one row for each person and score.

    `row` joins the two and nothing else: rows are numbered after they were shuffled.
    """
    numbered = frame.with_row_index(ROW, offset=1)
    long = pl.concat(
        numbered.select(
            ROW, pl.lit(column).alias("domain"), pl.col(column).cast(pl.String).alias("band")
        )
        for column in scores
    )
    return {name: numbered.drop(scores), f"{name}-scores": long.sort(ROW, "domain")}
