"""How much memory a stream of virtual subjects takes: it should not grow with their number."""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Iterator

from antagonist.bench.alone import printed_by
from antagonist.bench.work import HORIZON_H, Floats, common_work, population_of
from antagonist.pharmacology.kernel.window import Window
from antagonist.pharmacology.population import Population, protection_of

AT_A_TIME = 5_000
KIB = 1024


def stream(subjects: int) -> Iterator[tuple[Population, Floats]]:
    """Subjects with schedules of their own, drawn as they are asked for, and their level."""
    for n, first in enumerate(range(0, subjects, AT_A_TIME)):
        count = min(AT_A_TIME, subjects - first)
        work = common_work(count, seed=n, own_schedules=True)
        yield population_of(work), work.thresholds["clinical"]


def peak_here(subjects: int) -> int:
    """Peak memory of this process after the answers of so many subjects, bytes."""
    window = Window.between(0.0, HORIZON_H)
    for _ in protection_of(stream(subjects), window):
        pass
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts in KiB, macOS in bytes
    return peak if sys.platform == "darwin" else peak * KIB


def peak_bytes(subjects: int) -> int:
    """The same in a process of its own, interpreter and libraries included, bytes."""
    return int(printed_by("antagonist.bench.memory", str(subjects)))


if __name__ == "__main__":
    print(json.dumps(peak_here(int(sys.argv[1]))))
