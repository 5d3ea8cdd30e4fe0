"""What an authenticated, durable save costs, in units of nginx's answer 204. Prints JSON.

    python bench/delivery.py [--quick] [--kinds embedded,postgres] [--rounds N] [--out FILE]

The same sealed sheets go over as many connections to nginx (one worker, which reads them and
answers 204: F) and to delivery, in rounds that take turns. A cost is CPU time of all processes of
the server and its database, by acknowledged save; it hardly depends on what else shares the cores,
which rates do. Saturated: every connection sends as soon as it is answered. Paced: saves come at
times set beforehand, and latencies count from there.
"""

import argparse
import statistics
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from delivery_filling import seated
from delivery_load import Opening, Outcome, Players
from delivery_machine import circumstances, cpu_seconds, flushes, memory, publish, say, scratch
from delivery_rig import Delivery, Nginx, require_durable, running

FORMAT = "ardoise-bench-delivery/1"
KINDS = ("embedded", "postgres")


class Round:
    """One round of one server: what it cost."""

    def __init__(self, server: Nginx | Delivery, players: Players, seconds: float, rate: float):
        pids, nodes = server.pids, getattr(server, "node_pids", server.pids)
        folder = server.folder
        cpu, of_nodes, flushed = cpu_seconds(pids), cpu_seconds(nodes), flushes(folder)
        self.outcome: Outcome = players.play(seconds, rate)
        done = max(1, self.outcome.acknowledged)
        self.cpu_us = (cpu_seconds(pids) - cpu) / done * 1e6
        self.node_us = (cpu_seconds(nodes) - of_nodes) / done * 1e6
        self.flushes = flushes(folder) - flushed
        self.per_second = done / self.outcome.seconds

    def shown(self) -> dict[str, Any]:
        """As it is written down."""
        found = {
            "cpu_us": round(self.cpu_us, 2),
            "of_it_nodes_us": round(self.node_us, 2),
            "acknowledged": self.outcome.acknowledged,
            "per_second": round(self.per_second),
            "flushes": self.flushes,
            "player_cpu_us": round(self.outcome.cpu / max(1, self.outcome.acknowledged) * 1e6, 1),
            "player_late_ms": round(self.outcome.late_us / 1000, 1),
            "latency_ms": self.outcome.latency.summary(),
        }
        if self.outcome.answers:
            found["refused"] = self.outcome.answers
        if self.outcome.untrue:
            found["untrue"] = self.outcome.untrue
        return found


def _opening(server: Nginx | Delivery, seats: Any, connections: int, campaign: str) -> Opening:
    urls = [f"http://127.0.0.1:{port}" for port in server.ports]
    return Opening(urls, connections, ("127.0.0.1",), campaign, seats)


def _middle(rounds: list[Round], yard: list[Round]) -> dict[str, Any]:
    """Medians, and the ratio to nginx round by round."""
    ratios = [one.cpu_us / base.cpu_us for one, base in zip(rounds, yard, strict=True)]
    return {
        "F": round(statistics.median(ratios), 2),
        "F_from_to": [round(min(ratios), 2), round(max(ratios), 2)],
        "cpu_us": round(statistics.median(one.cpu_us for one in rounds), 2),
        "per_second": round(statistics.median(one.per_second for one in rounds)),
        "rounds": [one.shown() for one in rounds],
    }


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Everything, in one run."""
    found: dict[str, Any] = {"connections": options.connections, "sheet_bytes": 1052}
    with scratch() as folder, ExitStack() as stack:
        nginx = Nginx(folder / "nginx")
        nginx.start()
        stack.callback(nginx.stop)
        servers: dict[str, Nginx | Delivery] = {"nginx": nginx}
        players: dict[str, Players] = {}
        for kind in options.kinds:
            delivery = stack.enter_context(running(kind, folder))
            found[f"{kind}_settings"] = require_durable(delivery)
            rehearsal = delivery.install(25)
            seats = seated(delivery, rehearsal, options.seats)
            servers[kind] = delivery
            opening = _opening(delivery, seats, options.connections, rehearsal.name)
            players[kind] = stack.enter_context(Players([opening]))
        same = _opening(nginx, seats, options.connections, rehearsal.name)
        players["nginx"] = stack.enter_context(Players([same]))
        for rate in (0.0, *options.rates):
            name = f"paced_{rate:.0f}" if rate else "saturated"
            rounds: dict[str, list[Round]] = {kind: [] for kind in servers}
            # The first goes unmeasured: caches, pools and files find their size.
            for turn in range(options.rounds + 1):
                for kind, server in servers.items():
                    one = Round(server, players[kind], options.seconds, rate)
                    if turn:
                        rounds[kind].append(one)
                    say(f"{name} {turn} {kind}: {one.cpu_us:.1f} µs, {one.per_second:.0f}/s")
            found[name] = {kind: _middle(each, rounds["nginx"]) for kind, each in rounds.items()}
        found["memory_mb"] = {
            kind: round(memory(server.pids) / 2**20) for kind, server in servers.items()
        }
    return found


def main() -> None:
    """Measure, print, and keep if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="few seats, short rounds")
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--connections", type=int, default=1_000)
    parser.add_argument("--seats", type=int, default=30_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rates", default="5000")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    options.kinds = options.kinds.split(",")
    options.rates = [float(rate) for rate in options.rates.split(",") if rate]
    if options.quick:
        options.seats, options.rounds, options.seconds = 4_000, 2, 1.5
        options.connections = 200
    document = circumstances(FORMAT, options.quick)
    publish(document | measure(options), options.out)


if __name__ == "__main__":
    main()
