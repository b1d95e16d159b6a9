"""Curves of three key studies under every structure, and their published points."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from antagonist.pharmacology.agonists import heroin_equivalent
from antagonist.pharmacology.calibration.observations import Question
from antagonist.pharmacology.calibration.predict import Predictor
from antagonist.pharmacology.catalogue import formulations, structure
from antagonist.pharmacology.subjects import definitions, forward
from antagonist.report.calibration_rows import Report, best_structure

Floats = NDArray[np.float64]


def fitted_predictor(report: Report, name: str, study: str | None) -> Predictor:
    """A structure at its estimates, with a study's effects (None: an average new study)."""
    found, model, products = report["structures"][name], structure(name), formulations()
    parameters = definitions(model, products)
    base = {n: forward(p.value, p.transform) for n, p in parameters.items()}
    for n, p in found["parameters"].items():
        base[n] = forward(p["estimate"], p["transform"])
    for n in base:
        base[n] += found["study_effects"].get(f"{study} | {n}", 0.0)
    phi = {n: np.array([value]) for n, value in base.items()}
    return Predictor(model, products, parameters, phi, heroin_equivalent)


@dataclass(frozen=True)
class Study:
    """A key study: its rows, its course, and the curve to draw against them.

    signal: drawn, as a fraction. dose_mg: None where the dose is the axis, at ``at_h``.
    """

    name: str
    title: str
    kept: Callable[[Question], bool]
    product: str
    signal: str
    grid: Floats
    ticks: tuple[int, ...]
    x_label: str
    y_label: str
    dose_mg: float | None = None
    at_h: float = 0.0
    reference_h: float | None = None


def _hours(until_h: float) -> Floats:
    return np.concatenate([np.linspace(0.05, 6, 60), np.linspace(6.5, until_h, 140)])


STUDIES = {
    "lee1988": Study(
        "Lee 1988",
        "mu occupancy after 50 mg, relative to the 1 h scan",
        lambda q: q.kind == "relative",
        "oral_tablet",
        "mu_occupancy",
        _hours(168),
        tuple(range(0, 169, 24)),
        "Hours after one 50 mg tablet",
        "mu occupancy, % of the 1 h scan",
        dose_mg=50.0,
        reference_h=1.0,
    ),
    "rabiner2011": Study(
        "Rabiner 2011",
        "Dose and mu occupancy 4 h after the dose",
        lambda q: q.quantity == "mu_occupancy",
        "oral_tablet",
        "mu_occupancy",
        np.geomspace(1, 100, 80),
        (1, 2, 5, 15, 50, 100),
        "One dose by mouth, mg (logarithmic)",
        "mu occupancy, %",
        at_h=4.0,
    ),
    "verebey1976": Study(
        "Verebey 1976",
        "25 mg intravenous heroin blocked after 100 mg",
        lambda q: q.quantity == "blockade_fraction",
        "oral_solution",
        "blocked_subjective",
        _hours(96),
        tuple(range(0, 97, 24)),
        "Hours after one dose of 100 mg by mouth",
        "Subjective effect blocked, %",
        dose_mg=100.0,
    ),
}


def study_curve(report: Report, structure_name: str, study: Study, own: bool) -> Floats:
    """A structure's curve over a study's axis, as a fraction, shape (T,).

    own: with the study's own effects; else for an average new study.
    """
    predictor = fitted_predictor(report, structure_name, study.name if own else None)
    if study.dose_mg is None:
        # the model is linear in the dose, so the odds are too
        scene = predictor.scene(study.product, 1.0, 1, 24.0, {})
        odds = scene.signal("mu_odds", np.array([study.at_h]))[0, 0] * study.grid
        return np.asarray(odds / (1.0 + odds))
    scene = predictor.scene(study.product, study.dose_mg, 1, 24.0, {})
    seen: Floats = scene.signal(study.signal, study.grid)[0]
    if study.reference_h is None:
        return seen
    return np.asarray(seen / scene.signal(study.signal, np.array([study.reference_h]))[0, 0])


def study_points(
    report: Report, questions: Sequence[Question], study: Study
) -> tuple[Floats, Floats, Floats]:
    """A study's rows: place on the axis, value, and the two lengths of a bar of one sd.

    The sd is that of the published figure as fitted by the best structure.
    Returns shapes (n,), (n,), (2, n).
    """
    answers = report["structures"][best_structure(report)]["rows"]
    rows = [
        q
        for q in questions
        if q.study == study.name and q.numeric and q.row_id in answers and study.kept(q)
    ]
    at = np.array([q.dose_mg if study.dose_mg is None else q.time_h for q in rows])
    value = np.array([q.value for q in rows], dtype=float)
    sd = np.array([answers[q.row_id]["sd"] for q in rows])
    if all(q.scale == "logit" for q in rows):
        ends = np.array([expit(logit(value) + s * sd) for s in (-1, 1)])
    else:
        ends = np.array([value - sd, value + sd])
    return at, value, np.abs(ends - value)
