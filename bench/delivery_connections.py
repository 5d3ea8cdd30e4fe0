"""Ten thousand saves a second on 5,000 connections; 50,000 connections at once. Prints JSON.

    python bench/delivery_connections.py [--quick] [--kinds embedded,postgres] [--out FILE]

Saves are due at times set beforehand and latencies count from there. Where two cores do not hold
generator and server, the rate falls step by step until p99 ≤ 50 ms, and that rate is told. A
process may have 20,000 file handles here, so 50,000 connections need three nodes (PostgreSQL;
the embedded store has one process and takes what one may hold), several players and several
source addresses. Memory is PSS of the nodes, before and with the connections.
"""

import argparse
import time
from pathlib import Path
from typing import Any

from delivery_filling import seated
from delivery_load import Opening, Players, Seat
from delivery_machine import circumstances, cpu_seconds, held, memory, publish, say, scratch
from delivery_rig import Delivery, running

FORMAT = "ardoise-bench-delivery-connections/1"
P99_MS, P999_MS = 50, 200
A_PROCESS = 17_000
"""Connections to one process: below 20,000 handles, with room for files and the listener."""
LATER = 1 << 20
STEPS = (1.0, 0.8, 0.65, 0.5, 0.35, 0.2)


def openings(
    delivery: Delivery, seats: list[Seat], campaign: str, connections: int, players: int
) -> list[Opening]:
    """The connections, shared among players; each player goes to every node."""
    urls = [f"http://127.0.0.1:{port}" for port in delivery.ports]
    sources = tuple(f"127.0.0.{number}" for number in range(2, 6))
    each = connections // players
    return [
        Opening(urls, each, sources, campaign, seats[place::players]) for place in range(players)
    ]


def paced(players: Players, delivery: Delivery, rate: float, seconds: float) -> dict[str, Any]:
    """One paced round."""
    cpu = cpu_seconds(delivery.pids)
    outcome = players.play(seconds, rate)
    latency = outcome.latency.summary()
    say(f"{rate:.0f}/s: p99 {latency['p99']} ms, p99.9 {latency['p99.9']} ms, {outcome.answers}")
    return {
        "rate": round(rate),
        "sent": outcome.sent,
        "acknowledged": outcome.acknowledged,
        "refused": outcome.answers,
        "untrue": outcome.untrue,
        "latency_ms": latency,
        "cpu_us": round((cpu_seconds(delivery.pids) - cpu) / max(1, outcome.acknowledged) * 1e6, 1),
        "player_late_ms": round(outcome.late_us / 1000, 1),
        "player_cpu_us": round(outcome.cpu / max(1, outcome.acknowledged) * 1e6, 1),
    }


def pace(delivery: Delivery, seats: list[Seat], campaign: str, options: Any) -> dict[str, Any]:
    """10,000/s on 5,000 connections, or the highest step below at which p99 still holds."""
    shares = openings(delivery, seats, campaign, options.connections, options.players)
    found: dict[str, Any] = {"connections": options.connections, "rounds": []}
    with Players(shares) as players:
        paced(players, delivery, options.rate / 4, 3)
        for share in STEPS:
            one = paced(players, delivery, options.rate * share, options.seconds)
            found["rounds"].append(one)
            latency = one["latency_ms"]
            if latency["p99"] <= P99_MS and not one["refused"]:
                found["holds_at"] = one["rate"]
                found["p99.9_holds"] = latency["p99.9"] <= P999_MS
                break
    return found


def crowd(delivery: Delivery, seats: list[Seat], campaign: str, options: Any) -> dict[str, Any]:
    """Very many connections at once, then saves on them, then silence, then saves again."""
    count = min(options.crowd, A_PROCESS * delivery.nodes)
    before = memory(delivery.node_pids)
    players_needed = -(-count // A_PROCESS)
    # Above every version of the rounds before.
    later = [Seat(seat.number, seat.session, seat.key, LATER) for seat in seats]
    shares = openings(delivery, later, campaign, count, players_needed)
    begun = time.monotonic()
    with Players(shares) as players:
        took = time.monotonic() - begun
        idle = memory(delivery.node_pids)
        found = {
            "asked": sum(opening.connections for opening in shares),
            "open": players.opened.open,
            "refused": players.opened.failed,
            # A node ends what was silent for 75 s: an opening that takes longer loses its first.
            "opening_seconds": round(took, 1),
            "handles": held(delivery.node_pids)["handles"],
            "nodes_mb_before": round(before / 2**20),
            "nodes_mb": round(idle / 2**20),
            "kb_a_connection": round((idle - before) / 1024 / max(1, players.opened.open), 2),
        }
        say(f"{found['open']} of {found['asked']} open, {found['nodes_mb']} MB")
        found["saves"] = paced(players, delivery, options.crowd_rate, options.seconds)
        found["nodes_mb_after_saves"] = round(memory(delivery.node_pids) / 2**20)
        found["held_afterwards"] = players.play(0.1, 10).answers.get("connection gone", 0) == 0
    return found


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Both, for every kind."""
    found: dict[str, Any] = {}
    with scratch() as folder:
        for kind in options.kinds:
            nodes = 3 if kind == "postgres" else 1
            with running(kind, folder, nodes=nodes) as delivery:
                rehearsal = delivery.install(25)
                seats = seated(delivery, rehearsal, options.seats)
                found[kind] = {"nodes": nodes}
                found[kind]["pace"] = pace(delivery, seats, rehearsal.name, options)
                found[kind]["crowd"] = crowd(delivery, seats, rehearsal.name, options)
    return found


def main() -> None:
    """Measure, print, and keep if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="a tenth of all")
    parser.add_argument("--kinds", default="embedded,postgres")
    parser.add_argument("--connections", type=int, default=5_000)
    parser.add_argument("--rate", type=float, default=10_000)
    parser.add_argument("--crowd", type=int, default=50_000)
    parser.add_argument("--crowd-rate", type=float, default=2_500)
    parser.add_argument("--seats", type=int, default=50_000)
    parser.add_argument("--players", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    options.kinds = options.kinds.split(",")
    if options.quick:
        options.connections, options.rate, options.seats = 500, 1_000, 5_000
        options.crowd, options.crowd_rate, options.seconds = 3_000, 500, 3.0
    publish(circumstances(FORMAT, options.quick) | measure(options), options.out)


if __name__ == "__main__":
    main()
