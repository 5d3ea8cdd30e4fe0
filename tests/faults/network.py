"""Machines in network namespaces on one bridge: cables that can be pulled, one way by one way."""

import contextlib
import os
import subprocess
from collections.abc import Iterator

NOWHERE = "02:00:00:00:00:01"
"""A hardware address that nobody has: what is sent to it is gone without a word."""


def run(*words: str) -> None:
    """A command that has to succeed."""
    subprocess.run(words, check=True, capture_output=True, timeout=20)


class Network:
    """`with Network("10.231.77") as network:`; root alone can make one."""

    def __init__(self, net: str, prefix: str = "ardoise") -> None:
        self.net = net
        self._prefix = f"{prefix}{os.getpid()}"
        self._bridge = f"ab{os.getpid()}"
        self._machines: dict[str, str] = {}

    def __enter__(self) -> "Network":
        run("ip", "link", "add", self._bridge, "type", "bridge")
        run("ip", "address", "add", f"{self.net}.1/24", "dev", self._bridge)
        run("ip", "link", "set", self._bridge, "up")
        return self

    def __exit__(self, *_: object) -> None:
        for name in self._machines:
            with contextlib.suppress(subprocess.CalledProcessError):
                run("ip", "netns", "del", self.namespace(name))
        run("ip", "link", "del", self._bridge)

    def namespace(self, name: str) -> str:
        """The namespace of a machine."""
        return f"{self._prefix}-{name}"

    def add(self, name: str, address: str) -> None:
        """A machine with one cable."""
        space, cable = self.namespace(name), f"v{os.getpid()}{len(self._machines)}"
        run("ip", "netns", "add", space)
        self._machines[name] = address
        run("ip", "link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", space)
        run("ip", "link", "set", cable, "master", self._bridge, "up")
        for words in (
            ("address", "add", f"{address}/24", "dev", "eth0"),
            ("link", "set", "eth0", "up"),
            ("link", "set", "lo", "up"),
        ):
            run("ip", "-n", space, *words)

    @contextlib.contextmanager
    def cut(self, some: list[str], others: list[str]) -> Iterator[None]:
        """Nothing gets through between the two sides, and nobody is told."""
        pairs = [(a, b) for a in some for b in others]
        for one, other in pairs:
            self._neighbour("replace", one, other)
            self._neighbour("replace", other, one)
        try:
            yield
        finally:
            for one, other in pairs:
                self._neighbour("del", one, other)
                self._neighbour("del", other, one)

    def _neighbour(self, what: str, here: str, there: str) -> None:
        words = ["neigh", what, self._machines[there], "dev", "eth0"]
        if what == "replace":
            words += ["lladdr", NOWHERE, "nud", "permanent"]
        run("ip", "-n", self.namespace(here), *words)
