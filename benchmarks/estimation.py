"""NONMEM's answers against ours, patient by patient: the table of docs/reference/estimation.md.

python benchmarks/estimation.py CASES [--list CASE]

CASES: a folder with NNN_data.csv and NNN_etas.csv, plain or .csv.gz, such as
tests/validation/data/nonmem_map. The model files are those of that folder of the project.
--list: for each patient of one case who differs, both objectives and where ours ended.
"""

from __future__ import annotations

import argparse
import csv
import gzip
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from antagonist.pharmacology.estimation.batch import Batch, batch_of
from antagonist.pharmacology.estimation.estimate import Estimates, map_estimate
from antagonist.pharmacology.estimation.fitting import read
from antagonist.pharmacology.estimation.likelihood import evaluated

Floats = NDArray[np.float64]
Marks = NDArray[np.bool_]
MODELS = Path(__file__).parents[1] / "tests" / "validation" / "data" / "nonmem_map"
CASES = ("001", "003", "101", "301")
# How the field scores an eta: within 0.1 %, or 0.001 near zero; within 10 %.
EXCELLENT, NEAR_ZERO, ACCEPTABLE = 1e-3, 1e-3, 0.1
OBJECTIVE, COVARIANCE = 0.01, 0.02
SAME = 1e-6  # of the objective: neither is lower


@dataclass(frozen=True)
class Answers:
    """NONMEM's: etas (S, q), covariance (S, q, q), objective (S,)."""

    ids: tuple[str, ...]
    eta: Floats
    covariance: Floats
    objective: Floats


@dataclass(frozen=True)
class Compared:
    """One case. fit: levels and etas, at our etas and at NONMEM's, by the same likelihood."""

    case: str
    found: Estimates
    theirs: Answers
    fit_of_theirs: Floats
    read_s: float
    fit_s: float

    @property
    def excellent(self) -> Marks:
        """Of each eta, shape (S, q)."""
        return _within(self.found.eta, self.theirs.eta, EXCELLENT, NEAR_ZERO)

    @property
    def lower(self) -> Marks:
        """Whose objective is truly lower with us, shape (S,)."""
        return np.asarray(self.found.fit < self.fit_of_theirs - SAME)

    @property
    def higher(self) -> Marks:
        """Whose objective is lower with NONMEM, shape (S,)."""
        return np.asarray(self.found.fit > self.fit_of_theirs + SAME)


def _within(ours: Floats, theirs: Floats, share: float, near_zero: float) -> Marks:
    off = np.abs(ours - theirs)
    return np.asarray((off <= share * np.abs(theirs)) | (off <= near_zero))


def answers(path: Path) -> Answers:
    """NONMEM's answers of a file with columns ID, ETAi, ETCi_j and OBJ."""
    content = path.read_bytes()
    content = gzip.decompress(content) if path.suffix == ".gz" else content
    rows = list(csv.DictReader(content.decode().splitlines()))
    size = sum(name.startswith("ETA") for name in rows[0])
    eta = np.array([[float(row[f"ETA{i + 1}"]) for i in range(size)] for row in rows])
    covariance = np.empty((len(rows), size, size))
    for i in range(size):
        for j in range(i + 1):
            column = [float(row[f"ETC{i + 1}_{j + 1}"]) for row in rows]
            covariance[:, i, j] = covariance[:, j, i] = column
    ids = tuple(row["ID"] for row in rows)
    return Answers(ids, eta, covariance, np.array([float(row["OBJ"]) for row in rows]))


def _file(folder: Path, stem: str) -> Path:
    plain = folder / f"{stem}.csv"
    return plain if plain.exists() else folder / f"{stem}.csv.gz"


def compared(case: str, folder: Path, starts: int | None = None) -> Compared:
    """Fit one case and hold it against NONMEM's answers."""
    begun = perf_counter()
    problem, histories, _ = read(MODELS / f"case_{case}.yaml", _file(folder, f"{case}_data"))
    batch: Batch = batch_of(problem, histories)
    ready = perf_counter()
    found = map_estimate(problem, batch, starts=starts)
    done = perf_counter()
    theirs = answers(_file(folder, f"{case}_etas"))
    assert theirs.ids == tuple(h.id for h in histories)
    at_theirs = evaluated(batch, theirs.eta).value
    return Compared(case, found, theirs, at_theirs, ready - begun, done - ready)


def line(one: Compared) -> str:
    """A row of the table."""
    found, theirs = one.found, one.theirs
    sd = np.sqrt(np.diagonal(theirs.covariance, axis1=1, axis2=2))
    small = 1e-3 * sd[:, :, None] * sd[:, None, :]
    off = np.abs(found.covariance - theirs.covariance)
    covariance = (off <= COVARIANCE * np.abs(theirs.covariance)) | (off <= small)
    objective = np.abs(found.objective - theirs.objective) <= OBJECTIVE
    acceptable = _within(found.eta, theirs.eta, ACCEPTABLE, NEAR_ZERO)
    rest = ~one.lower | one.excellent.all(axis=1)
    figures = (
        one.excellent.mean(), acceptable.mean(), objective.mean(), covariance.mean(),
    )  # fmt: skip
    rest_figures = (one.excellent[rest].mean(), objective[rest].mean(), covariance[rest].mean())
    cells = [one.case, str(len(theirs.ids)), *(f"{x:.2%}" for x in figures)]
    cells += [str(int((~rest).sum())), str(int(one.higher.sum()))]
    cells += [*(f"{x:.2%}" for x in rest_figures)]
    cells += [str(int((~found.converged).sum())), f"{one.read_s:.2f}", f"{one.fit_s:.2f}"]
    return f"| {' | '.join(cells)} |"


HEADER = (
    "case", "patients", "etas excellent", "acceptable", "objective", "covariance",
    "differ, ours lower", "NONMEM's lower", "else: excellent", "objective", "covariance",
    "not converged", "read s", "fit s",
)  # fmt: skip


def listed(one: Compared) -> None:
    """Every patient who differs: both objectives and the end."""
    print("| ID | ours | NONMEM's | end | etas, ours | etas, NONMEM's |\n|" + " --- |" * 6)
    for s in np.flatnonzero(~one.excellent.all(axis=1)):
        ours, theirs = (" ".join(f"{x:.4f}" for x in e[s]) for e in (one.found.eta, one.theirs.eta))
        fits = f"{one.found.fit[s]:.5f} | {one.fit_of_theirs[s]:.5f}"
        print(f"| {one.theirs.ids[s]} | {fits} | {one.found.end[s]} | {ours} | {theirs} |")


def main() -> None:
    """Print the table, or the patients of one case who differ."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("cases", type=Path)
    parser.add_argument("--list", choices=CASES)
    parser.add_argument("--starts", type=int)
    asked = parser.parse_args()
    if asked.list:
        listed(compared(asked.list, asked.cases, asked.starts))
        return
    print(f"| {' | '.join(HEADER)} |\n|{' --- |' * len(HEADER)}")
    for case in CASES:
        print(line(compared(case, asked.cases, asked.starts)), flush=True)


if __name__ == "__main__":
    main()
