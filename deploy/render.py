"""Fills the configurations in for one site: `python -m deploy.render site.toml --out site/`.

What is made for a machine is all that it gets. Keys and passwords are drawn once, in
`<out>/secrets/` (mode 0700), and stay the same when the site is rendered again.
"""

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from ardoise.seal import randomness
from deploy.certificates import CertificateAuthority, Issued
from deploy.topology import Machine, Site, SiteFault, read_site

HERE = Path(__file__).parent
PLACE = re.compile(r"@([A-Z_]+)@")
DATABASE = "ardoise"
SEATS_USER, EXCHANGE_USER, OWNER = "seats_node", "exchange_node", "ardoise_owner"
SEATS_PORT, EXCHANGE_PORT = 8001, 8002
_PASSWORD_OF = {SEATS_USER: "seats", EXCHANGE_USER: "exchange", OWNER: "owner"}
PASSWORDS = ("superuser", "replication", "rewind", "owner", "seats", "exchange")


@dataclass(frozen=True)
class Rendered:
    """A file for a machine: where it goes, whose it is, what stands in it."""

    path: str
    content: bytes
    owner: str = "root"
    mode: int = 0o644


class Secrets:
    """Passwords and certificates of a site, kept in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._authority = CertificateAuthority.kept(folder)

    @property
    def root(self) -> bytes:
        """The root's certificate, PEM."""
        return self._authority.pem

    def password(self, name: str) -> str:
        """Drawn at the first call; 32 hexadecimal digits."""
        return self._kept(f"{name}.password", randomness.system(16).hex().encode()).decode()

    def certificate(self, name: str, hosts: list[str]) -> Issued:
        """Made at the first call. To renew one, remove its two files and render again."""
        chain, key = self._folder / f"{name}.pem", self._folder / f"{name}.key"
        if not chain.exists():
            made = self._authority.issue(name, hosts)
            self._kept(key.name, made.key)
            self._kept(chain.name, made.certificate)
        return Issued(chain.read_bytes(), key.read_bytes())

    def _kept(self, name: str, fresh: bytes) -> bytes:
        path = self._folder / name
        if not path.exists():
            path.touch(mode=0o600)
            path.write_bytes(fresh)
        return path.read_bytes()


def render(site: Site, machine: Machine, secrets: Secrets) -> list[Rendered]:
    """All files of one machine. Raises SiteFault for a placeholder that nothing fills."""
    words = _words(site, machine, secrets)
    folders = site.folders.on(machine.name)
    files = [Rendered(f"{folders.tls}/ca.pem", secrets.root)]
    for role in machine.roles:
        files += _FOR[role](site, machine, secrets, words)
    return files


def filled(template: Path, words: dict[str, str]) -> bytes:
    """A template with every @WORD@ put in. Raises SiteFault for one that is not known."""

    def word(match: re.Match[str]) -> str:
        if match[1] not in words:
            raise SiteFault(f"{template.name}: nothing fills @{match[1]}@")
        return words[match[1]]

    return PLACE.sub(word, template.read_text(encoding="utf-8")).encode()


def dsn(site: Site, machine: Machine, user: str) -> str:
    """Where a node finds the primary: every database machine, and only the one that takes writes.

    The password stands in a file; the certificate must be that of the address.
    """
    folders = site.folders.on(machine.name)
    hosts = ",".join(f"{_bracketed(each.address)}:5432" for each in site.having("database"))
    return (
        f"postgresql://{user}@{hosts}/{DATABASE}?target_session_attrs=read-write"
        f"&sslmode=verify-full&sslrootcert={folders.tls}/ca.pem&passfile={folders.etc}/{user}.pgpass"
    )


