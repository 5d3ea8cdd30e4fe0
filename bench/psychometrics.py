"""How fast a year group is calibrated and analysed. Prints JSON.

    python bench/psychometrics.py [--quick] [--threads N] [--rounds N] [--pymirt PYTHON] [--out F]

Every measurement is a process of its own: seconds by the wall clock, memory as the system's peak
less that of the same interpreter with the same libraries loaded and no data. Data are simulated,
seeded, and read by the process that is measured; making and reading them is not timed. Ratios to
other engines are of interleaved runs: ours, theirs, ours, theirs … and the median of the quotients.
`--pymirt` names a Python that has PyPI's `mirt`; R is asked whether it has its own.
"""

import argparse
import hashlib
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

FORMAT = "ardoise-bench-psychometrics/1"
MISSING = 255
GROWTH = (10_000, 100_000, 830_000, 3_000_000)
QUICK_GROWTH = (2_000, 20_000)


def simulate(folder: Path, pupils: int, items: int, *, missing: float, four: int = 0) -> Path:
    """codes.npy and groups.npy: 2PL items, a as lognormal, b as normal, 10 % missing."""
    draw = np.random.default_rng(20_260_901)
    slopes = np.exp(draw.normal(0.1, 0.3, items))
    places = draw.normal(0.0, 1.0, items)
    theta = draw.normal(size=pupils)
    codes = np.empty((pupils, items), np.uint8)
    for j in range(items):
        p = 1 / (1 + np.exp(-slopes[j] * (theta - places[j])))
        codes[:, j] = draw.random(pupils) < p
        codes[draw.random(pupils) < missing, j] = MISSING
    np.save(folder / "codes.npy", codes)
    np.save(folder / "groups.npy", (draw.random(pupils) < 0.5).astype(np.int32))
    return folder


# --- what is measured, in a process of its own ---------------------------------------------------


def _answers(folder: Path) -> Any:
    from ardoise.psychometrics.responses import Answers

    codes, groups = np.load(folder / "codes.npy"), np.load(folder / "groups.npy")
    names = tuple(f"item{j:02}" for j in range(codes.shape[1]))
    categories = np.full(len(names), 2)
    return Answers(names, codes, categories, groups=groups, group_names=("one", "other"))


def run_calibration(folder: Path, threads: int) -> tuple[float, dict[str, Any]]:
    """2PL of everybody as one group, float64, the default grid and tolerance."""
    from ardoise.psychometrics.calibration import calibrate
    from ardoise.psychometrics.responses import Responses

    codes = np.load(folder / "codes.npy")
    names = tuple(f"item{j:02}" for j in range(codes.shape[1]))
    responses = Responses(names, codes, np.full(len(names), 2))
    started = time.perf_counter()
    found = calibrate(responses, model="2PL", threads=threads)
    seconds = time.perf_counter() - started
    bits = np.array([(item.slope, *item.intercepts) for item in found.items]).tobytes()
    return seconds, {
        "log_likelihood": found.log_likelihood,
        "iterations": found.iterations,
        "converged": found.converged,
        "digest": hashlib.sha256(bits).hexdigest(),
    }


def run_chain(folder: Path, threads: int) -> tuple[float, dict[str, Any]]:
    """Classical, 2PL, cross-product errors, EAP, WLE, infit, outfit, Mantel-Haenszel."""
    from ardoise.psychometrics.calibration import calibrate
    from ardoise.psychometrics.classical import classical
    from ardoise.psychometrics.dif import GroupPair, mantel_haenszel
    from ardoise.psychometrics.errors import standard_errors
    from ardoise.psychometrics.fit import item_fit
    from ardoise.psychometrics.persons import eap, wle
    from ardoise.psychometrics.responses import MissingRule

    answers = _answers(folder)
    responses = answers.under(MissingRule())
    del answers
    laps: dict[str, float] = {}
    started = last = time.perf_counter()

    def lap(name: str) -> None:
        nonlocal last
        now = time.perf_counter()
        laps[name], last = round(now - last, 3), now

    classical(responses)
    lap("classical")
    found = calibrate(responses, model="2PL", threads=threads)
    lap("calibration")
    standard_errors(found, responses, threads=threads)
    lap("standard errors")
    abilities = eap(responses, found, threads=threads)
    lap("eap")
    wle(responses, found, threads=threads)
    lap("wle")
    item_fit(responses, found.items, abilities.theta)
    lap("infit, outfit")
    mantel_haenszel(responses, GroupPair.of_groups(responses, "one", "other"))
    lap("mantel-haenszel")
    return time.perf_counter() - started, {"stages": laps}


