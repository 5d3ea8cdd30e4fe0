"""What it costs to release safely: synthetic, seeded pupils. Prints JSON.

    python bench/disclosure.py [--rows N] [--grow N,N,…] [--tables N,N] [--quick] [--out FILE.json]

Files: five quasi-identifiers, k = 10, l = 3, t = 0.3, then an attacker who knows all five of
everybody. Tables: département × group (714 cells) and × school type (2,856 cells), the audit
included; every interval is then computed again by another solver in another process, since
OR-tools and HiGHS cannot share one. Each part runs in a process of its own, whose peak memory is
what the system says of it.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ardoise.clock import system_clock
from ardoise.disclosure.attacks import reidentify
from ardoise.disclosure.microdata.goals import Goal
from ardoise.disclosure.microdata.hierarchies import (
    Hierarchy,
    dates,
    exact,
    from_columns,
    mapped,
)
from ardoise.disclosure.microdata.lattice import Sensitive, generalise
from ardoise.disclosure.microdata.mondrian import partition
from ardoise.disclosure.tables import Dimension, Policy, TableSpec, audit, build, protect
from ardoise.disclosure.tables.protection import Protected

SECOND = Path(__file__).parents[1] / "tests" / "disclosure" / "second_solver.py"
QUASI = ("birth", "sex", "departement", "type", "repeated")
DEPARTMENTS, ACADEMIES = 101, 30
GOAL = Goal(k=10, distinct_l=3, t=0.3, most_suppressed=0.01)
TABLES = {
    "714": (("departement", "group"), 12_000),
    "2856": (("departement", "group", "type"), 100_000),
}
TOLERANCE = 1e-4


def pupils(rows: int, seed: int) -> pl.DataFrame:
    """Départements as unequal as France's, a year of births and some who repeated, six groups."""
    rng = np.random.default_rng(seed)
    weight = rng.dirichlet(np.full(DEPARTMENTS, 1.5))
    place = rng.choice(DEPARTMENTS, rows, p=weight)
    repeated = rng.random(rows) < 0.06
    born = rng.integers(0, 365, rows) - 365 * repeated
    days = np.array([date(2014, 1, 1) + timedelta(days=n) for n in range(-365, 365)], dtype="M8[D]")
    ability = rng.normal(size=rows) - 0.5 * repeated + rng.normal(0, 0.2, DEPARTMENTS)[place]
    kind, here = rng.choice(3, rows, p=[0.2, 0.62, 0.18]), range(DEPARTMENTS)
    return pl.DataFrame(
        {
            "departement": pl.Series([f"d{n:03}" for n in here])[place],
            "academie": pl.Series([f"a{n * ACADEMIES // DEPARTMENTS:02}" for n in here])[place],
            "birth": pl.Series(days[born + 365]),
            "sex": pl.Series(["F", "M"])[rng.integers(0, 2, rows)],
            "type": pl.Series(["private", "public", "rep"])[kind],
            "repeated": pl.Series(["no", "yes"])[repeated.astype(np.int64)],
            "group": np.searchsorted([-1.5, -0.7, 0.0, 0.7, 1.5], ability) + 1,
        }
    )  # fmt: skip


def hierarchies(frame: pl.DataFrame) -> list[Hierarchy]:
    """As a plan would declare them."""
    sector = {"public": "public", "rep": "public", "private": "private"}
    declared = {
        "birth": dates("birth"),
        "departement": from_columns(frame, ["departement", "academie"]),
        "type": mapped("type", ["type", "sector"], [sector]),
    }
    return [declared.get(column) or exact(column) for column in QUASI]


def microdata(method: str, rows: int, seed: int) -> dict[str, Any]:
    """Make one file, then attack it."""
    frame = pupils(rows, seed).with_columns(pl.int_range(rows).alias("at"))
    declared, told = hierarchies(frame), [Sensitive("group", ordered=True)]
    before, started = _peak_mb(), time.perf_counter()
    if method == "lattice":
        made = generalise(frame, declared, told, GOAL)
        released, suppressed, loss = made.frame, made.suppressed, made.loss
        shape: dict[str, Any] = {"levels": made.node, "nodes": made.nodes, "visited": made.visited}
    else:
        cut = partition(frame, declared, told, GOAL)
        released, suppressed, loss = cut.frame, 0.0, cut.loss
        shape = {"parts": cut.parts, "exact": {c: round(s, 4) for c, s in cut.exact.items()}}
    seconds, peak = time.perf_counter() - started, _peak_mb()
    started = time.perf_counter()
    attack = reidentify(frame, released, declared, released["at"].to_numpy().astype(np.int64))
    return {
        "rows": rows,
        "seconds": round(seconds, 2),
        "peak_mb": round(peak),
        "mb_before": round(before),
        "suppressed": round(suppressed, 5),
        "information_lost": round(loss, 4),
        **shape,
        "reidentified_at_most": round(attack.success, 4),
        "bound": 1 / GOAL.k,
        "attack_seconds": round(time.perf_counter() - started, 2),
    }


