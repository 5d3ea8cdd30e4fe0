"""Arithmetic spread over processes: values go in, values come back, the caller alone writes.

Processes, because threads would take turns. They are started fresh (`spawn`), know neither Django
nor the database, and get what they need, keys too, through a pipe: nothing of it stands in an
argument, a variable of the environment or a file. They end with the process that started them,
even where that one was killed.
"""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

_Shared = TypeVar("_Shared")
_Share = TypeVar("_Share")
_Result = TypeVar("_Result")
AHEAD = 2
"""Shares a worker that are under way at most: what bounds the memory."""


class WorkerLost(Exception):
    """A worker process was ended from outside. What was committed stands: run again."""


class Cores(Generic[_Shared]):
    """Calls functions of (`shared`, share) on `workers` cores: all of them if None.

    Functions are a module's own, and their module imports no models. Processes start with the
    second share: what fits into one is done here, and so is all of it where `workers` is 1.
    """

    def __init__(self, shared: _Shared, workers: int | None = None) -> None:
        self._shared = shared
        self._workers = len(os.sched_getaffinity(0)) if workers is None else workers
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, _: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the processes once they have done what they are at."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def map(
        self, function: Callable[[_Shared, _Share], _Result], shares: Iterable[_Share]
    ) -> Iterator[_Result]:
        """Results in the order of the shares.

        Where the shares end with a fault, the results of all before it come first, then the fault.
        Raises WorkerLost.
        """
        remaining = iter(shares)
        if self._pool is None:
            first = list(islice(remaining, 1))
            second = list(islice(remaining, 1)) if first and self._workers > 1 else []
            if not second:
                for share in chain(first, remaining):
                    yield function(self._shared, share)
                return
            remaining = chain(first, second, remaining)
        yield from self._spread(function, remaining)

    def _spread(
        self, function: Callable[[_Shared, _Share], _Result], shares: Iterator[_Share]
    ) -> Iterator[_Result]:
        pool = self._started()
        under_way: deque[Future[_Result]] = deque()
        fault: Exception | None = None
        try:
            while True:
                try:
                    share = next(shares)
                except StopIteration:
                    break
                except Exception as raised:
                    fault = raised
                    break
                under_way.append(pool.submit(_run, function, share))
                if len(under_way) >= AHEAD * self._workers:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        except BrokenProcessPool as lost:
            raise WorkerLost(
                "a worker process was ended from outside (out of memory?): run the command again, "
                "with fewer --workers if need be; it goes on where it was"
            ) from lost
        finally:
            for future in under_way:
                future.cancel()
        if fault is not None:
            raise fault

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self._workers,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_begin,
                initargs=(self._shared,),
            )
        return self._pool


_held: list[Any] = []
"""In a worker: what `shared` was."""


def _begin(shared: object) -> None:
    """The parent decides when to stop (Ctrl-C reaches every process of the terminal)."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _held[:] = [shared]
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _run(function: Callable[[Any, _Share], _Result], share: _Share) -> _Result:
    return function(_held[0], share)
