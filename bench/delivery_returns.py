"""Streaming a campaign's sheets, and purging it, while another one saves. Prints JSON.

    python bench/delivery_returns.py [--rows 1] [--kinds embedded,postgres] [--out FILE]

A campaign of `--rows` million sheets (1 KiB each, by bulk SQL) is pulled page by page as the
authority does, and then purged, by one node (embedded) or by a node that carries the authority's
routes alone (PostgreSQL). Meanwhile pupils of another campaign save at a set pace; latencies count
from the scheduled time, and stand beside those of the same pace when nothing else went on.
"""

import argparse
import threading
import time
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import urlencode

import msgspec
import urllib3
from delivery_filling import fill, seats
from delivery_load import Opening, Players
from delivery_machine import circumstances, cpu_seconds, memory, publish, say, scratch
from delivery_rig import Delivery, require_durable, running

from ardoise.bench.campaign import Rehearsal
from ardoise.bench.signers import KeySigner
from ardoise.contract import limits
from ardoise.contract.returns import End

FORMAT = "ardoise-bench-delivery-returns/1"
MILLION = 1_000_000
ROUND_SECONDS = 5.0
_END = msgspec.json.Decoder(End)


class Watch(threading.Thread):
    """Memory of some processes, twice a second."""

    def __init__(self, pids: list[int]) -> None:
        super().__init__(daemon=True)
        self._pids = pids
        self._over = threading.Event()
        self.seen: list[int] = []

    def run(self) -> None:
        """Until `end`."""
        while not self._over.is_set():
            self.seen.append(memory(self._pids))
            self._over.wait(0.5)

    def end(self) -> dict[str, int]:
        """MB at the start, at most, at the end."""
        self._over.set()
        self.join()
        megabytes = [round(value / 2**20) for value in self.seen] or [0]
        return {"first": megabytes[0], "most": max(megabytes), "last": megabytes[-1]}


class Meanwhile(threading.Thread):
    """Rounds of paced saves until something else is done."""

    def __init__(self, players: Players, rate: float) -> None:
        super().__init__(daemon=True)
        self._players = players
        self._rate = rate
        self._over = threading.Event()
        self.rounds: list[dict[str, Any]] = []

    def run(self) -> None:
        """At least one round."""
        while not (self._over.is_set() and self.rounds):
            outcome = self._players.play(ROUND_SECONDS, self._rate)
            summary: dict[str, Any] = dict(outcome.latency.summary())
            self.rounds.append({**summary, "refused": outcome.answers})

    def end(self) -> dict[str, Any]:
        """The worst round's percentiles, and every refusal."""
        self._over.set()
        self.join()
        worst = max(self.rounds, key=lambda one: float(one["p99"]))
        return {
            "rounds": len(self.rounds),
            "saves": sum(one["count"] for one in self.rounds),
            "worst_p99_ms": worst["p99"],
            "worst_p999_ms": max(one["p99.9"] for one in self.rounds),
            "longest_ms": max(one["max"] for one in self.rounds),
            "refused": sum(sum(one["refused"].values()) for one in self.rounds),
        }


def pull(delivery: Delivery, campaign: str, port: int) -> dict[str, Any]:
    """Every page; bytes are counted, not opened."""
    pool = urllib3.PoolManager(retries=False, timeout=120)
    signer, host = KeySigner(delivery.private), f"127.0.0.1:{port}"
    pids = delivery.pids
    cpu, begun = cpu_seconds(pids), perf_counter()
    after, more, size, pages = 0, True, 0, 0
    while more:
        query = urlencode({"campaign": campaign, "after": after, "limit": limits.RETURNS_PAGE})
        target = f"/v1/returns?{query}"
        answer = pool.request(
            "GET", f"http://{host}{target}", headers=signer.request("GET", target, b"", host),
            preload_content=False,
        )  # fmt: skip
        if answer.status != 200:
            raise RuntimeError(f"returns are answered {answer.status}: {answer.data[:200]!r}")
        tail = b""
        for piece in answer.stream(1 << 20):
            size += len(piece)
            tail = (tail + piece)[-256:]
        answer.release_conn()
        # The last frame: its head is the end's, its body empty.
        end = _END.decode(tail[tail.rindex(b"{") : -4])
        after, more, pages = end.last, end.more, pages + 1
    seconds = perf_counter() - begun
    return {
        "megabytes": round(size / 1e6, 1),
        "seconds": round(seconds, 2),
        "megabytes_a_second": round(size / 1e6 / seconds, 1),
        "pages": pages,
        "cpu_ms_a_megabyte": round((cpu_seconds(pids) - cpu) / size * 1e9, 2),
    }