def _words(site: Site, machine: Machine, secrets: Secrets) -> dict[str, str]:
    folders, sizes = site.folders.on(machine.name), site.sizes
    databases = site.having("database")
    return {
        "MACHINE": machine.name,
        "ADDRESS": machine.address,
        "NAME": site.name,
        "PORT": str(site.port),
        "OFFICE": " ".join(site.office),
        "ETC": folders.etc,
        "TLS": folders.tls,
        "STATE": folders.state,
        "RUN": folders.run,
        "PYTHON": folders.python,
        "RUNNER_OPTION": f" --runner {folders.runner}" if folders.runner else "",
        "ENVIRONMENT": site.environment,
        "LOCAL_AUTH": site.local_auth,
        "ETCD_MEMBERS": ",".join(
            f"{each.name}=https://{_bracketed(each.address)}:2380" for each in databases
        ),
        "ETCD_HOSTS": ",".join(f"{_bracketed(each.address)}:2379" for each in databases),
        "HBA_DATABASES": "\n".join(_database_rules(databases)),
        "HBA_NODES": "\n".join(_node_rules(site)),
        "SUPERUSER_PASSWORD": secrets.password("superuser"),
        "REPLICATION_PASSWORD": secrets.password("replication"),
        "REWIND_PASSWORD": secrets.password("rewind"),
        "DSN_SEATS": dsn(site, machine, SEATS_USER),
        "DSN_EXCHANGE": dsn(site, machine, EXCHANGE_USER),
        "SEAT_SERVERS": "\n".join(_servers(site, "seats", SEATS_PORT)),
        "EXCHANGE_SERVERS": "\n".join(_servers(site, "exchange", EXCHANGE_PORT)),
        "MAXCONN": str(sizes.connections),
        "CROWDED": str(sizes.connections * 9 // 10),
        "ADDRESS_CONNECTIONS": str(max(sizes.connections // 10, 4_000)),
        "NODE_REQUESTS": str(max(1_000, sizes.files // 8)),
        "TLS_SESSIONS": str(max(20_000, sizes.connections)),
        "FILES": str(sizes.files),
        "BALANCER_FILES": str(sizes.connections * 2 + 4_096),
        "SHARED_BUFFERS": sizes.shared_buffers,
        "MAX_WAL": sizes.max_wal,
        "MIN_WAL": sizes.min_wal,
        "WAL_KEEP": sizes.wal_keep,
        "DATABASE_MEMORY": sizes.database_memory,
    }


def _database_rules(databases: tuple[Machine, ...]) -> Iterator[str]:
    """Replication, rewinding and Patroni's own checks: a password and a certificate of ours."""
    for network in _sources(databases):
        for what in (
            "replication replicator",
            "postgres rewinder",
            "postgres postgres",
            f"{DATABASE} postgres",
        ):
            yield f"  - hostssl {what} {network} scram-sha-256 clientcert=verify-ca"


def _node_rules(site: Site) -> Iterator[str]:
    for network in _sources(site.having("seats")):
        yield f"  - hostssl {DATABASE} {SEATS_USER} {network} scram-sha-256"
    for network in _sources(site.having("exchange")):
        for user in (EXCHANGE_USER, OWNER):
            yield f"  - hostssl {DATABASE} {user} {network} scram-sha-256"


def _sources(machines: tuple[Machine, ...]) -> list[str]:
    found = [address for machine in machines for address in (machine.address, *machine.also)]
    return list(dict.fromkeys(str(ipaddress.ip_network(address)) for address in found))


def _servers(site: Site, role: str, port: int) -> Iterator[str]:
    for machine in site.having(role):
        address = f"{_bracketed(machine.address)}:{port}"
        name = machine.name
        yield f"    server {name} {address} verifyhost {name} sni str({name})"


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _pair(
    site: Site, machine: Machine, secrets: Secrets, service: str, owner: str
) -> list[Rendered]:
    hosts = [machine.name, machine.address, *machine.also]
    issued = secrets.certificate(f"{machine.name}-{service}", hosts)
    tls = site.folders.on(machine.name).tls
    return [
        Rendered(f"{tls}/{service}.pem", issued.certificate),
        Rendered(f"{tls}/{service}.key", issued.key, owner, 0o600),
    ]


def _database(
    site: Site, machine: Machine, secrets: Secrets, words: dict[str, str]
) -> list[Rendered]:
    etc = site.folders.on(machine.name).etc
    return [
        *_pair(site, machine, secrets, "etcd", "etcd"),
        *_pair(site, machine, secrets, "postgres", "postgres"),
        Rendered(f"{etc}/etcd.conf.yml", filled(HERE / "etcd.conf.yml", words)),
        Rendered(f"{etc}/patroni.yml", filled(HERE / "patroni.yml", words), "postgres", 0o600),
        Rendered(f"{etc}/roles.sql", _roles(secrets), "postgres", 0o600),
        _unit("ardoise-etcd", words),
        _unit("ardoise-patroni", words),
    ]


def _roles(secrets: Secrets) -> bytes:
    words = {f"{name.upper()}_PASSWORD": secrets.password(name) for name in PASSWORDS}
    return filled(HERE / "roles.sql", words)


def _seats(site: Site, machine: Machine, secrets: Secrets, words: dict[str, str]) -> list[Rendered]:
    return [
        *_pair(site, machine, secrets, "node", "ardoise"),
        _password_file(site, machine, secrets, SEATS_USER),
        _unit("ardoise-seats", words),
    ]


def _exchange(
    site: Site, machine: Machine, secrets: Secrets, words: dict[str, str]
) -> list[Rendered]:
    """The owner's password lies here too: migrations are run from this machine."""
    return [
        *_pair(site, machine, secrets, "node", "ardoise"),
        _password_file(site, machine, secrets, EXCHANGE_USER),
        _password_file(site, machine, secrets, OWNER),
        _unit("ardoise-exchange", words),
    ]


def _balance(
    site: Site, machine: Machine, secrets: Secrets, words: dict[str, str]
) -> list[Rendered]:
    folders = site.folders.on(machine.name)
    host = site.name.rsplit(":", 1)[0]
    public = secrets.certificate("public", [host, machine.address, *machine.also])
    return [
        Rendered(f"{folders.tls}/public.pem", public.certificate + public.key, "haproxy", 0o600),
        Rendered(f"{folders.etc}/haproxy.cfg", filled(HERE / "haproxy.cfg", words)),
        _unit("ardoise-haproxy", words),
    ]


def _password_file(site: Site, machine: Machine, secrets: Secrets, user: str) -> Rendered:
    password = secrets.password(_PASSWORD_OF[user])
    path = f"{site.folders.on(machine.name).etc}/{user}.pgpass"
    return Rendered(path, f"*:*:{DATABASE}:{user}:{password}\n".encode(), "ardoise", 0o600)


def _unit(name: str, words: dict[str, str]) -> Rendered:
    template = HERE / "systemd" / f"{name}.service"
    return Rendered(f"/etc/systemd/system/{name}.service", filled(template, words))


_FOR = {"database": _database, "seats": _seats, "exchange": _exchange, "balance": _balance}


def write(files: list[Rendered], folder: Path) -> None:
    """Under `folder` as on the machine under `/`, with modes; owners stand in `OWNERS`."""
    owners = []
    for file in files:
        path = folder / file.path.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=file.mode)
        path.chmod(file.mode)
        path.write_bytes(file.content)
        owners.append(f"{file.owner}\t{file.mode:04o}\t{file.path}\n")
    (folder / "OWNERS").write_text("".join(owners), encoding="utf-8")


def main(
    site_file: Annotated[Path, typer.Argument(help="The machines, as in deploy/site.toml.")],
    out: Annotated[Path, typer.Option(help="A folder; one folder a machine is made in it.")],
) -> None:
    """Make every machine's files."""
    try:
        site = read_site(site_file)
        out.mkdir(parents=True, exist_ok=True, mode=0o700)
        secrets = Secrets(out / "secrets")
        for machine in site.machines:
            write(render(site, machine, secrets), out / machine.name)
    except SiteFault as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{len(site.machines)} machines in {out}; keep {out}/secrets off all of them")


if __name__ == "__main__":
    typer.run(main)
