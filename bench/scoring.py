"""How fast a cohort is scored: 830,000 pupils × 60 items, synthetic and seeded. Prints JSON.

    python bench/scoring.py [--pupils N] [--seed N] [--out FILE.json]

Twenty choices, twenty multiple responses, twenty text entries with 5,000 distinct texts each (half
of the texts' items are scored by rules of their own, half by a mapping). The responses lie in a
Parquet file, the outcomes are written to another: reading, scoring and writing are timed together,
in a process of its own, whose peak memory is what the system says of it.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
from polars.io.plugins import register_io_source

from ardoise.clock import system_clock
from ardoise.content.model import Item
from ardoise.content.package import read_package
from ardoise.scoring import Scorer, compile_item
from ardoise.scoring.cohort import Cohort

KINDS = ("choice", "multiple", "text")
EACH = 20
TEXTS = 5_000
BATCH = 50_000
NAMESPACE = "http://www.imsglobal.org/xsd/imsqtiasi_v3p0"
TEMPLATE = "https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/"
OPTIONS = "ABCDE"


def identifiers() -> list[tuple[str, str]]:
    """Item identifiers with their kind."""
    return [(f"{kind}-{number:02d}", kind) for kind in KINDS for number in range(EACH)]


def item_xml(identifier: str, kind: str) -> str:
    """One item as an author would write it."""
    number = int(identifier[-2:])
    cardinality = "multiple" if kind == "multiple" else "single"
    base = "string" if kind == "text" else "identifier"
    declared, processing = "", f'<qti-response-processing template="{TEMPLATE}map_response.xml"/>'
    if kind == "choice":
        declared = "<qti-correct-response><qti-value>B</qti-value></qti-correct-response>"
        processing = processing.replace("map_response", "match_correct")
    elif kind == "multiple":
        declared = mapping([("A", 1.0), ("C", 1.0), ("E", -0.5)], 'lower-bound="0"')
    elif number % 2:
        declared = mapping([(text_of(rank), 1 / 2**rank) for rank in range(6)])
    else:
        declared = "<qti-correct-response><qti-value>mot 0</qti-value></qti-correct-response>"
        processing = RULES
    options = "".join(
        f'<qti-simple-choice identifier="{option}">{option}</qti-simple-choice>'
        for option in OPTIONS
    )
    drawn = (
        '<p><qti-text-entry-interaction response-identifier="RESPONSE"/></p>'
        if kind == "text"
        else f'<qti-choice-interaction response-identifier="RESPONSE" '
        f'max-choices="{1 if kind == "choice" else 0}">{options}</qti-choice-interaction>'
    )
    return (
        f'<qti-assessment-item xmlns="{NAMESPACE}" identifier="{identifier}" title="" '
        f'adaptive="false" time-dependent="false"><qti-response-declaration identifier="RESPONSE" '
        f'cardinality="{cardinality}" base-type="{base}">{declared}</qti-response-declaration>'
        '<qti-outcome-declaration identifier="SCORE" cardinality="single" base-type="float"/>'
        f"<qti-item-body>{drawn}</qti-item-body>{processing}</qti-assessment-item>"
    )


def mapping(entries: list[tuple[str, float]], bounds: str = "") -> str:
    """A mapping of texts to points."""
    rows = "".join(f'<qti-map-entry map-key="{k}" mapped-value="{v}"/>' for k, v in entries)
    return f'<qti-mapping default-value="0" {bounds}>{rows}</qti-mapping>'


RULES = """<qti-response-processing><qti-response-condition><qti-response-if>
<qti-is-null><qti-variable identifier="RESPONSE"/></qti-is-null>
<qti-set-outcome-value identifier="SCORE"><qti-base-value base-type="float">0</qti-base-value>
</qti-set-outcome-value></qti-response-if><qti-response-else-if>
<qti-string-match case-sensitive="false"><qti-variable identifier="RESPONSE"/>
<qti-correct identifier="RESPONSE"/></qti-string-match>
<qti-set-outcome-value identifier="SCORE"><qti-base-value base-type="float">2</qti-base-value>
</qti-set-outcome-value></qti-response-else-if><qti-response-else-if>
<qti-pattern-match pattern="mot [1-9]"><qti-variable identifier="RESPONSE"/></qti-pattern-match>
<qti-set-outcome-value identifier="SCORE"><qti-base-value base-type="float">1</qti-base-value>
</qti-set-outcome-value></qti-response-else-if></qti-response-condition></qti-response-processing>"""


def text_of(rank: int) -> str:
    """The text of that rank; the lower, the more often it is given."""
    return f"mot {rank}" if rank % 3 else f"Mot  {rank} "


def items_of(folder: Path) -> tuple[Item, ...]:
    """Write the package and read it as any package is read."""
    folder = folder / "package"
    folder.mkdir(exist_ok=True)
    listed = []
    for identifier, kind in identifiers():
        (folder / f"{identifier}.xml").write_text(item_xml(identifier, kind))
        listed.append(
            f'<resource identifier="{identifier}" type="imsqti_item_xmlv3p0" '
            f'href="{identifier}.xml"><file href="{identifier}.xml"/></resource>'
        )
    (folder / "imsmanifest.xml").write_text(
        '<manifest xmlns="http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1" identifier="m">'
        "<metadata><schema>QTI Package</schema><schemaversion>3.0.0</schemaversion></metadata>"
        f"<organizations/><resources>{''.join(listed)}</resources></manifest>"
    )
    return read_package(folder, name="bench").items


def responses_of(pupils: int, seed: int) -> pl.LazyFrame:
    """A column an item; texts by Zipf's law, 3 % of everything left out."""
    texts = pl.Series([None, *(text_of(rank) for rank in range(TEXTS))], dtype=pl.String)
    single = pl.Series([None, *OPTIONS], dtype=pl.String)
    sets = [[OPTIONS[bit] for bit in range(5) if chosen >> bit & 1] for chosen in range(32)]
    several = pl.Series(sets, dtype=pl.List(pl.String))
    weights = 1.0 / np.arange(1, TEXTS + 1)
    edges = np.cumsum(weights / weights.sum())
    pools = {"choice": single, "multiple": several, "text": texts}

    def column(kind: str, rows: int, rng: np.random.Generator) -> pl.Series:
        if kind == "text":
            drawn = 1 + np.minimum(np.searchsorted(edges, rng.random(rows)), TEXTS - 1)
        else:
            drawn = rng.integers(1, len(pools[kind]), rows)
        drawn[rng.random(rows) < 0.03] = 0
        return pools[kind].gather(pl.Series(drawn.astype(np.uint32)))

    schema = {"pupil": pl.Int64()} | {f"{i}:RESPONSE": pools[k].dtype for i, k in identifiers()}

    def batches(*_: object) -> Iterator[pl.DataFrame]:
        rng = np.random.default_rng(seed)
        for start in range(0, pupils, BATCH):
            rows = min(BATCH, pupils - start)
            columns = {f"{i}:RESPONSE": column(k, rows, rng) for i, k in identifiers()}
            numbers = pl.Series(range(start, start + rows), dtype=pl.Int64)
            yield pl.DataFrame({"pupil": numbers, **columns})

    return register_io_source(batches, schema=schema)


