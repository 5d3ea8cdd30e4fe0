"""Each fault's figures: a line at the end, and a file where ARDOISE_FAULTS_JSON names one."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.faults.verdict import Verdict

Judge = Callable[[Verdict], Verdict]
_TAKEN: list[Verdict] = []


@pytest.fixture
def judge() -> Judge:
    """Keeps a fault's figures and asserts that no promise was broken."""

    def take(verdict: Verdict) -> Verdict:
        _TAKEN.append(verdict)
        verdict.check()
        return verdict

    return take


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Each fault in a line."""
    for verdict in _TAKEN:
        terminalreporter.write_line(verdict.line())


def pytest_sessionfinish() -> None:
    """Write the figures."""
    named = os.environ.get("ARDOISE_FAULTS_JSON")
    if named and _TAKEN:
        figures = [verdict.figures() for verdict in _TAKEN]
        Path(named).write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
