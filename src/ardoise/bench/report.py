"""What a rehearsal found, as figures and as a verdict in words. Written as JSON and as a page."""

import os
import platform
import subprocess
from pathlib import Path

import msgspec
import psutil
from msgspec import Struct, field

from ardoise.bench.conductor import Conduct
from ardoise.bench.histogram import Histogram
from ardoise.bench.ledger import Findings
from ardoise.bench.profiles import Profile
from ardoise.bench.tally import Figures
from ardoise.bench.watching import Load

FORMAT = "ardoise-rehearsal/1"
LAG_LIMIT_MS = 50.0
"""A generator that is later than this (p99) measures itself."""
STRAY_WORDS = {
    "replaced": "put aside for a later device",
    "superseded": "sent by a device that another had taken over",
    "late": "sent after the window was closed",
    "conflict": "built on a state that was no longer the stored one",
    "voided": "sent by a voided seat",
}


class Second(Struct):
    """One second of the run."""

    at: int
    saves: int = 0
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    max_ms: float = 0.0
    logins: int = 0
    login_p99_ms: float = 0.0
    troubles: int = 0


class Machine(Struct):
    """Where the generators ran."""

    system: str
    processor: str
    cores: int
    memory_gb: float
    python: str


class Report(Struct):
    """All of it. Times in ms unless said."""

    format: str
    date: str
    commit: str
    machine: Machine
    urls: list[str]
    tls: str
    """`none`, `full handshakes` or `resumed`."""
    profile: Profile
    generators: int
    campaign: str
    interrupted: str
    """Why it ended before its time; empty: it did not."""
    seconds: float
    requests: int
    requests_per_s: float
    saves_per_s: float
    times: dict[str, dict[str, float]]
    """By kind of request, from the moment each was due. `kept`: from an answer given to its
    acknowledgement, `admitted`: from first asking to being logged in, all attempts included."""
    troubles: dict[str, int]
    gap_s: float
    """Longest time without any acknowledgement, between the first and the last."""
    gap_at_s: float
    wire: dict[str, int]
    people: dict[str, int]
    findings: Findings
    sound: bool
    server: Load
    server_us_per_request: float
    generator_us_per_request: float
    seconds_list: list[Second]
    verdict: list[str] = field(default_factory=list)

    def encoded(self) -> bytes:
        """As JSON, laid out."""
        return msgspec.json.format(msgspec.json.encode(self), indent=1) + b"\n"


def make_report(
    *,
    date: str,
    conduct: Conduct,
    figures: Figures,
    elapsed_s: float,
    findings: Findings,
    load: Load,
    interrupted: str = "",
) -> Report:
    """Add it up, and say what it means."""
    tls, requests = conduct.targets[0].scheme == "https", figures.requests()
    gap_s, gap_at_s = figures.longest_gap()
    saves = figures.times.get("save", Histogram()).total
    working_s = max(1.0, elapsed_s)
    report = Report(
        FORMAT,
        date,
        commit(),
        machine(),
        [target.url for target in conduct.targets],
        ("resumed" if conduct.resume else "full handshakes") if tls else "none",
        conduct.profile,
        conduct.processes,
        conduct.rehearsal.name,
        interrupted,
        round(elapsed_s, 1),
        requests,
        round(requests / working_s, 1),
        round(saves / working_s, 1),
        {kind: held.summary() for kind, held in sorted(figures.times.items())},
        dict(sorted(figures.troubles.items())),
        gap_s,
        gap_at_s,
        figures.wire(),
        figures.people(),
        findings,
        findings.sound,
        load,
        round(load.cpu_s * 1e6 / max(1, requests), 1),
        round(figures.cpu_s() * 1e6 / max(1, requests), 1),
        seconds_of(figures),
    )
    report.verdict = verdict(report)
    return report


