"""Threads over fixed blocks of pupils, sums in the blocks' order: the same bits on any number.

BLAS is held to one thread meanwhile: two of its threads under two of ours would only get into each
other's way, and the split of a product must not depend on how many cores there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

BLOCK = 2_048
STRIPE = 8 * BLOCK
_Result = TypeVar("_Result")


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Hold numpy's and scipy's BLAS to one thread."""
    with threadpool_limits(limits=1, user_api="blas"):
        yield


def over_stripes(
    pupils: int, work: Callable[[int, int], _Result], *, threads: int
) -> Iterator[_Result]:
    """``work(start, stop)`` for stripes of 16,384 pupils; results in the order of the stripes.

    A stripe's result is freed as soon as it is taken, and few wait: memory does not grow with
    pupils. The stripes do not depend on the number of threads.
    """
    stripes = [(start, min(start + STRIPE, pupils)) for start in range(0, pupils, STRIPE)]
    if threads <= 1 or len(stripes) <= 1:
        for start, stop in stripes:
            yield work(start, stop)
        return
    waiting: list[Future[_Result]] = []
    with ThreadPoolExecutor(threads) as pool:
        for start, stop in stripes:
            waiting.append(pool.submit(work, start, stop))
            if len(waiting) > 2 * threads:
                yield waiting.pop(0).result()
        while waiting:
            yield waiting.pop(0).result()


def blocks(start: int, stop: int) -> Iterator[slice]:
    """The blocks of 2,048 pupils in a stripe."""
    for first in range(start, stop, BLOCK):
        yield slice(first, min(first + BLOCK, stop))