def table(cells: str, seed: int) -> dict[str, Any]:
    """Protect one table, attack it, have the attack made again by somebody else."""
    by, rows = TABLES[cells]
    frame = pupils(rows, seed)
    system = build(frame, [TableSpec(tuple(Dimension.flat(name) for name in by))])
    started = time.perf_counter()
    protected = protect(system, Policy())
    seconds, peak = time.perf_counter() - started, _peak_mb()
    naive = audit(system, protected.sensitivity, protected.sensitivity.primary, complete=True)
    small = int(protected.sensitivity.primary.sum())
    return {
        "cells": system.size,
        "rows": rows,
        "method": protected.method,
        "seconds": round(seconds, 2),
        "peak_mb": round(peak),
        "small": small,
        "hidden": int(protected.hidden.sum()),
        "linear_programmes": protected.audit.programmes,
        "recoverable": len(protected.audit.recovered),
        "under_protected": len(protected.audit.under_protected),
        "second_solver": second_opinion(protected),
        "naive_recoverable_share": round(len(naive.recovered) / max(small, 1), 3),
        "naive_under_protected_share": round(
            (len(naive.recovered) + len(naive.under_protected)) / max(small, 1), 3
        ),
    }


def second_opinion(protected: Protected) -> dict[str, Any]:
    """Every hidden cell's interval from OR-tools' GLOP, held against the policy."""
    system, rules = protected.system, protected.sensitivity
    sums = system.sums
    rows = [
        [[int(c), float(s)] for c, s in zip(sums.indices[a:b], sums.data[a:b], strict=True)]
        for a, b in zip(sums.indptr[:-1], sums.indptr[1:], strict=True)
    ]
    hidden = [int(cell) for cell in np.flatnonzero(protected.hidden)]
    asked = {"sums": rows, "values": system.values.tolist(), "hidden": hidden}
    started = time.perf_counter()
    done = subprocess.run(  # noqa: S603
        [sys.executable, str(SECOND)], input=json.dumps(asked), capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    found = json.loads(done.stdout)
    recovered = under = 0
    for cell, (low, high) in zip(hidden, found, strict=True):
        whole = np.ceil(low - TOLERANCE), np.floor(high + TOLERANCE)
        recovered += bool(whole[0] >= whole[1])
        under += bool(
            rules.primary[cell]
            and (low > rules.at_most[cell] + TOLERANCE or high < rules.at_least[cell] - TOLERANCE)
        )
    return {
        "solver": "OR-tools GLOP", "recoverable": recovered, "under_protected": under,
        "seconds": round(time.perf_counter() - started, 2),
    }  # fmt: skip


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


PARTS: dict[str, Callable[..., dict[str, Any]]] = {"microdata": microdata, "table": table}


def apart(part: str, *said: str | int) -> dict[str, Any]:
    """One part in a process of its own."""
    sys.stderr.write(f"{part} {said}\n")
    command = [sys.executable, __file__, "--part", part, *map(str, said)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise SystemExit(done.stderr)
    return dict(json.loads(done.stdout))


def main() -> None:
    """All parts, one after another."""
    if sys.argv[1:2] == ["--part"]:
        said: list[Any] = list(sys.argv[3:])
        said[-1] = int(said[-1])
        if sys.argv[2] == "microdata":
            said[1] = int(said[1])
        sys.stdout.write(json.dumps(PARTS[sys.argv[2]](*said)))
        return
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=1_000_000)
    asked.add_argument("--grow", default="2000000,5000000,10000000")
    asked.add_argument("--seed", type=int, default=2026)
    asked.add_argument("--tables", default=",".join(TABLES))
    asked.add_argument("--quick", action="store_true", help="100,000 rows, no growth, one table")
    asked.add_argument("--out", type=Path)
    given = asked.parse_args()
    rows = 100_000 if given.quick else given.rows
    grow = [] if given.quick else [int(one) for one in given.grow.split(",") if one]
    sizes = ["714"] if given.quick else [one for one in given.tables.split(",") if one]
    load = os.getloadavg()[0]
    document = {
        "what": "releases: files of persons and protected tables",
        "goal": {"k": GOAL.k, "l": GOAL.distinct_l, "t": GOAL.t, "quasi": len(QUASI)},
        "files": {m: apart("microdata", m, rows, given.seed) for m in ("lattice", "mondrian")},
        "growth": [apart("microdata", "lattice", more, given.seed) for more in grow],
        "tables": [apart("table", size, given.seed) for size in sizes],
        "seed": given.seed,
        "date": f"{system_clock():%Y-%m-%d}",
        "commit": commit(),
        "machine": {
            "processor": _processor(), "cores": os.cpu_count(), "system": platform.platform(),
            "python": platform.python_version(), "polars": pl.__version__,
            "load_before": round(load, 2),
        },
    }  # fmt: skip
    text = json.dumps(document, indent=2, ensure_ascii=False)
    sys.stdout.write(text + "\n")
    if given.out:
        given.out.write_text(text + "\n")


def commit() -> str:
    """Of the checkout; `+` if something is changed."""
    here = Path(__file__).parent
    asked = ["git", "-C", str(here)]
    name = subprocess.run([*asked, "rev-parse", "--short", "HEAD"], capture_output=True, text=True)  # noqa: PLW1510, S603
    changed = subprocess.run([*asked, "status", "--porcelain"], capture_output=True, text=True)  # noqa: PLW1510, S603
    return name.stdout.strip() + ("+" if changed.stdout.strip() else "")


def _processor() -> str:
    listed = Path("/proc/cpuinfo")
    for line in listed.read_text().splitlines() if listed.exists() else ():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()


if __name__ == "__main__":
    main()
