"""The real server, as a process of its own on a free port of loopback."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import urllib3

from ardoise.demo.client import SeatClient
from ardoise.seal import signing
from tests.delivery.authority_calls import AuthorityCalls, public_text
from tests.delivery.kits import Campaign, Card

SOURCE = Path(__file__).parents[2] / "src"
START_SECONDS = 30


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def command(*arguments: str | Path) -> list[str]:
    """`python -m ardoise.delivery …` with this interpreter."""
    return [sys.executable, "-m", "ardoise.delivery", *map(str, arguments)]


def environment() -> dict[str, str]:
    """Little but the path to the source."""
    return {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(SOURCE), "LC_ALL": "C.UTF-8"}


@dataclass
class RunningDelivery:
    """A delivery in `directory`: `with RunningDelivery(tmp_path) as delivery: …`.

    `start`, `stop` and `kill` may be called in between, on the same files and port.
    """

    directory: Path
    signing_key: bytes = field(default_factory=signing.new_key)
    runner: Path | None = None
    options: tuple[str, ...] = ()
    postgres: str | None = None
    """URL of a migrated database; None: the encrypted file."""
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def home(self) -> Path:
        """The directory of key file and database."""
        return self.directory / "delivery"

    @property
    def log(self) -> Path:
        """What the server wrote to stdout and stderr."""
        return self.directory / "delivery.log"

    @property
    def url(self) -> str:
        """Where it listens."""
        scheme = "https" if "--tls-cert" in self.options else "http"
        return f"{scheme}://127.0.0.1:{self.port}"

    def __enter__(self) -> "RunningDelivery":
        self.init()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def init(self) -> None:
        """Make keys and database, once."""
        if not self.home.exists():
            self.run("init", "--authority-key", public_text(self.signing_key))

    def run(self, name: str, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
        """Another command on the same directory. Raises CalledProcessError."""
        return self.call(name, "--dir", self.home, *self._database(), *arguments)

    def call(self, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
        """Any command. Raises CalledProcessError."""
        return subprocess.run(
            command(*arguments),
            env=environment(),
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )

    def _database(self) -> tuple[str, ...]:
        return () if self.postgres is None else ("--postgres", self.postgres)

    def start(self) -> None:
        """Start and wait until it answers."""
        arguments = ["serve", "--dir", str(self.home), "--port", str(self.port)]
        arguments += [*self._database(), *self.options]
        if self.runner is not None:
            arguments += ["--runner", str(self.runner)]
        with self.log.open("ab") as file:
            self.process = subprocess.Popen(
                command(*arguments),
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,
            )
        self._wait_until_up()

    def _wait_until_up(self) -> None:
        assert self.process is not None
        # A certificate made for one test is nobody's: what matters here is that it listens.
        pool = urllib3.PoolManager(retries=False, timeout=5.0, cert_reqs="CERT_NONE")
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(urllib3.exceptions.HTTPError), warnings.catch_warnings():
                warnings.simplefilter("ignore", urllib3.exceptions.InsecureRequestWarning)
                if pool.request("GET", f"{self.url}/health").status == 200:
                    return
            time.sleep(0.02)
        self.kill()
        raise AssertionError(f"delivery did not start:\n{self.log.read_text()[-2000:]}")

    def kill(self) -> None:
        """kill -9, as a power cut would."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def authority(self) -> AuthorityCalls:
        """The authority's calls, with the right key."""
        return AuthorityCalls(self.url, self.signing_key)

    def client(self, campaign: Campaign, card: Card) -> SeatClient:
        """A seat's client, not logged in."""
        return SeatClient(self.url, campaign=campaign.name, number=card.number, code=card.code)

    def written(self) -> Iterator[tuple[str, bytes]]:
        """Every file that delivery wrote, its log too."""
        for path in sorted(self.directory.rglob("*")):
            if path.is_file():
                yield path.name, path.read_bytes()
