"""All structures calibrated side by side, their shares, and everything written down."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from antagonist.foundation.data import near_match
from antagonist.foundation.errors import InputError
from antagonist.pharmacology.calibration.observations import Question
from antagonist.pharmacology.calibration.publish import report, write_report, write_set
from antagonist.pharmacology.calibration.run import (
    STRUCTURES,
    StructureFit,
    TargetResult,
    calibrate_structure,
    evidence_questions,
    shares,
    target_results,
)

SET_VERSION = "2026.1"
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Campaign:
    """A finished calibration. content: the report for readers."""

    fits: tuple[StructureFit, ...]
    weights: dict[str, float]
    targets: dict[str, list[TargetResult]]
    content: dict[str, Any]


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Workers inherit one linear-algebra thread each: they are parallel already."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _one(name: str, seed: int, left_out: bool) -> StructureFit:
    return calibrate_structure(name, evidence_questions(), seed=seed, left_out=left_out)


def run_campaign(
    names: Sequence[str] = STRUCTURES,
    *,
    seed: int = 2026,
    left_out: bool = True,
    workers: int | None = None,
    watch: Callable[[str], None] | None = None,
) -> Campaign:
    """Calibrate structures in parallel processes; the result does not depend on their number.

    names: of data/structures. left_out: also predict every study from the others.
    watch: told a structure's name when it is done.
    Raises InputError for an unknown structure.
    """
    for name in names:
        if name not in STRUCTURES:
            raise InputError("", "structure", name, near_match(name, STRUCTURES))
    count = workers or min(len(names), os.cpu_count() or 1)
    found: dict[str, StructureFit] = {}
    with _one_thread_each(), ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
        jobs = {pool.submit(_one, name, seed, left_out): name for name in names}
        for job in as_completed(jobs):
            found[jobs[job]] = job.result()
            if watch:
                watch(jobs[job])
    return assemble_campaign([found[name] for name in names], evidence_questions(), seed)


def assemble_campaign(
    fits: Sequence[StructureFit], questions: Sequence[Question], seed: int
) -> Campaign:
    """Shares, targets and the report from finished fits."""
    targets = {fit.name: target_results(fit, questions) for fit in fits}
    weights = shares(fits, targets)
    return Campaign(tuple(fits), weights, targets, report(fits, questions, weights, targets, seed))


def save_campaign(campaign: Campaign, parameters_folder: Path, report_file: Path) -> list[Path]:
    """Write the parameter set and the report; returns what was written."""
    written = write_set(parameters_folder, campaign.fits, campaign.weights, SET_VERSION)
    report_file.parent.mkdir(parents=True, exist_ok=True)
    write_report(report_file, campaign.content)
    return [*written, report_file]