def run_analysis(folder: Path, threads: int) -> tuple[float, dict[str, Any]]:
    """What `ardoise psychometrics calibrate` does, the folder and its report included."""
    from ardoise.psychometrics.analysis import analyse
    from ardoise.psychometrics.writing import write

    answers = _answers(folder)
    started = time.perf_counter()
    analysis = analyse(answers, threads=threads)
    analysed = time.perf_counter() - started
    with tempfile.TemporaryDirectory() as out:
        write(analysis, Path(out) / "analysis")
        digest = hashlib.sha256()
        for file in sorted((Path(out) / "analysis").iterdir()):
            digest.update(file.read_bytes())
    seconds = time.perf_counter() - started
    return seconds, {"before_writing": round(analysed, 3), "digest": digest.hexdigest()}


RUNS: dict[str, Callable[[Path, int], tuple[float, dict[str, Any]]]] = {
    "calibration": run_calibration,
    "chain": run_chain,
    "analysis": run_analysis,
}


def one_run(name: str, folder: Path, threads: int) -> dict[str, Any]:
    """In this process: the libraries first, their memory, then the run."""
    import polars  # noqa: F401
    import scipy.optimize
    import scipy.stats  # noqa: F401

    import ardoise.psychometrics.analysis

    if name == "analysis":
        import ardoise.psychometrics.writing  # noqa: F401
    before = peak_mb()
    seconds, more = RUNS[name](folder, threads)
    return {"seconds": round(seconds, 3), "mb": round(peak_mb() - before, 1), **more}


def peak_mb() -> float:
    """The process's peak resident memory, as the kernel counts it."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise OSError("this system does not say what a process's peak memory was")


def measured(name: str, folder: Path, threads: int) -> dict[str, Any]:
    """One run in a fresh process."""
    command = [sys.executable, __file__, "--one", name, str(folder), str(threads)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    result: dict[str, Any] = json.loads(done.stdout)
    return result


# --- other engines, run as programs --------------------------------------------------------------

_PYMIRT = """
import json, sys, time
import numpy as np
import mirt
codes = np.load(sys.argv[1]).astype(np.int64)
codes[codes == 255] = -1
started = time.perf_counter()
mirt.fit_mirt(
    codes, model="2PL", n_quadpts=61, tol=1e-4, accelerate="squarem",
    compute_standard_errors=False,
)
print(json.dumps({"seconds": time.perf_counter() - started}))
"""
_R = """
suppressMessages(library(mirt))
raw <- readBin(commandArgs(TRUE)[1], "raw", file.size(commandArgs(TRUE)[1]))
x <- matrix(as.integer(raw), ncol = as.integer(commandArgs(TRUE)[2]), byrow = TRUE)
x[x == 255L] <- NA
started <- proc.time()[["elapsed"]]
invisible(mirt(as.data.frame(x), 1, itemtype = "2PL", verbose = FALSE))
cat(sprintf('{"seconds": %f}', proc.time()[["elapsed"]] - started))
"""


def pymirt_run(python: str, folder: Path) -> float:
    """Seconds of PyPI's mirt on the same codes."""
    command = [python, "-c", _PYMIRT, str(folder / "codes.npy")]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    return float(json.loads(done.stdout.splitlines()[-1])["seconds"])


def r_run(folder: Path) -> float:
    """Seconds of R's mirt on the same codes."""
    codes = np.load(folder / "codes.npy")
    raw, script = folder / "codes.raw", folder / "mirt.R"
    raw.write_bytes(codes.tobytes())
    script.write_text(_R)
    command = [shutil.which("Rscript") or "Rscript", str(script), str(raw), str(codes.shape[1])]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    return float(json.loads(done.stdout.splitlines()[-1])["seconds"])


