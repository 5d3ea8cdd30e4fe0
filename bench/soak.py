"""Half an hour at half load: does anything grow that should not? Prints JSON; 1 if something does.

    python bench/soak.py [--minutes 30] [--rate 0] [--kinds embedded,postgres] [--out FILE]

Pupils save at half of what a short saturated round reached (or at `--rate`), on connections of
which some end and are made anew all the time; every few seconds an authority asks for the status,
pulls a page of returns and reads the metrics. Memory (PSS of the nodes) may grow by 5 % after the
first third; file handles, threads and connections not at all; the logs on the disk stay bounded.
"""

import argparse
import socket
import statistics
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import urllib3
from delivery_filling import seated
from delivery_load import Opening, Players
from delivery_machine import circumstances, held, memory, publish, say, scratch
from delivery_rig import Delivery, require_durable, running

from ardoise.bench.exchange import ExchangeFault
from ardoise.bench.histogram import Histogram
from ardoise.bench.wire import Target

FORMAT = "ardoise-bench-delivery-soak/1"
FLAT = 1.05
HANDLES = 16
"""By as many they may differ: a page of returns is being read, a log file has been begun."""
LOG_BYTES = 12 << 30
"""The logs at most: above PostgreSQL's `max_wal_size` with a checkpoint under way."""
STRANGERS = 20
"""Connections that come and go in each round, some of them with half a request."""


def log_bytes(delivery: Delivery) -> int:
    """Write-ahead logs and logs of saves."""
    places = list(delivery.home.glob("*-wal")) + list(delivery.home.glob("*-saves-*"))
    if delivery.postgres is not None:
        places += list((delivery.postgres.data / "pg_wal").glob("0*"))
    total = 0
    for path in places:
        try:
            total += path.stat().st_size
        except FileNotFoundError:
            # It was put away between the listing and the look.
            continue
    return total


def disturb(delivery: Delivery) -> None:
    """Strangers who leave half a request behind, in haste or without a word."""
    for place in range(STRANGERS):
        with socket.create_connection(("127.0.0.1", delivery.ports[0]), timeout=5) as stranger:
            stranger.sendall(b"PUT /v1/sheet HTTP/1.1\r\nHost: x\r\nContent-Le"[: 8 + 2 * place])


def ask(delivery: Delivery, campaign: str, after: int) -> int:
    """What authority and monitor ask now and then; the last sequence number that was pulled."""
    exchange = delivery.exchange(-1)
    exchange.status(campaign)
    urllib3.request("GET", f"{Target.parse(delivery.url).url}/metrics", retries=False)
    try:
        for count, (record, _) in enumerate(exchange.returns(campaign, after), 1):
            after = record.seq
            if count == 5_000:
                break
    except ExchangeFault as fault:
        say(f"returns: {fault}")
    return after


def sample(delivery: Delivery) -> dict[str, int]:
    """How large everything is now."""
    counts = held(delivery.node_pids)
    return {
        "kb": memory(delivery.node_pids) >> 10,
        "handles": counts["handles"],
        "threads": counts["threads"],
        "backends": held(delivery.postgres.pids)["processes"] if delivery.postgres else 0,
        "log_mb": log_bytes(delivery) >> 20,
    }


def verdict(samples: list[dict[str, int]]) -> list[str]:
    """What grew. The first third is warm-up; medians of the ends of the rest are compared."""
    rest = samples[len(samples) // 3 :]
    end = max(1, len(rest) // 4)

    def ends(name: str) -> tuple[float, float]:
        return (
            statistics.median(one[name] for one in rest[:end]),
            statistics.median(one[name] for one in rest[-end:]),
        )

    faults = []
    first, last = ends("kb")
    if last > first * FLAT:
        faults.append(f"memory grew from {first / 1024:.1f} to {last / 1024:.1f} MB")
    for name, slack in (("handles", HANDLES), ("threads", 2), ("backends", 4)):
        first, last = ends(name)
        if last > first + slack:
            faults.append(f"{name} grew from {first:.0f} to {last:.0f}")
    most = max(one["log_mb"] for one in samples)
    if most > LOG_BYTES >> 20:
        faults.append(f"the logs took {most} MB")
    return faults


def soak(delivery: Delivery, options: argparse.Namespace) -> dict[str, Any]:
    """Rounds until the time is over."""
    require_durable(delivery)
    campaign = delivery.install(25)
    seats = seated(delivery, campaign, options.seats)
    urls = [f"http://127.0.0.1:{port}" for port in delivery.ports]
    opening = Opening(urls, options.connections, ("127.0.0.1",), campaign.name, seats)
    samples: list[dict[str, int]] = []
    latency, answers, saves, after = Histogram(), Counter[str](), 0, 0
    with Players([opening]) as players:
        rate = options.rate
        if not rate:
            probe = players.play(8.0)
            rate = probe.acknowledged / probe.seconds / 2
        say(f"{delivery.kind}: {rate:.0f} saves/s for {options.minutes} minutes")
        until = time.monotonic() + options.minutes * 60
        while time.monotonic() < until:
            players.begin(options.round_seconds, rate)
            disturb(delivery)
            after = ask(delivery, campaign.name, after)
            outcome = players.finish()
            saves += outcome.acknowledged
            latency.merge(outcome.latency)
            answers.update(outcome.answers)
            samples.append(sample(delivery))
            if len(samples) % 10 == 1:
                say(f"{delivery.kind}: {saves:,} saves, {samples[-1]}")
    faults = verdict(samples)
    if answers:
        faults.append(f"saves were refused: {dict(answers)}")
    return {
        "saves_a_second": round(rate),
        "saves": saves,
        "latency_ms": latency.summary(),
        "first": samples[0],
        "after_warm_up": samples[len(samples) // 3],
        "last": samples[-1],
        "samples": samples,
        "faults": faults,
    }


def main() -> None:
    """Soak, print, keep if asked; the exit code says whether all stayed as it was."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--minutes", type=float, default=30.0, help="for each kind")
    parser.add_argument("--rate", type=float, default=0.0, help="saves a second; 0: half of all")
    parser.add_argument("--kinds", default="embedded,postgres")
    parser.add_argument("--seats", type=int, default=200_000)
    parser.add_argument("--connections", type=int, default=2_000)
    parser.add_argument("--round-seconds", type=float, default=10.0)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    found: dict[str, Any] = circumstances(FORMAT, options.minutes < 30)
    with scratch() as folder:
        for kind in options.kinds.split(","):
            with running(kind, folder) as delivery:
                found[kind] = soak(delivery, options)
    publish(found, options.out)
    faults = [fault for kind in options.kinds.split(",") for fault in found[kind]["faults"]]
    for fault in faults:
        say(fault)
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
