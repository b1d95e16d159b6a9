"""What this machine can do at best: multiply-adds and bytes written per second.

The peaks are measured, not taken from a data sheet: products of matrices that stay in the cache,
and filling an array far larger than it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from time import perf_counter

import numpy as np

from antagonist.bench.alone import printed_by

SIZE = 256  # rows of the matrices: 0.5 MB each
PRODUCTS = 50  # for each thread and repeat
ARRAY_BYTES = 512 * 2**20  # written in all, many times the cache
REPEATS = 7


@dataclass(frozen=True)
class Limits:
    """Measured peaks on some threads.

    gflops: 1e9 operations on doubles per second; a multiply-add counts as two.
    write_bytes_per_s: bytes that reach memory from ``fill``; what the processor may read first to
        fill its cache lines is not counted.
    """

    threads: int
    gflops: float
    write_bytes_per_s: float


def _best_s(work: Sequence[Callable[[], object]], repeats: int) -> float:
    """Shortest time of several in which every piece of work, one on each thread, is done, s."""
    best_s = np.inf
    with ThreadPoolExecutor(len(work)) as pool:
        for _ in range(repeats):
            start_s = perf_counter()
            for done in [pool.submit(piece) for piece in work]:
                done.result()
            best_s = min(best_s, perf_counter() - start_s)
    return best_s


def gflops(
    threads: int, *, size: int = SIZE, products: int = PRODUCTS, repeats: int = REPEATS
) -> float:
    """Peak rate of multiply-adds on doubles, 1e9 operations per second (two a multiply-add).

    Every thread multiplies its own matrices of ``size`` rows, ``products`` times; the library of
    linear algebra has to be kept to one thread, as ``limits`` does. The best of some repeats.
    """

    def piece() -> Callable[[], None]:
        left, right, result = (np.full((size, size), value) for value in (0.5, 0.25, 0.0))

        def multiply() -> None:
            for _ in range(products):
                np.matmul(left, right, out=result)

        return multiply

    best_s = _best_s([piece() for _ in range(threads)], repeats)
    return 2.0 * size**3 * products * threads / best_s / 1e9


def write_bytes_per_s(
    threads: int, *, array_bytes: int = ARRAY_BYTES, repeats: int = REPEATS
) -> float:
    """Peak rate of writing to memory, bytes per second; each thread fills its part of an array.

    The array is written once before, so that its pages are there. The best of some repeats.
    """
    array = np.zeros(array_bytes // 8)
    array.fill(1.0)
    parts = np.array_split(array, threads)
    return array.nbytes / _best_s([partial(part.fill, 2.0) for part in parts], repeats)


def limits_here(threads: int) -> Limits:
    """The limits on some threads, measured in this process as it was started."""
    return Limits(threads, gflops(threads), write_bytes_per_s(threads))


def limits(threads: int) -> Limits:
    """The limits on some threads, in a process whose linear algebra keeps to one thread each.

    threads: at least 1. Raises ValueError for fewer, and CalledProcessError where the process
    fails.
    """
    if threads < 1:
        raise ValueError(f"{threads} threads: at least 1 is needed")
    return Limits(**printed_by("antagonist.bench.roofline", str(threads)))


if __name__ == "__main__":
    print(json.dumps(asdict(limits_here(int(sys.argv[1])))))
