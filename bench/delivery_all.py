"""Every delivery benchmark, one after the other; results go to bench/results/.

    python bench/delivery_all.py [--quick] [--kinds embedded,postgres] [--only NAME,…] [--into DIR]

About half an hour on two cores; nothing else should run meanwhile. One that fails is named at the
end and does not keep the others from running. Larger growth, where a disk has room for it:

    python bench/delivery_growth.py --rows 1,10,50 --cold-bytes 128 --out …
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

from delivery_machine import ROOT, environment, say

SCRIPTS = {
    # name: seconds after which it is given up
    "delivery": 600,
    "delivery_connections": 500,
    "delivery_logins": 400,
    "delivery_rush": 700,
    "delivery_returns": 500,
    "delivery_growth": 1_500,
}


def run(name: str, seconds: float, arguments: list[str]) -> bool:
    """One script; whether it ended well. What it started ends with it: it is asked first."""
    command = [sys.executable, str(ROOT / "bench" / f"{name}.py"), *arguments]
    process = subprocess.Popen(  # noqa: S603 - our own scripts
        command, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    try:
        return process.wait(seconds) == 0
    except subprocess.TimeoutExpired:
        say(f"{name} is given up after {seconds:.0f} s")
        # As Ctrl-C: its `finally` blocks stop servers and remove files.
        process.send_signal(2)
        try:
            process.wait(120)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        return False


def main() -> None:
    """Run them; the exit code says whether all ended well."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="a few minutes, to try it")
    parser.add_argument("--kinds", default="embedded,postgres")
    parser.add_argument("--only", default=",".join(SCRIPTS))
    parser.add_argument("--into", type=Path, default=ROOT / "bench" / "results")
    options = parser.parse_args()
    failed = []
    for name in options.only.split(","):
        out = options.into / f"{name}.json"
        arguments = ["--kinds", options.kinds, "--out", str(out)]
        say(f"{name} begins")
        begun = time.monotonic()
        if not run(name, SCRIPTS[name], arguments + ["--quick"] * options.quick):
            failed.append(name)
        say(f"{name} took {time.monotonic() - begun:.0f} s")
    if failed:
        say(f"failed: {', '.join(failed)}")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
