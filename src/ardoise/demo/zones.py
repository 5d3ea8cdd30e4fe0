"""The two zones under one folder: made once, started as two processes, stopped together."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ardoise.demo import processes
from ardoise.demo.processes import Finished, Server


@dataclass
class Zones:
    """`root/authority` and `root/delivery`, each with its own key file and encrypted database."""

    root: Path
    runner: Path
    """The built runner that delivery serves."""
    authority_port: int = 8000
    delivery_port: int = 8001
    servers: list[Server] = field(default_factory=list)

    @property
    def authority_home(self) -> Path:
        """What the office holds."""
        return self.root / "authority"

    @property
    def delivery_home(self) -> Path:
        """What the contractor holds."""
        return self.root / "delivery"

    @property
    def authority_url(self) -> str:
        """Where the office's pages are."""
        return f"http://127.0.0.1:{self.authority_port}"

    @property
    def delivery_url(self) -> str:
        """Where pupils sit."""
        return f"http://127.0.0.1:{self.delivery_port}"

    def made(self) -> bool:
        """Whether `make` was run to its end."""
        return (self.delivery_home / "made").exists()

    def make(self) -> None:
        """Keys and databases of both zones; delivery gets the authority's public key alone."""
        self.root.mkdir(parents=True, exist_ok=True)
        self.office("init", "--delivery-url", self.delivery_url)
        processes.run(
            "delivery",
            "init",
            "--dir",
            self.delivery_home,
            "--authority-key",
            self.authority_home / "authority.pub",
        )
        (self.delivery_home / "made").touch()

    def office(self, *arguments: str | Path) -> Finished:
        """Run one of the office's commands."""
        return processes.run("authority", "--home", self.authority_home, *arguments)

    def start_delivery(self) -> Server:
        """Start the contractor's process."""
        server = processes.start(
            "delivery",
            self.delivery_url,
            "/health",
            self.root / "logs" / "delivery.log",
            *("delivery", "serve", "--dir", self.delivery_home),
            *("--port", str(self.delivery_port), "--runner", self.runner),
        )
        self.servers.append(server)
        return server

    def start_authority(self) -> Server:
        """Start the office's process."""
        server = processes.start(
            "authority",
            self.authority_url,
            "/",
            self.root / "logs" / "authority.log",
            *("authority", "--home", self.authority_home),
            *("serve", "--port", str(self.authority_port)),
        )
        self.servers.append(server)
        return server

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Both processes, until the block ends."""
        try:
            self.start_delivery()
            self.start_authority()
            yield
        finally:
            for server in self.servers:
                server.stop()
            self.servers.clear()
