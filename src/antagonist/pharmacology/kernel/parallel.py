"""Subjects shared out to threads: the compiled loops hold no lock, and no result depends on it."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

# Fewer exponentials than this are done before a thread has started.
WORTH_A_THREAD = 200_000


def cores() -> int:
    """Processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # only Linux tells
        return os.cpu_count() or 1


@lru_cache(maxsize=1)
def _helpers() -> ThreadPoolExecutor:
    """Threads that stay: to start one takes as long as a small share of work."""
    return ThreadPoolExecutor(max(cores() - 1, 1), thread_name_prefix="kernel")


def share_out(
    count: int, work_each: int, work: Callable[[slice], None], threads: int | None = None
) -> None:
    """Call ``work`` on slices that make up range(count), side by side where that is worth it.

    work_each: exponentials for each. threads: at most so many, default all cores.
    The caller works too, and takes back a slice that no thread has begun: calls from several
    threads at once, as of a server, share the cores and wait for nobody.
    """
    wanted = min(threads or cores(), max(1, count * work_each // WORTH_A_THREAD), max(count, 1))
    if wanted == 1:
        work(slice(0, count))
        return
    ends = [count * n // wanted for n in range(wanted + 1)]
    mine, *others = (slice(a, b) for a, b in itertools.pairwise(ends))
    given = [(_helpers().submit(work, part), part) for part in others]
    try:
        work(mine)
    finally:
        for helped, part in given:
            if helped.cancel():
                work(part)
            else:
                helped.result()


def in_blocks(count: int, size: int) -> Iterator[slice]:
    """Slices of at most ``size`` that make up range(count)."""
    for at in range(0, count, size):
        yield slice(at, min(at + size, count))
