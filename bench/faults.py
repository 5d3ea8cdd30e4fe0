"""Breaks delivery in every way of docs/operating/failures.md, under load. Prints JSON.

    python bench/faults.py [--only EXPRESSION] [--out bench/results/faults.json]

Runs tests/faults (ten minutes) and keeps what each fault did: what was acknowledged and is lost,
what is torn, the longest time without any acknowledgement. Root alone can break networks and disks;
anyone else runs the rest. Exits with 1 if a promise was broken.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from delivery_machine import ROOT, circumstances, publish

SECONDS = 1_800
WORDS = ("tests/faults", "-m", "nightly", "-q", "-n", "0")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="as pytest's -k")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    document = circumstances("ardoise-bench-faults/1", bool(arguments.only))
    with tempfile.TemporaryDirectory() as folder:
        figures = Path(folder) / "faults.json"
        # Beside this program's own output: pytest tells what it does.
        done = subprocess.run(  # noqa: S603 -- our own tests
            [sys.executable, "-m", "pytest", *WORDS, "-k", arguments.only],
            cwd=ROOT,
            env=os.environ | {"ARDOISE_FAULTS_JSON": str(figures)},
            stdout=sys.stderr,
            timeout=SECONDS,
            check=False,
        )
        found = json.loads(figures.read_text()) if figures.exists() else []
    document["root"] = os.geteuid() == 0
    document["all_promises_kept"] = done.returncode == 0
    document["faults"] = found
    publish(document, arguments.out)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
