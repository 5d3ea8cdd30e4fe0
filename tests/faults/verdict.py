"""What a fault did: figures for people, and the one thing that must hold."""

import time
from dataclasses import dataclass
from typing import Any

from tests.faults.load import Pupils

from ardoise.bench.ledger import Findings


@dataclass
class Verdict:
    """One fault under load."""

    fault: str
    findings: Findings
    saves: int
    per_second: float
    longest_gap_s: float
    """Without any acknowledgement."""
    longest_wait_s: float
    """From when a save was due until it was acknowledged, of the unluckiest pupil."""
    refused: dict[str, int]

    def check(self) -> None:
        """Nothing acknowledged is lost, nothing is torn, every stray is explained."""
        assert self.saves > 0
        assert self.findings.sound, self.findings

    def figures(self) -> dict[str, Any]:
        """For a file."""
        found = self.findings
        return {
            "fault": self.fault,
            "acknowledged": self.saves,
            "acknowledged per second": round(self.per_second),
            "acknowledged and lost": found.lost + found.older + found.swapped,
            "torn": found.torn,
            "strays": found.strays,
            "strays unexplained": found.unexpected + found.misnamed,
            "stored though their answer was lost": found.unanswered,
            "longest gap, s": round(self.longest_gap_s, 2),
            "longest wait of a pupil, s": round(self.longest_wait_s, 2),
            "not acknowledged at once": self.refused,
        }

    def line(self) -> str:
        """For a terminal."""
        found = self.findings
        return (
            f"{self.fault}: {self.saves} acknowledged ({self.per_second:.0f}/s), "
            f"{found.lost + found.older + found.swapped} lost, {found.torn} torn, "
            f"longest gap {self.longest_gap_s:.2f} s, longest wait {self.longest_wait_s:.2f} s"
        )


class Watch:
    """`with Watch("kill -9 of a node", pupils) as watch:` breaks something; then `watch.verdict()`.

    The gap is looked for from the fault to two seconds after saves flow again.
    """

    def __init__(self, fault: str, pupils: Pupils) -> None:
        self._fault = fault
        self._pupils = pupils
        self._begun = self._ended = 0.0

    def __enter__(self) -> "Watch":
        self._pupils.flow()
        self._pupils.hush()
        self._begun = time.monotonic()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self._pupils.flow(2.0)
        self._ended = time.monotonic()

    def verdict(self) -> Verdict:
        """Stops the pupils and holds what they were promised against the returns."""
        self._pupils.stop()
        outcome = self._pupils.outcome
        moments = outcome.moments
        lasted = max(moments[-1] - moments[0], 0.001)
        return Verdict(
            self._fault,
            self._pupils.audit(),
            outcome.acknowledged,
            outcome.acknowledged / lasted,
            outcome.longest_gap(self._begun, self._ended),
            max(outcome.waits),
            dict(outcome.refused),
        )
