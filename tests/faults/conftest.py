"""Each fault's figures: a line at the end, and a file where ARDOISE_FAULTS_JSON names one."""

import base64
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from deploy.stack import Stack
from deploy.topology import Site
from tests.faults.load import Pupils
from tests.faults.verdict import Verdict

from ardoise.seal import signing
from deploy import processes

Judge = Callable[[Verdict], Verdict]
_TAKEN: list[Verdict] = []
_KEY = signing.new_key()
nightly = [pytest.mark.nightly, pytest.mark.timeout(300), pytest.mark.xdist_group("faults")]
packages = pytest.mark.skipif(
    bool(processes.missing_packages()), reason=f"needs {' '.join(processes.missing_packages())}"
)
root = pytest.mark.skipif(os.geteuid() != 0, reason="only root makes networks and file systems")


@pytest.fixture
def judge() -> Judge:
    """Keeps a fault's figures and asserts that no promise was broken."""

    def take(verdict: Verdict) -> Verdict:
        _TAKEN.append(verdict)
        verdict.check()
        return verdict

    return take


def open_to_others(folder: Path) -> Path:
    """A test's folder that other users go through to their own."""
    for above in (folder, *folder.parents):
        if above.stat().st_uid == os.getuid() and not above.stat().st_mode & 0o001:
            above.chmod(above.stat().st_mode | 0o111)
    return folder


def stack_of(site: Site, folder: Path, namespaces: dict[str, str] | None = None) -> Stack:
    """The stack that believes this module's authority."""
    public = base64.b64encode(signing.public_half(_KEY)).decode()
    return Stack(site, folder, public, namespaces or {})


@contextmanager
def pupils_of(stack: Stack) -> Iterator[Pupils]:
    """Pupils at work, once all databases follow."""
    stack.wait_for_databases(len(stack.site.having("database")))
    with Pupils(stack.url, _KEY, ca=stack.folder / "secrets" / "ca.pem") as pupils:
        yield pupils


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