def has_r_mirt() -> bool:
    """Whether there is an R with mirt."""
    if shutil.which("Rscript") is None:
        return False
    asked = ["Rscript", "-e", "quit(status = !requireNamespace('mirt', quietly = TRUE))"]
    return subprocess.run(asked, check=False, capture_output=True).returncode == 0  # noqa: S603


def ratio(folder: Path, threads: int, rounds: int, theirs: Callable[[], float]) -> dict[str, Any]:
    """Interleaved: how many times longer the other engine takes."""
    quotients, ours_all, theirs_all = [], [], []
    for _ in range(rounds):
        ours = measured("calibration", folder, threads)["seconds"]
        other = theirs()
        ours_all.append(ours)
        theirs_all.append(round(other, 3))
        quotients.append(other / ours)
    return {
        "ratio": round(statistics.median(quotients), 1),
        "ratios": [round(one, 1) for one in quotients],
        "ours": ours_all,
        "theirs": theirs_all,
    }


# --- the whole -----------------------------------------------------------------------------------


def bench(options: argparse.Namespace) -> dict[str, Any]:
    """All measurements. `--quick` takes smaller data and one round."""
    quick, threads = options.quick, options.threads
    base, large = (5_000, 20_000) if quick else (100_000, 830_000)
    rounds = 1 if quick else options.rounds
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = simulate(Path(name), base, 60, missing=0.1)
        runs = [measured("calibration", folder, threads) for _ in range(rounds)]
        found["2pl"] = _middle(runs) | {"pupils": base, "items": 60}
        by_threads = {str(n): measured("calibration", folder, n)["digest"] for n in (1, 2, 3)}
        again = measured("analysis", folder, 1)["digest"], measured("analysis", folder, 2)["digest"]
        found["same_bits"] = {
            "parameters": len(set(by_threads.values())) == 1,
            "folder": again[0] == again[1],
        }
        if options.pymirt:
            found["pymirt"] = ratio(
                folder, threads, rounds, lambda: pymirt_run(options.pymirt, folder)
            )
        if has_r_mirt():
            found["r_mirt"] = ratio(folder, threads, rounds, lambda: r_run(folder))
    with tempfile.TemporaryDirectory() as name:
        folder = simulate(Path(name), large, 60, missing=0.1)
        for kind in ("chain", "analysis"):
            found[kind] = _middle([measured(kind, folder, threads) for _ in range(rounds)])
            found[kind] |= {"pupils": large, "items": 60}
    found["growth"] = []
    for pupils in QUICK_GROWTH if quick else GROWTH:
        with tempfile.TemporaryDirectory() as name:
            folder = simulate(Path(name), pupils, 60, missing=0.1)
            one = measured("calibration", folder, threads)
            found["growth"].append({"pupils": pupils, "seconds": one["seconds"], "mb": one["mb"]})
    return found


def _middle(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The run of median time."""
    return sorted(runs, key=lambda run: run["seconds"])[len(runs) // 2]


def circumstances(threads: int) -> dict[str, Any]:
    """Where and with what it was measured."""
    from ardoise.clock import system_clock
    from ardoise.psychometrics.manifest import versions

    root = Path(__file__).parents[1]
    asked = ["git", "-C", str(root), "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(asked, check=False, capture_output=True, text=True)  # noqa: S603
    return {
        "date": f"{system_clock():%Y-%m-%d}",
        "commit": commit.stdout.strip(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "threads": threads,
        "versions": versions(),
    }


def main() -> None:
    """Measure, print, and keep if asked."""
    if len(sys.argv) > 1 and sys.argv[1] == "--one":
        name, folder, threads = sys.argv[2:]
        print(json.dumps(one_run(name, Path(folder), int(threads))))  # noqa: T201
        return
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="small data, one round")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pymirt", default="", help="a Python that has PyPI's mirt")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    document = {"format": FORMAT, "quick": options.quick, **circumstances(options.threads)}
    document |= bench(options)
    text = json.dumps(document, indent=1)
    print(text)  # noqa: T201
    if options.out:
        options.out.write_text(text + "\n")


if __name__ == "__main__":
    main()