def cohort_stage(folder: Path) -> dict[str, float]:
    """In a process of its own: from file to file."""
    items = items_of(folder)
    before = peak_mib()
    started = time.perf_counter()
    cohort = Cohort(items)
    cohort.write(pl.scan_parquet(folder / "in.parquet"), folder / "out.parquet")
    seconds = time.perf_counter() - started
    return {
        "seconds": seconds,
        "distinct_responses": cohort.distinct,
        "peak_mib": peak_mib(),
        "mib_before": before,
    }


def peak_mib() -> float:
    """The most that this process has held. Not getrusage: that counts the parent's before exec."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def one_by_one(items: tuple[Item, ...], frame: pl.DataFrame) -> dict[str, float]:
    """Responses a second where nothing is remembered: by columns, and pupil after pupil."""
    scorers = [compile_item(item) for item in items]
    columns = [given_tuples(frame[f"{item.identifier}:RESPONSE"]) for item in items]
    started = time.perf_counter()
    for scorer, column in zip(scorers, columns, strict=True):
        pl.Series([scorer.score({"RESPONSE": given}).score for given in column], dtype=pl.Float64)
    by_columns = time.perf_counter() - started
    rows = list(zip(*columns, strict=True))
    started = time.perf_counter()
    for row in rows:
        for scorer, given in zip(scorers, row, strict=True):
            scorer.score({"RESPONSE": given})
    by_rows = time.perf_counter() - started
    count = frame.height * len(items)
    return {"columns_per_second": count / by_columns, "rows_per_second": count / by_rows}


def given_tuples(column: pl.Series) -> list[tuple[str, ...]]:
    """Cells as a scorer takes them."""
    return [
        () if cell is None else (cell,) if isinstance(cell, str) else tuple(cell)
        for cell in column.to_list()
    ]


def median_us(scorer: Scorer, given: list[tuple[str, ...]]) -> float:
    """Median over single calls, in microseconds."""
    taken = []
    for values in given:
        responses = {"RESPONSE": values}
        started = time.perf_counter_ns()
        scorer.score(responses)
        taken.append(time.perf_counter_ns() - started)
    return statistics.median(taken) / 1000


def machine() -> dict[str, object]:
    """What it ran on."""
    model = "unknown"
    info = Path("/proc/cpuinfo")
    if info.exists():
        named = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        model = named[0].partition(":")[2].strip() if named else model
    return {
        "processor": model,
        "cores": len(os.sched_getaffinity(0)),
        "system": platform.platform(),
        "python": platform.python_version(),
        "polars": pl.__version__,
        "load_before": round(os.getloadavg()[0], 2),
    }


def commit() -> str:
    """The commit measured, with a plus if files of the scoring differ from it."""

    def git(*words: str) -> str:
        return subprocess.run(  # noqa: S603
            ["git", *words],  # noqa: S607
            capture_output=True,
            text=True,
            check=False,
            cwd=Path(__file__).parent,
        ).stdout.strip()

    changed = git("status", "--porcelain", "../src/ardoise/scoring", "../src/ardoise/content")
    return git("rev-parse", "--short", "HEAD") + ("+" if changed else "")


def measure(pupils: int, seed: int) -> dict[str, object]:
    """Everything, as the JSON says it."""
    where, stated = machine(), commit()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        items = items_of(folder)
        responses_of(pupils, seed).sink_parquet(folder / "in.parquet")
        call = [sys.executable, __file__, "--stage", name]
        output = subprocess.run(call, check=True, stdout=subprocess.PIPE).stdout  # noqa: S603
        staged = json.loads(output)
        sample = pl.scan_parquet(folder / "in.parquet").head(min(pupils, 4_000)).collect()
        singly = one_by_one(items, sample)
        medians: dict[str, list[float]] = {kind: [] for kind in KINDS}
        for (identifier, kind), item in zip(identifiers(), items, strict=True):
            given = given_tuples(sample[f"{identifier}:RESPONSE"][:1_000])
            medians[kind].append(median_us(compile_item(item), given))
    count = pupils * len(items)
    rate = count / staged["seconds"]
    return {
        "what": "cohort scoring, Parquet to Parquet",
        "pupils": pupils,
        "items": len(items),
        "responses": count,
        "distinct_responses": staged["distinct_responses"],
        "seconds": round(staged["seconds"], 2),
        "responses_per_second": round(rate),
        "responses_per_second_without_distinct_step": round(singly["columns_per_second"]),
        "responses_per_second_one_by_one": round(singly["rows_per_second"]),
        "ratio_to_without_distinct_step": round(rate / singly["columns_per_second"], 1),
        "ratio_to_one_by_one": round(rate / singly["rows_per_second"], 1),
        "median_us_per_response": {
            kind: round(statistics.median(found), 2) for kind, found in medians.items()
        },
        "slowest_item_median_us": round(max(max(found) for found in medians.values()), 2),
        "peak_mib": round(staged["peak_mib"]),
        "mib_before": round(staged["mib_before"]),
        "seed": seed,
        "date": system_clock().date().isoformat(),
        "commit": stated,
        "machine": where,
    }


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pupils", type=int, default=830_000)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--out", type=Path, help="write the JSON there too")
    parser.add_argument("--stage", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.stage:
        sys.stdout.write(json.dumps(cohort_stage(asked.stage)))
        return
    text = json.dumps(measure(asked.pupils, asked.seed), indent=2)
    if asked.out:
        asked.out.write_text(text + "\n")
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
