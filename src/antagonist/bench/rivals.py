"""How fast other tools do the common work, and how far their answers are from the engine's.

Every rival gives the mu-receptor odds of each subject on the hourly grid; the hours above each
threshold are counted from them. A speed means little where the answers differ, so that is told too.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from time import perf_counter, process_time

import numpy as np
from numpy.typing import NDArray

from antagonist.bench.alone import printed_by
from antagonist.bench.rival_tools import Odds, numpy_odds, pydiffsol_odds, scipy_odds
from antagonist.bench.work import Work, common_work, hours, odds_at, solved

Floats = NDArray[np.float64]
# Odds under this share of a subject's peak are not compared: a stepping solver's absolute
# tolerance shows there.
COMPARED_FROM = 1e-3
_COMPARED = 64  # subjects whose odds are held against the engine's


@dataclass(frozen=True)
class Rival:
    """Another tool. subjects: how many are timed; package: what has to be installed for it."""

    name: str
    odds: Callable[[Work], Odds]
    subjects: int
    package: str | None = None


RIVALS = (
    Rival("NumPy, modes and an hourly grid, vectorised", numpy_odds, 2_000),
    Rival("SciPy, solve_ivp LSODA, dose by dose", scipy_odds, 4),
    Rival("diffsol (Rust), Tsitouras 5(4), dose by dose", pydiffsol_odds, 100, "pydiffsol"),
)


@dataclass(frozen=True)
class Row:
    """One rival's figures, or why there are none.

    subjects_per_s: on as many cores as ``cores_used`` says (processor time over elapsed time).
    deviation: largest relative distance of its hourly odds from the engine's.
    """

    name: str
    note: str
    subjects: int = 0
    subjects_per_s: float | None = None
    cores_used: float | None = None
    deviation: float | None = None


def hours_above(rival: Rival, work: Work) -> dict[str, Floats]:
    """Hours of the grid at which each subject is above each threshold, by name, shape (N,)."""
    found = {name: np.zeros(work.subjects) for name in work.thresholds}
    for which, odds in rival.odds(work):
        for name, threshold in work.thresholds.items():
            found[name][which] = np.count_nonzero(odds > threshold[which, None], axis=1)
    return found


def deviation(rival: Rival, work: Work) -> float:
    """Largest relative distance of a rival's hourly odds from the engine's.

    Over all subjects of the work and all hours at which the odds are above ``COMPARED_FROM`` of
    the subject's peak.
    """
    ours = odds_at(work, solved(work), hours())
    theirs = np.concatenate([odds for _, odds in rival.odds(work)])
    counts = ours > COMPARED_FROM * ours.max(axis=1, keepdims=True)
    return float(np.max(np.abs(theirs - ours)[counts] / ours[counts]))


def measured(rival: Rival, work: Work, *, repeats: int = 3) -> Row:
    """Time a rival on the first of the work's subjects, the best of some repeats.

    Returns a row that says "not installed" where its package is missing.
    """
    if rival.package is not None and find_spec(rival.package) is None:
        return Row(rival.name, f"not installed (pip install {rival.package})")
    timed, compared = (work.part(slice(0, n)) for n in (rival.subjects, _COMPARED))
    if rival.subjects < _COMPARED:
        compared = timed
    # Also compiles what is compiled at the first use.
    apart = deviation(rival, compared)
    best_s, cores = np.inf, 0.0
    for _ in range(repeats):
        start_s, processor_s = perf_counter(), process_time()
        hours_above(rival, timed)
        took_s = perf_counter() - start_s
        if took_s < best_s:
            best_s, cores = took_s, (process_time() - processor_s) / took_s
    return Row(rival.name, "", timed.subjects, timed.subjects / best_s, cores, apart)


def rows_here(seed: int, own_schedules: bool) -> list[Row]:
    """Every rival's row on the common work, measured in this process as it was started."""
    work = common_work(max(r.subjects for r in RIVALS), seed=seed, own_schedules=own_schedules)
    return [measured(rival, work) for rival in RIVALS]


def rows(*, seed: int = 1, own_schedules: bool = False) -> list[Row]:
    """Every rival's row, measured on one core in a process of its own.

    seed, own_schedules: of the common work, see there. Takes about ten seconds.
    """
    arguments = (str(seed), "own" if own_schedules else "shared")
    return [Row(**row) for row in printed_by("antagonist.bench.rivals", *arguments)]


if __name__ == "__main__":
    found = rows_here(int(sys.argv[1]), sys.argv[2] == "own")
    print(json.dumps([asdict(row) for row in found]))
