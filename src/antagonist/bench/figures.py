"""The kernel's figures on the common work, each the best of some repeats, in one run.

Every figure is end to end: from parameters to answers. The rivals' and the machine's own limits
are measured in the same run (``rivals``, ``roofline``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import Any

from antagonist.bench import rivals, roofline
from antagonist.bench.memory import peak_bytes
from antagonist.bench.one_patient import milliseconds
from antagonist.bench.work import HORIZON_H, Work, common_work, population_of
from antagonist.pharmacology.kernel.parallel import cores
from antagonist.pharmacology.kernel.trajectories import Steps
from antagonist.pharmacology.kernel.window import Window
from antagonist.pharmacology.population import hourly_odds, protection

REPEATS = 3
HOURS = Steps(0.0, 1.0, int(HORIZON_H))
# Multiply-adds for a subject whose intervals are all clear, from the loops themselves: modes and
# their judgement, 78 doses carried, states and their bounds at 8 delays, responses of 8 states.
ANSWER_MULTIPLY_ADDS = 600 + 78 * 8 * 2 + 80 * 8 * (8 + 3 * 8) + 8 * 40 * 3 * 8 + 40 * 8 * 16
# For each hour: one for every mode.
HOUR_MULTIPLY_ADDS = 8


@dataclass(frozen=True)
class Figure:
    """One speed. crossings: mean number of a subject's crossings, for answers."""

    what: str
    schedule: str
    threshold: str
    threads: int
    subjects_per_s: float
    crossings: float | None = None
    bytes_per_s: float | None = None


def _best_s(work: Callable[[], object], repeats: int = REPEATS) -> float:
    work()
    taken = []
    for _ in range(repeats):
        start_s = perf_counter()
        work()
        taken.append(perf_counter() - start_s)
    return min(taken)


def answers_figures(work: Work, schedule: str, threads: int) -> Iterator[Figure]:
    """Subjects whose answers are found in a second, at every threshold."""
    population = population_of(work)
    window = Window.between(max(0.0, population.start_h), HORIZON_H)
    for name, level in work.thresholds.items():
        found = protection(population, level, window, threads=threads)

        def once(level: Any = level) -> None:
            protection(population, level, window, threads=threads)

        rate = work.subjects / _best_s(once)
        mean = float(found.crossings.mean())
        yield Figure("answers", schedule, name, threads, rate, crossings=mean)


def hours_figures(work: Work, schedule: str, threads: int) -> Iterator[Figure]:
    """Subjects whose hourly odds are written in a second, in double and single precision."""
    population = population_of(work)
    for single in (False, True):

        def once(single: bool = single) -> None:
            for _ in hourly_odds(population, HOURS, single_precision=single, threads=threads):
                pass

        rate = work.subjects / _best_s(once)
        written = rate * HOURS.count * (4 if single else 8)
        name = "hourly, single precision" if single else "hourly"
        yield Figure(name, schedule, "", threads, rate, bytes_per_s=written)


def figures(subjects: int, seed: int) -> Iterator[Figure]:
    """All of the kernel's speeds, on one core and on all."""
    for schedule in ("shared", "own"):
        work = common_work(subjects, seed=seed, own_schedules=schedule == "own")
        for threads in dict.fromkeys((1, cores())):
            yield from answers_figures(work, schedule, threads)
            yield from hours_figures(work, schedule, threads)


def measured(subjects: int, seed: int = 1) -> dict[str, Any]:
    """Everything in one run: the kernel, its rivals, the machine's limits, memory, one patient.

    subjects: of the common work; at least 1. Takes one to two minutes.
    """
    limits = [roofline.limits(threads) for threads in dict.fromkeys((1, cores()))]
    found = list(figures(subjects, seed))
    others = {
        schedule: [asdict(r) for r in rivals.rows(seed=seed, own_schedules=schedule == "own")]
        for schedule in ("shared", "own")
    }
    return {
        "subjects": subjects,
        "doses": 78,
        "hours": HOURS.count,
        "limits": [asdict(limit) for limit in limits],
        "figures": [asdict(figure) for figure in found],
        "rivals": others,
        "peak_bytes": {str(n): peak_bytes(n) for n in (subjects, 4 * subjects)},
        "one_patient_ms": milliseconds(),
        "multiply_adds": {"answers": ANSWER_MULTIPLY_ADDS, "hour": HOUR_MULTIPLY_ADDS},
    }
