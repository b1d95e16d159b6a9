"""Random effects by the estimator: of one patient, and of thousands, simulated by its own models.

The models and designs are those of the published validation study of mapbayr
(doi 10.1002/psp4.12689), whose times for one patient are 82 to 166 ms.
"""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import as_file, files
from statistics import median
from time import perf_counter

import numpy as np

from antagonist.pharmacology.catalogue import load_structure
from antagonist.pharmacology.dosing.records import EventRecord
from antagonist.pharmacology.estimation.batch import batch_of
from antagonist.pharmacology.estimation.estimate import map_estimate
from antagonist.pharmacology.estimation.likelihood import evaluated
from antagonist.pharmacology.estimation.problem import History, Level, Problem, problem_of

PATIENTS = 4_000
HOURS = (1.5, 4.4, 7.1, 24.6)  # of one patient's levels, as in the study
ONE_PATIENT_HOURS = (1.5, 4.4, 24.6)  # of both substances: six levels
RUNS = 15
SEED = 1


def problem(name: str) -> Problem:
    """The problem of one of the models in bench/data."""
    with as_file(files("antagonist.bench").joinpath(f"data/{name}.yaml")) as path:
        return problem_of(load_structure(path))


def simulated(of: Problem, hours: tuple[float, ...], patients: int) -> list[History]:
    """Patients with one dose of 10,000 mg into the first compartment, levels with their errors."""
    records = (EventRecord(0.0, 1, amt_mg=10_000.0, cmt=1),)
    outputs = tuple(of.structure.outputs)
    empty = tuple(Level(h, o, 1.0) for h in hours for o in outputs)
    blank = [History(str(n), records, empty) for n in range(patients)]
    rng = np.random.default_rng(SEED)
    eta = rng.standard_normal((patients, len(of.names))) @ of.root.T
    predicted = evaluated(batch_of(of, blank), eta).prediction
    sd = np.array([of.structure.residuals[o].proportional for _ in hours for o in outputs])
    told = predicted * np.maximum(1.0 + sd * rng.standard_normal(predicted.shape), 0.05)
    return [
        replace(
            one, levels=tuple(replace(x, value=float(v)) for x, v in zip(empty, row, strict=True))
        )
        for one, row in zip(blank, told, strict=True)
    ]


def one_patient_ms() -> float:
    """Median time of one warm MAP: five random effects, six levels, every end checked; ms."""
    of = problem("parent_metabolite")
    histories = simulated(of, ONE_PATIENT_HOURS, RUNS)
    map_estimate(of, histories[:1])
    taken = []
    for history in histories:
        start_s = perf_counter()
        map_estimate(of, [history])
        taken.append(perf_counter() - start_s)
    return 1e3 * median(taken)


def many_s(patients: int = PATIENTS) -> float:
    """Time of the MAP of many patients at once, from their histories; s."""
    of = problem("one_compartment")
    histories = simulated(of, HOURS, patients)
    map_estimate(of, histories[:2])
    start_s = perf_counter()
    found = map_estimate(of, histories)
    taken_s = perf_counter() - start_s
    if not found.converged.all():
        raise ValueError(f"{(~found.converged).sum()} of {patients} searches did not end")
    return taken_s


def measured(patients: int = PATIENTS) -> dict[str, float]:
    """What the estimator takes, by name, whose end is the unit."""
    return {
        "map_of_one_patient_ms": one_patient_ms(),
        f"map_of_{patients}_patients_s": many_s(patients),
    }
