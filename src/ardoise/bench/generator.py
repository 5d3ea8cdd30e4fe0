"""One generator process: plays its share of the people, tells every second, ends with its parent.

python -m ardoise.bench.generator FD        (started by the conductor, never by hand)
"""

import asyncio
import gc
import resource
import socket
import sys
from pathlib import Path
from time import perf_counter

import uvloop

from ardoise.bench import messages
from ardoise.bench.actors import Life, Pupil, Teacher
from ardoise.bench.device import World
from ardoise.bench.messages import Broken, Closed, End, Finish, Go, Gone, Places, Ready, Told, Work
from ardoise.bench.pacing import Knocker, Pacer
from ardoise.bench.sheets import Texts
from ardoise.bench.tally import Tally
from ardoise.bench.timers import Chance, Timers
from ardoise.bench.wire import Endpoint, Target, tls_context

SWEEP_SECONDS = 5
_YOUNG = 100_000
"""Objects before a collection: what a request makes has no cycles."""


def people(world: World, work: Work) -> list[Life]:
    """The actors of one generator."""
    profile = work.profile
    numbers = [number for group in work.groups for number in group.pupils]
    match profile.actor:
        case "pupil":
            return [Pupil(world, profile, number) for number in numbers]
        case "teacher":
            return [
                Teacher(world, profile, group.teacher, group.ref, group.pupils)
                for group in work.groups
            ]
        case "pacer":
            count = _share(profile.connections or profile.pupils, work)
            some = numbers[:count]
            return [
                Pacer(world, profile, number, (place + world.chance.share()) / len(some))
                for place, number in enumerate(some)
            ]
        case "knocker":
            count = _share(profile.connections or profile.pupils, work)
            return [Knocker(world, profile, numbers, work.share, count)]


def _share(connections: int, work: Work) -> int:
    return max(1, round(connections * work.share))


class Generator:
    """Carries out what the conductor says."""

    def __init__(self, work: Work, writer: asyncio.StreamWriter) -> None:
        target = Target.parse(work.url)
        context = None
        if target.scheme == "https":
            context = tls_context(Path(work.ca) if work.ca else None, resume=work.resume)
        self.tally = Tally()
        self.endpoint = Endpoint(target, context=context, sources=work.sources)
        loop = asyncio.get_running_loop()
        timers = Timers(loop, lambda late: self.tally.lasted("generator-lag", late))
        texts = Texts.make(
            work.seats.campaign, work.seats.part, work.seats.writer,
            most_kib=work.profile.most_kib,
        )  # fmt: skip
        self._writer = writer
        self._index = work.generator
        self._world = World(
            self.endpoint, timers, self.tally, Chance(work.seed), work.seats, texts, work.assets
        )
        self._people = people(self._world, work)
        self._finishing = False

    def say(self, message: messages.FromGenerator) -> None:
        """To the conductor."""
        self._writer.write(messages.framed(message))

    def go(self, began: float) -> None:
        """Everybody begins; the objects that stay are of no interest to the collector."""
        self.tally.start(began)
        for life in self._people:
            life.start(began)
        gc.collect()
        gc.freeze()
        gc.set_threshold(_YOUNG, 50, 1_000)

    def finish(self) -> None:
        """No new answers."""
        self._finishing = True
        for life in self._people:
            life.finish()

    def closed(self) -> None:
        """The late ones."""
        for life in self._people:
            life.closed()

    def tell(self) -> None:
        """A snapshot."""
        if self._finishing:
            self.tally.people["unsent"] = sum(life.unsent for life in self._people)
        self.say(Told(self.tally.take(self._index, self.endpoint.counts, self.endpoint.open_now)))

    async def hand_in(self) -> None:
        """The ledger."""
        for device in tuple(self._world.devices):
            device.leave()
        self.tell()
        places = [place for life in self._people for place in life.places]
        for start in range(0, len(places), messages.PLACES_AT_ONCE):
            self.say(Places(places[start : start + messages.PLACES_AT_ONCE]))
            await self._writer.drain()
        self.say(Gone())
        await self._writer.drain()

    async def every_second(self) -> None:
        """Snapshots, and an end to what has no answer."""
        second = 0
        while True:
            second += 1
            due = self.tally.began + second - perf_counter()
            await asyncio.sleep(max(0.01, due))
            self.tell()
            if second % SWEEP_SECONDS == 0:
                self._world.sweep()


async def play(channel: socket.socket) -> None:
    """Until the conductor says so, or is gone."""
    reader, writer = await asyncio.open_connection(sock=channel)
    generator: Generator | None = None
    telling: asyncio.Task[None] | None = None
    try:
        while True:
            head = await reader.readexactly(4)
            said = messages.to_generator(await reader.readexactly(int.from_bytes(head, "big")))
            if isinstance(said, Work):
                generator = Generator(said, writer)
                await generator.endpoint.resolve()
                generator.say(Ready())
            elif generator is None:
                return
            elif isinstance(said, Go):
                generator.go(said.began)
                telling = asyncio.create_task(generator.every_second())
            elif isinstance(said, Finish):
                generator.finish()
            elif isinstance(said, Closed):
                generator.closed()
            elif isinstance(said, End):
                if telling is not None:
                    telling.cancel()
                await generator.hand_in()
                return
    except (asyncio.IncompleteReadError, ConnectionError):
        # The conductor is gone: nobody is played for nobody.
        return
    except OSError as fault:
        writer.write(messages.framed(Broken(str(fault))))
    finally:
        writer.close()


def main() -> None:
    """The process."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    uvloop.run(play(socket.socket(fileno=int(sys.argv[1]))))


if __name__ == "__main__":
    main()
