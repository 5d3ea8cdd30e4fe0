"""The analysis folder: Parquet tables, manifest.json, report.html. All of it appears, or nothing.

Written with fixed options in a fixed order, so that the same analysis gives the same bytes.
"""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ardoise.psychometrics import bank
from ardoise.psychometrics.analysis import Analysis
from ardoise.psychometrics.faults import PsychometricsError
from ardoise.psychometrics.manifest import FORMAT, table_section
from ardoise.psychometrics.report import LanguageCode, render
from ardoise.psychometrics.responses import NOT_ADMINISTERED, NOT_REACHED, OMITTED, Answers
from ardoise.psychometrics.tables import TABLES, Tables, columns

MANIFEST, REPORT = "manifest.json", "report.html"
_TYPES = {"text": pl.String, "integer": pl.Int64, "number": pl.Float64, "boolean": pl.Boolean}
_ROW_GROUP = 1 << 17


def write(
    analysis: Analysis,
    folder: Path,
    *,
    title: str = "",
    language: LanguageCode = "fr",
    replace: bool = False,
) -> dict[str, Any]:
    """Make the folder, which must not exist unless `replace`; what manifest.json holds.

    Everything is written into a folder beside it, which is renamed at the end: whatever stops it,
    a half-written analysis is never found under the name. Raises PsychometricsError.
    """
    if folder.exists() and not replace:
        raise PsychometricsError(f"{folder} exists: name another folder, or say --force")
    if folder.exists() and not (folder / MANIFEST).is_file():
        raise PsychometricsError(f"{folder} is no analysis folder: it is not replaced")
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        manifest = _fill(analysis, beside, title, language)
        beside.chmod(0o750)
        if folder.exists():
            shutil.rmtree(folder)
        beside.rename(folder)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    return manifest


def _fill(analysis: Analysis, folder: Path, title: str, language: LanguageCode) -> dict[str, Any]:
    rows, digests = {}, {}
    for name, frame in _frames(analysis.tables).items():
        path = folder / f"{name}.parquet"
        frame.write_parquet(
            path, compression="zstd", compression_level=3, statistics=True,
            row_group_size=_ROW_GROUP,
        )  # fmt: skip
        rows[name], digests[name] = frame.height, _digest(path)
    parameters = folder / bank.FILE
    parameters.write_text(_parameters(analysis), encoding="utf-8")
    manifest = dict(analysis.sections)
    manifest["report"] = {"title": title, "language": language}
    manifest["tables"] = table_section(rows, digests)
    _write_json(folder / MANIFEST, manifest)
    page = render(analysis.tables, manifest, title=title, language=language)
    (folder / REPORT).write_text(page, encoding="utf-8")
    return manifest


def _parameters(analysis: Analysis) -> str:
    """The calibrated items with b and standard errors beside their parameters."""
    items, rows = analysis.calibration.items, {row.item: row for row in analysis.tables.items}
    mine = [rows[item.name] for item in items]
    steps = {(row.item, row.step): row.intercept_se for row in analysis.tables.steps}
    most = max((len(item.intercepts) for item in items), default=1)
    beside: dict[str, list[float | None]] = {
        "b": [row.difficulty for row in mine],
        "slope_se": [row.slope_se for row in mine],
    }
    for k in range(1, most + 1):
        beside[f"d{k}_se"] = [steps.get((item.name, k)) for item in items]
    beside["b_se"] = [row.difficulty_se for row in mine]
    return bank.encode(items, beside)


def _frames(tables: Tables) -> dict[str, pl.DataFrame]:
    found = {name: _frame(getattr(tables, name), kind) for name, kind in TABLES.items()}
    if tables.persons:
        held = {
            name: pl.Series(name, values, nan_to_null=True)
            for name, values in tables.persons.items()
        }
        found["persons"] = pl.DataFrame(held)
    if tables.plausible is not None:
        drawn = {f"pv{k + 1}": values for k, values in enumerate(tables.plausible.T)}
        rows = np.arange(len(tables.plausible), dtype=np.int64)
        found["plausible"] = pl.DataFrame({"row": rows, **drawn})
    return found


def _frame(rows: Any, kind: type) -> pl.DataFrame:
    schema = {name: _TYPES[said] for name, (said, _) in columns(kind).items()}
    held = {name: [getattr(row, name) for row in rows] for name in schema}
    return pl.DataFrame(held, schema=schema)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    text = json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False, default=_plain)
    path.write_text(text + "\n", encoding="utf-8")


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} has no place in a manifest")


def write_answers(answers: Answers, file: Path) -> None:
    """Raw answers as a CSV that `reading.read_answers` reads: scores, `omitted`, `not reached`.

    Columns `group` and `school` where there are any. Raises PsychometricsError.
    """
    if file.exists():
        raise PsychometricsError(f"{file} exists: name another file")
    words = pl.DataFrame(
        {"code": np.array([OMITTED, NOT_REACHED, NOT_ADMINISTERED], np.uint8),
         "word": ["omitted", "not reached", ""]}
    )  # fmt: skip
    held: dict[str, pl.Series] = {}
    if answers.groups is not None:
        held["group"] = pl.Series([answers.group_names[g] for g in answers.groups])
    if answers.clusters is not None:
        held["school"] = pl.Series(answers.clusters)
    for j, name in enumerate(answers.items):
        codes = pl.Series(answers.codes[:, j])
        held[name] = codes.cast(pl.String).replace(words["code"].cast(pl.String), words["word"])
    file.parent.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(held).write_csv(file)


def read_manifest(folder: Path) -> dict[str, Any]:
    """manifest.json of an analysis folder. Raises PsychometricsError."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise PsychometricsError(f"{folder} has no readable {MANIFEST}: {fault}") from fault
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise PsychometricsError(f"{folder / MANIFEST}: the format must be {FORMAT}")
    return found


def read_tables(folder: Path) -> Tables:
    """The tables of an analysis folder, without persons. Raises PsychometricsError."""
    held: dict[str, Any] = {}
    for one in fields(Tables):
        if one.name in TABLES:
            path = folder / f"{one.name}.parquet"
            try:
                frame = pl.read_parquet(path)
                held[one.name] = [TABLES[one.name](**row) for row in frame.iter_rows(named=True)]
            except (OSError, TypeError, pl.exceptions.PolarsError) as fault:
                raise PsychometricsError(f"{path} cannot be read: {fault}") from fault
    return Tables(**held)


def rewrite_report(folder: Path, language: LanguageCode) -> Path:
    """Draw report.html of a folder anew from its tables, in this language; its path."""
    manifest = read_manifest(folder)
    page = render(
        read_tables(folder), manifest, title=manifest["report"]["title"], language=language
    )
    path = folder / (
        REPORT if language == manifest["report"]["language"] else f"report.{language}.html"
    )
    path.write_text(page, encoding="utf-8")
    return path
