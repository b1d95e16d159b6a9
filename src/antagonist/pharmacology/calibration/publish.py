"""Write a calibration down: parameter files for the product, and one report for readers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from antagonist.foundation.notice import STATEMENT
from antagonist.pharmacology.calibration.answers import residual
from antagonist.pharmacology.calibration.left_out import reference_scores
from antagonist.pharmacology.calibration.observations import Question
from antagonist.pharmacology.calibration.run import (
    StructureFit,
    TargetResult,
    estimates_of,
    problem,
)
from antagonist.pharmacology.catalogue import formulations
from antagonist.pharmacology.parameter_sets import Estimate, EstimateFile, save_estimates
from antagonist.pharmacology.subjects import backward

# Parameters whose posterior correlations are worth a table.
KEY = (
    "CL", "V1", "F_oral", "Q3", "deep_half_life_h", "ke0", "K_mu", "w_6bn",
    "ed50_subjective", "hill_subjective", "ed50_physiological", "hill_physiological",
)  # fmt: skip


def estimate_file(fit: StructureFit, set_name: str, version: str, weight: float) -> EstimateFile:
    """The parameter file of one structure; parameters that were not free keep their source."""
    p = problem(fit.name, ())
    estimates, sd = estimates_of(fit), {}
    sd = dict(zip(estimates.names, np.sqrt(np.diag(estimates.covariance)), strict=True))
    found = {}
    for name, definition in p.parameters.items():
        free = name in sd
        phi = fit.state.point.theta.get(name)
        value = (
            definition.value
            if phi is None
            else float(backward(np.array(phi), definition.transform))
        )
        found[name] = Estimate(
            value=float(f"{value:.10g}"),
            unit=definition.unit,
            transform=definition.transform,
            sd=float(f"{sd[name]:.6g}") if free else 0.0,
            between_subject=float(f"{fit.variability.sd.get(name, 0.0):.4g}"),
            between_subject_log_sd=float(f"{fit.variability.log_sd.get(name, 0.0):.4g}"),
            at_bound=name in fit.bounds,
            source=f"antagonist calibrate; prior: {definition.source}"
            if free
            else definition.source,
            provenance="calibrated" if free else definition.provenance,
        )
    return EstimateFile(
        set=set_name,
        version=version,
        structure=fit.name,
        weight=weight,
        fitted_with="antagonist calibrate (maximum a posteriori, normal posterior)",
        estimates=found,
    )


def write_set(
    folder: Path, fits: Sequence[StructureFit], weights: Mapping[str, float], version: str
) -> list[Path]:
    """Write the parameter files of every structure under folder; folder's name names the set."""
    return [
        save_estimates(
            folder, estimate_file(fit, folder.name, version, weights[fit.name]), estimates_of(fit)
        )
        for fit in fits
    ]


def _structure_report(
    fit: StructureFit, targets: Sequence[TargetResult], weight: float
) -> dict[str, Any]:
    estimates, p = estimates_of(fit), problem(fit.name, ())
    sd = np.sqrt(np.diag(estimates.covariance))
    key = [i for i, n in enumerate(estimates.names) if n in KEY]
    correlation = estimates.covariance / np.outer(sd, sd)
    parameters = p.parameters

    def value(i: int, name: str) -> float:
        return float(backward(np.array(estimates.mean[i]), parameters[name].transform))

    return {
        "title": p.structure.title,
        "weight": weight,
        "cost": fit.state.cost,
        "modes_from_starts": list(fit.modes),
        "at_bounds": list(fit.bounds),
        "log_score_left_out": fit.log_score,
        "parameters": {
            name: {
                "prior": parameters[name].value,
                "prior_sd": parameters[name].prior_sd,
                "estimate": value(i, name),
                "sd": float(sd[i]),
                "unit": parameters[name].unit,
                "transform": parameters[name].transform,
                "between_subject": fit.variability.sd.get(name, 0.0),
            }
            for i, name in enumerate(estimates.names)
        },
        "correlations": {
            "names": [estimates.names[i] for i in key],
            "matrix": [[round(float(correlation[i, j]), 3) for j in key] for i in key],
        },
        "profiles": {name: [list(pair) for pair in pairs] for name, pairs in fit.profiles.items()},
        "study_effects": {
            f"{study} | {name}": value for (study, name), value in fit.state.point.effects.items()
        },
        "rows": {
            a.question.row_id: {
                "typical": a.typical, "predicted": a.predicted, "sd": a.sd,
                "residual": residual(a)[0],
            }
            for a in fit.state.answers
            if a.question.kind not in ("cv", "fold_range")
        },
        "left_out": {
            f.question.row_id: {
                "mean": f.mean, "sd": f.sd, "probability": f.probability,
                "inside": f.inside, "log_score": f.log_score,
            }
            for f in fit.left_out
        },
        "targets": {
            t.id: {
                "what": t.what, "low": t.low, "high": t.high, "in_study": t.in_study,
                "average": t.average, "met": t.met, "source": t.source,
            }
            for t in targets
        },
    }  # fmt: skip


def report(
    fits: Sequence[StructureFit],
    questions: Sequence[Question],
    weights: Mapping[str, float],
    targets: Mapping[str, Sequence[TargetResult]],
    seed: int,
) -> dict[str, Any]:
    """Everything a reader of the calibration needs, as plain data."""
    routes = {name: f.route for name, f in formulations().items()}
    kept = [q for q in questions if q.use == "calibrates"]
    return {
        "schema": "antagonist.calibrate/1",
        "disclaimer": STATEMENT,
        "seed": seed,
        "questions": {
            q.row_id: {
                "study": q.study, "quantity": q.quantity, "use": q.use, "reason": q.reason,
                "assumed": q.assumed, "value": q.value, "scale": q.scale, "numeric": q.numeric,
                "statement": q.statement, "threshold": q.threshold, "weight": q.weight,
                "provenance": q.provenance,
            }
            for q in questions
        },
        "reference": reference_scores(kept, routes),
        "structures": {
            fit.name: _structure_report(fit, targets[fit.name], weights[fit.name]) for fit in fits
        },
    }  # fmt: skip


def write_report(path: Path, content: Mapping[str, Any]) -> None:
    """Write the report as JSON, numbers to six digits."""

    def rounded(value: Any) -> Any:
        if isinstance(value, float):
            return float(f"{value:.6g}")
        if isinstance(value, dict):
            return {k: rounded(v) for k, v in value.items()}
        return [rounded(v) for v in value] if isinstance(value, list) else value

    path.write_text(json.dumps(rounded(dict(content)), indent=1) + "\n", encoding="utf-8")