def seconds_of(figures: Figures) -> list[Second]:
    """The run, second by second."""
    found = []
    for at in sorted({*figures.seconds, *figures.trouble_seconds}):
        kinds = figures.seconds.get(at, {})
        saves, logins = kinds.get("save", Histogram()), kinds.get("login", Histogram())
        found.append(
            Second(
                at,
                saves.total,
                saves.percentile(0.5) / 1000,
                saves.percentile(0.99) / 1000,
                saves.greatest / 1000,
                logins.total,
                logins.percentile(0.99) / 1000,
                figures.trouble_seconds.get(at, 0),
            )
        )
    return found


def verdict(report: Report) -> list[str]:
    """In words; the first sentence is the one that counts."""
    found = report.findings
    words = [_promises(found)]
    if report.interrupted:
        words.append(f"The run ended before its time: {report.interrupted}.")
    if found.strays and found.sound:
        parts = ", ".join(
            f"{count:,} {STRAY_WORDS.get(reason, reason)}"
            for reason, count in sorted(found.strays.items())
        )
        words.append(f"Strays, all expected and all there: {parts}.")
    if found.unanswered:
        words.append(
            f"{found.unanswered:,} sheets are stored in a version whose answer never came: "
            "the browser would have sent them again."
        )
    if "kept" in report.times:
        kept = report.times["kept"]
        words.append(
            f"From an answer given to its acknowledgement: half within {kept['p50']:,.0f} ms, "
            f"99 of 100 within {kept['p99']:,.0f} ms, 999 of 1,000 within "
            f"{kept['p99.9']:,.0f} ms, the slowest {kept['max']:,.0f} ms. Longest time without "
            f"any acknowledgement: {report.gap_s:.2f} s."
        )
    if "admitted" in report.times:
        admitted = report.times["admitted"]
        words.append(
            f"{admitted['count']:,.0f} logins, each from the first asking: half within "
            f"{admitted['p50']:,.0f} ms, 99 of 100 within {admitted['p99']:,.0f} ms, the slowest "
            f"{admitted['max']:,.0f} ms."
        )
    outside = sum(report.people.get(state, 0) for state in ("to come", "waiting"))
    if outside and not report.interrupted:
        words.append(
            f"{outside:,} had not got in when the run was over: the line was longer than the time. "
            "Give logins more time, or delivery more nodes."
        )
    unsent = report.people.get("unsent", 0)
    if unsent:
        words.append(f"{unsent:,} sheets still had no acknowledgement when the run was over.")
    lag = report.times.get("generator-lag", {}).get("p99", 0.0)
    if lag > LAG_LIMIT_MS:
        words.append(
            f"The generators themselves were late (p99 {lag:,.0f} ms): these times are an upper "
            "bound. Run them on a machine of their own, or ask for less."
        )
    return words


def _promises(found: Findings) -> str:
    if found.sound and not found.acknowledged:
        return "Nothing was saved in this run, so there was nothing to lose."
    if found.sound:
        return (
            f"No acknowledged answer was lost, none is torn: {found.acknowledged:,} acknowledged "
            f"saves of {found.places:,} sheets were compared with the returns."
        )
    broken = {
        "acknowledged and lost": found.lost,
        "older than acknowledged": found.older,
        "torn": found.torn,
        "other bytes than acknowledged": found.swapped,
        "never sent": found.unexpected,
        "acknowledged as less than was sent": found.untrue,
        "out of order": found.backwards,
        "kept for another reason than said": found.misnamed,
    }
    listed = ", ".join(f"{count:,} {what}" for what, count in broken.items() if count)
    return (
        f"PROMISES WERE BROKEN: {listed}, of {found.acknowledged:,} acknowledged saves of "
        f"{found.places:,} sheets. Do not run a campaign on this delivery before it is known why."
    )


def machine() -> Machine:
    """This one."""
    return Machine(
        f"{platform.system()} {platform.release()}",
        _processor(),
        os.cpu_count() or 0,
        round(psutil.virtual_memory().total / 1e9, 1),
        platform.python_version(),
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def commit() -> str:
    """Of the source, where it is a working copy."""
    try:
        done = subprocess.run(
            ["git", "rev-parse", "--short=12", "HEAD"],  # noqa: S607 - whichever git there is
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
