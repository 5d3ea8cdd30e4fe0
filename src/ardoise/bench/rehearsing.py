"""A whole rehearsal: install, play, close, compare, purge, report. What the command and tests call.

The order matters at the end: stragglers come after the window was closed, returns are pulled before
anything is purged, and the purge comes whatever happened before it, unless it is to be kept.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ardoise.bench.campaign import Rehearsal, Shape
from ardoise.bench.conductor import Conduct, Look, Progress, Run
from ardoise.bench.exchange import Exchange
from ardoise.bench.ledger import Audit, Findings, Place
from ardoise.bench.profiles import Profile
from ardoise.bench.report import Report, make_report
from ardoise.bench.signers import Signer
from ardoise.bench.watching import Watch, listeners
from ardoise.bench.wire import Target
from ardoise.clock import Clock, system_clock
from ardoise.contract.words import Writer

MARGIN_S = 3_600
"""The window ends that long after the run by itself, should everything here be killed."""


@dataclass
class Plan:
    """What is to be played, against what, and who looks on."""

    targets: tuple[Target, ...]
    """Nodes that pupils reach: one name behind which a proxy stands, or several nodes."""
    signer: Signer
    profile: Profile
    ca: Path | None = None
    resume: bool = False
    generators: int = 0
    exchange: Target | None = None
    """Where the authority's requests go, if not to the first of the targets."""
    keep: bool = False
    """Leave the campaign as it is."""
    watch: tuple[int, ...] = ()
    """Processes to watch beside those that listen on the targets' ports."""
    settle_s: float = 120.0
    assets: int = 4
    look: Look = lambda _: None
    say: Callable[[str], None] = lambda _: None
    """Told each step in a few words."""
    advance: Callable[[int], None] = lambda _: None
    """Told how many seats were made, how many records compared."""
    clock: Clock = system_clock
    watched: Watch | None = field(default=None, init=False)


def rehearse(plan: Plan, rehearsal: Rehearsal | None = None) -> Report:
    """Play a plan. Raises ExchangeFault, SignerFault, RunFault; the campaign is purged even so."""
    rehearsal = rehearsal or drawn(plan)
    exchange = Exchange(plan.exchange or plan.targets[0], plan.signer, plan.ca)
    date = plan.clock().isoformat(timespec="seconds")
    plan.say(f"installing {rehearsal.name}")
    try:
        lasts_s = plan.profile.minutes * 60 + plan.profile.arrive_s + plan.settle_s + MARGIN_S
        exchange.install(rehearsal, int(lasts_s * 1000), plan.advance)
        return _played(plan, rehearsal, exchange, date)
    finally:
        if not plan.keep:
            plan.say(f"purging {rehearsal.name}")
            exchange.purge(rehearsal.name)


def drawn(plan: Plan) -> Rehearsal:
    """The campaign that a plan needs."""
    profile = plan.profile
    writer: Writer = "teacher" if profile.actor == "teacher" else "pupil"
    return Rehearsal.draw(Shape(profile.pupils, writer, assets=plan.assets))


def _played(plan: Plan, rehearsal: Rehearsal, exchange: Exchange, date: str) -> Report:
    conduct = Conduct(
        plan.targets,
        plan.profile,
        rehearsal,
        str(plan.ca) if plan.ca else None,
        plan.resume,
        plan.generators,
        plan.settle_s,
    )
    pids = {pid for target in plan.targets for pid in listeners(target)}
    watch = plan.watched = Watch(sorted(pids.union(plan.watch)))
    interrupted = ""
    with Run(conduct, _until_play(plan, watch)) as run:
        plan.say("starting the generators")
        try:
            run.play()
        except KeyboardInterrupt:
            interrupted = "it was interrupted"
        watch.stop()
        exchange.close(rehearsal.name)
        if not interrupted:
            run.let_the_late_come()
        run.end()
    plan.say("comparing the returns with what was acknowledged")
    findings = compare(exchange, rehearsal, run.places, plan.advance)
    return make_report(
        date=date,
        conduct=conduct,
        figures=run.figures,
        elapsed_s=run.elapsed_s,
        findings=findings,
        load=watch.load(),
        interrupted=interrupted,
    )


def _until_play(plan: Plan, watch: Watch) -> Look:
    """Watching begins with the run: what setup costs is not the server's."""

    def look(progress: Progress) -> None:
        if progress.phase == "run" and not watch.series:
            watch.start()
        plan.look(progress)

    return look


def compare(
    exchange: Exchange,
    rehearsal: Rehearsal,
    places: list[Place],
    advance: Callable[[int], None] = lambda _: None,
) -> Findings:
    """Pull the returns and hold every promise against them."""
    audit = Audit(places, rehearsal.open_record)
    for record, body in exchange.returns(rehearsal.name):
        audit.record(record, body)
        advance(1)
    return audit.finish()