def one_kind(delivery: Delivery, options: argparse.Namespace) -> dict[str, Any]:
    """Calm, pulling calmly, pulling while saves come, purging while saves come."""
    require_durable(delivery)
    big, hot = delivery.install(25), delivery.install(25)
    delivery.stop_nodes()
    fill(delivery, big, 0, options.rows)
    fill(delivery, hot, 0, options.seats)
    if delivery.postgres is not None:
        delivery.postgres.sql("VACUUM ANALYZE;\nCHECKPOINT;", "ardoise")
    delivery.start()
    # On PostgreSQL pupils and authority have nodes of their own.
    exchange_port = delivery.ports[-1]
    node = delivery.node_pids[-1:]
    found: dict[str, Any] = {"calm": pull(delivery, big.name, exchange_port)}
    say(f"{delivery.kind} calm: {found['calm']['megabytes_a_second']} MB/s")
    opening = Opening(
        [delivery.url], options.connections, ("127.0.0.1",), hot.name,
        seats(delivery, hot, options.seats, options.seats),
    )  # fmt: skip
    with Players([opening]) as players:
        players.play(ROUND_SECONDS, options.rate)
        found["saves_alone"] = _while(players, options, lambda: time.sleep(2 * ROUND_SECONDS))[1]
        watch = Watch(node)
        watch.start()
        found["pulling"], found["saves_while_pulling"] = _while(
            players, options, lambda: pull(delivery, big.name, exchange_port)
        )
        found["node_mb_while_pulling"] = watch.end()
        found["purging"], found["saves_while_purging"] = _while(
            players, options, lambda: purge(delivery, big)
        )
    for name in ("saves_alone", "saves_while_pulling", "saves_while_purging"):
        say(f"{delivery.kind} {name}: {found[name]}")
    return found


def purge(delivery: Delivery, campaign: Rehearsal) -> dict[str, Any]:
    """Close and purge; what it destroyed."""
    begun = perf_counter()
    done = delivery.exchange(-1).purge(campaign.name)
    destroyed = msgspec.to_builtins(done.purged) if done is not None else None
    return {"seconds": round(perf_counter() - begun, 2), "destroyed": destroyed}


def _while(players: Players, options: argparse.Namespace, act: Any) -> tuple[Any, dict[str, Any]]:
    """Do something while pupils save."""
    meanwhile = Meanwhile(players, options.rate)
    meanwhile.start()
    try:
        done = act()
    finally:
        saves = meanwhile.end()
    return done, saves


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Every kind."""
    found: dict[str, Any] = {"rows": options.rows, "saves_a_second": options.rate}
    with scratch() as folder:
        for kind in options.kinds:
            nodes = 2 if kind == "postgres" else 1
            with running(kind, folder, nodes=nodes) as delivery:
                found[kind] = one_kind(delivery, options)
    return found


def main() -> None:
    """Measure, print, and keep if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="30,000 sheets")
    parser.add_argument("--rows", default="1", help="in millions")
    parser.add_argument("--kinds", default="embedded,postgres")
    parser.add_argument("--seats", type=int, default=50_000, help="that save meanwhile")
    parser.add_argument("--rate", type=float, default=2_000)
    parser.add_argument("--connections", type=int, default=1_000)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    options.kinds = options.kinds.split(",")
    options.rows = int(float(options.rows) * MILLION)
    if options.quick:
        options.rows, options.seats, options.rate, options.connections = 30_000, 5_000, 500, 100
    publish(circumstances(FORMAT, options.quick) | measure(options), options.out)


if __name__ == "__main__":
    main()
