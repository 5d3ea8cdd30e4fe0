"""Takes seats for the benchmarks: logs every pupil of a rehearsal in and opens its part."""

import asyncio
import base64
from collections import deque

import msgspec
import uvloop
from delivery_load import Seat, named

from ardoise.bench.campaign import PART, Rehearsal
from ardoise.bench.wire import Connection, Endpoint, Target
from ardoise.contract.problems import Problem
from ardoise.contract.sitting import LoggedIn, Login, OpenPart


def seated(rehearsal: Rehearsal, urls: list[str], connections: int = 200) -> list[Seat]:
    """Every pupil logged in, its part opened. Raises RuntimeError if somebody is turned away."""
    return uvloop.run(_seated(rehearsal, urls, connections))


async def _seated(rehearsal: Rehearsal, urls: list[str], connections: int) -> list[Seat]:
    waiting = deque(rehearsal.group_of)
    found: list[Seat] = []

    async def line(endpoint: Endpoint) -> None:
        connection = await connected(endpoint)
        host = endpoint.target.authority
        while waiting:
            number = waiting.popleft()
            raw = await _patiently(connection, host, "/v1/login", login_of(rehearsal, number))
            session = msgspec.json.decode(raw, type=LoggedIn).session
            await _patiently(connection, host, "/v1/open", OpenPart(PART), session)
            group = rehearsal.group_of[number]
            found.append(Seat(number, session, rehearsal.seats.sheet_key(number, group)))
        connection.close()

    endpoints = [Endpoint(Target.parse(url)) for url in urls]
    for endpoint in endpoints:
        await endpoint.resolve()
    await asyncio.gather(*(line(endpoints[n % len(endpoints)]) for n in range(connections)))
    return found


def login_of(rehearsal: Rehearsal, number: str) -> Login:
    """What that seat's browser sends."""
    token = rehearsal.seats.keys(number).login_token()
    text = base64.urlsafe_b64encode(token).rstrip(b"=").decode()
    return Login(rehearsal.name, number, text)


async def connected(endpoint: Endpoint) -> Connection:
    """A new connection. Raises RuntimeError."""
    made: asyncio.Future[tuple[Connection | None, str]] = asyncio.get_running_loop().create_future()
    endpoint.open(lambda connection, why: made.set_result((connection, why)))
    connection, why = await made
    if connection is None:
        raise RuntimeError(f"no connection: {why}")
    return connection


async def _patiently(
    connection: Connection,
    host: str,
    path: str,
    asked: Login | OpenPart,
    session: str = "",
) -> bytes:
    """The answer's body; waits where it is told to. Raises RuntimeError for a refusal."""
    for _ in range(1_000):
        status, raw = await ask(connection, host, path, msgspec.json.encode(asked), session)
        if status == 200:
            return raw
        problem = msgspec.json.decode(raw, type=Problem) if status else None
        if problem is None or problem.retry_ms is None:
            raise RuntimeError(f"{path} is answered {named(status, raw)}")
        if problem.ticket is not None:
            asked = msgspec.structs.replace(asked, ticket=problem.ticket)
        await asyncio.sleep(problem.retry_ms / 1000)
    raise RuntimeError(f"{path} was put off a thousand times")


async def ask(
    connection: Connection, host: str, path: str, body: bytes, session: str = ""
) -> tuple[int, bytes]:
    """POST of JSON: status and body of the answer."""
    bearer = f"Authorization: Bearer {session}\r\n" if session else ""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n{bearer}\r\n"
    )
    done: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()
    connection.send(head.encode() + body, lambda status, _, raw: done.set_result((status, raw)))
    return await done
