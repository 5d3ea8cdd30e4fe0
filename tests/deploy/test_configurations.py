"""The example's configurations, judged by the programs that will read them."""

import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from deploy.loopback import loopback_site
from deploy.processes import read_unit
from deploy.render import Rendered, Secrets, render
from deploy.topology import Machine, Site, SiteFault, read_site

EXAMPLE = Path(__file__).parents[2] / "deploy" / "site.toml"


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A short one: the name of a socket below it has to fit into 97 bytes."""
    with tempfile.TemporaryDirectory(prefix="ardoise-") as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Secrets:
    return Secrets(tmp_path_factory.mktemp("secrets"))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """The example on loopback: its files name folders that are there."""
    made = loopback_site(tmp_path, net="127.47.3", port=8443)
    # What its programs run as need not exist where tests run.
    return replace(made, environment="")


def written(files: list[Rendered], folder: Path) -> dict[str, Path]:
    """Files where the configurations say that they are, units in a folder; by name."""
    found = {}
    for file in files:
        path = Path(file.path.replace("/etc/systemd/system", str(folder / "units")))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
        path.chmod(file.mode)
        found[path.name] = path
    return found


def needs(program: str) -> str:
    found = shutil.which(program, path="/usr/sbin:/usr/bin:/sbin:/bin")
    if found is None:
        pytest.skip(f"{program} is missing here: docs/operating/deploying.md names the packages")
    return found


def run(*words: str | Path) -> str:
    """What a judge says. Its verdict has to be good."""
    done = subprocess.run(
        [str(word) for word in words], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_haproxy_takes_its_configuration(site: Site, secrets: Secrets, tmp_path: Path) -> None:
    haproxy = needs("haproxy")
    files = written(render(site, site.machine("balance1"), secrets), tmp_path)
    said = run(haproxy, "-c", "-f", files["haproxy.cfg"])
    assert "WARNING" not in said.upper(), said


def test_patroni_takes_its_configuration(site: Site, secrets: Secrets, tmp_path: Path) -> None:
    patroni = needs("patroni")
    files = written(render(site, site.machine("db1"), secrets), tmp_path)
    with ExitStack() as stack:
        # Patroni's judge wants somebody to answer where etcd will be.
        for machine in site.having("database"):
            door = stack.enter_context(socket.socket())
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            door.bind((machine.address, 2379))
            door.listen()
        run(patroni, "--validate-config", files["patroni.yml"])


def test_systemd_takes_every_unit(site: Site, secrets: Secrets, tmp_path: Path) -> None:
    judge = needs("systemd-analyze")
    for machine in site.machines:
        written(render(site, machine, secrets), tmp_path)
    units = sorted((tmp_path / "units").glob("*.service"))
    assert len(units) == 5
    said = run(judge, "verify", *units)
    assert "Unknown" not in said, said


def test_units_give_no_rights_away(site: Site, secrets: Secrets) -> None:
    for machine in site.machines:
        for file in render(site, machine, secrets):
            if not file.path.endswith(".service"):
                continue
            text = file.content.decode()
            for wanted in ("NoNewPrivileges=yes", "ProtectSystem=strict", "LimitNOFILE="):
                assert wanted in text, f"{file.path} lacks {wanted}"
            assert re.search(r"^MemoryMax=\S+$", text, re.MULTILINE)
            assert not re.search(r"^User=(root)?$", text, re.MULTILINE)


def test_each_machine_gets_only_its_own_keys_and_passwords(secrets: Secrets) -> None:
    example = read_site(EXAMPLE)
    everyones = {machine.name: render(example, machine, secrets) for machine in example.machines}
    keys = [
        file.content
        for files in everyones.values()
        for file in files
        if b"PRIVATE KEY" in file.content
    ]
    assert len(keys) == len(set(keys))
    seats, owner = secrets.password("seats").encode(), secrets.password("owner").encode()
    for name, files in everyones.items():
        held = b"".join(file.content for file in files)
        for file in files:
            secret = b"PRIVATE KEY" in file.content or b"assword" in file.content
            assert not (secret and file.mode & 0o077 and file.path.endswith((".key", ".yml"))), file
        if name.startswith("node"):
            assert seats in held
            assert owner not in held
            assert secrets.password("superuser").encode() not in held
        if name == "balance1":
            assert not any(
                secrets.password(each).encode() in held
                for each in ("superuser", "replication", "owner", "seats", "exchange")
            )


def test_no_password_stands_in_a_command_line(site: Site, secrets: Secrets, tmp_path: Path) -> None:
    names = ("superuser", "replication", "rewind", "owner", "seats", "exchange")
    for machine in site.machines:
        for name, path in written(render(site, machine, secrets), tmp_path).items():
            if name.endswith(".service"):
                words = " ".join(read_unit(path).command)
                assert not any(secrets.password(each) in words for each in names)


def test_the_balancer_writes_nothing_about_a_request(site: Site, secrets: Secrets) -> None:
    text = next(
        file.content.decode()
        for file in render(site, site.machine("balance1"), secrets)
        if file.path.endswith("haproxy.cfg")
    )
    frontend = text[text.index("frontend browsers") : text.index("backend seats")]
    assert "no log" in frontend
    directives = [line.split("#")[0] for line in text.splitlines()]
    for word in ("httplog", "tcplog", "forwardfor", "capture", "log-format", "unique-id"):
        assert not any(word in line for line in directives), word


def test_two_databases_are_refused() -> None:
    machines = tuple(
        Machine(name, f"10.0.0.{place}", (role,))  # type: ignore[arg-type]
        for place, (name, role) in enumerate(
            (("b1", "balance"), ("n1", "seats"), ("x1", "exchange"), ("d1", "database")), start=1
        )
    )
    with pytest.raises(SiteFault, match="three machines"):
        Site("example.org", (*machines, Machine("d2", "10.0.0.9", ("database",))))


def test_a_word_that_nothing_fills_is_refused(tmp_path: Path) -> None:
    from deploy.render import filled

    template = tmp_path / "some.cfg"
    template.write_text("bind @ADDRESS@:@PROT@")
    with pytest.raises(SiteFault, match="@PROT@"):
        filled(template, {"ADDRESS": "127.0.0.1"})
