"""Item parameters in a file: what calibrations hand on to the next year as anchors.

CSV, one row an item: `item,model,slope,guess,d1,d2,…` in the parametrisation of models.py. An
analysis folder has one, parameters.csv, and may itself be named in its place; there `b` and
standard errors (`…_se`) follow, which reading passes over.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from ardoise.psychometrics.faults import ModelError
from ardoise.psychometrics.models import MODELS, ItemParameters, Model
from ardoise.psychometrics.responses import MAX_CATEGORIES, MAX_ITEMS

FILE = "parameters.csv"
SIZE_LIMIT = 8 << 20


def encode(
    items: Sequence[ItemParameters], beside: Mapping[str, Sequence[float | None]] | None = None
) -> str:
    """As CSV. Numbers are written so that they read back to the bit.

    ``beside``: further columns by name, a value an item.
    """
    beside = beside or {}
    most = max((len(item.intercepts) for item in items), default=1)
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["item", "model", "slope", "guess", *(f"d{k + 1}" for k in range(most)), *beside])
    for at, item in enumerate(items):
        steps = [repr(d) for d in item.intercepts]
        rest = [""] * (most - len(steps))
        more = ["" if (x := column[at]) is None else repr(x) for column in beside.values()]
        own = [item.name, item.model, repr(item.slope), repr(item.guess)]
        rows.writerow([*own, *steps, *rest, *more])
    return text.getvalue()


def read_bank(path: Path) -> dict[str, ItemParameters]:
    """Name → parameters, in the file's order. Raises ModelError naming file, line and column."""
    file = path / FILE if path.is_dir() else path
    try:
        if file.stat().st_size > SIZE_LIMIT:
            raise ModelError(f"{file} is larger than {SIZE_LIMIT >> 20} MiB: it is no item bank")
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeError) as fault:
        raise ModelError(f"{file} cannot be read: {fault}") from fault
    rows = csv.DictReader(io.StringIO(text))
    missing = {"item", "model", "slope", "d1"} - set(rows.fieldnames or ())
    if missing:
        raise ModelError(
            f"{file}: no column {', '.join(sorted(missing))}; see docs/psychometrics.md"
        )
    found: dict[str, ItemParameters] = {}
    for row in rows:
        place = f"{file}, line {rows.line_num}"
        item = _item(row, place)
        if item.name in found:
            raise ModelError(f"{place}: item {item.name!r} stands twice")
        found[item.name] = item
        if len(found) > MAX_ITEMS:
            raise ModelError(f"{file} has more than {MAX_ITEMS} items")
    if not found:
        raise ModelError(f"{file} has no item")
    return found


def _item(row: dict[str, str], place: str) -> ItemParameters:
    model = (row["model"] or "").strip().upper()
    if model not in MODELS:
        raise ModelError(f"{place}, column model: {row['model']!r} is not one of {MODELS}")
    steps = []
    for k in range(1, MAX_CATEGORIES):
        said = (row.get(f"d{k}") or "").strip()
        if not said:
            break
        steps.append(_number(said, f"{place}, column d{k}"))
    slope = _number(row["slope"] or "", f"{place}, column slope")
    guess = _number(row.get("guess") or "0", f"{place}, column guess")
    try:
        return ItemParameters(row["item"], cast(Model, model), slope, tuple(steps), guess)
    except ModelError as fault:
        raise ModelError(f"{place}: {fault}") from fault


def _number(text: str, place: str) -> float:
    try:
        return float(text)
    except ValueError as fault:
        raise ModelError(f"{place}: {text!r} is no number") from fault
