"""The JSON document of ``antagonist fit``: its schema, and a fit in it.

``python -m antagonist.cli.schema_fit`` prints the JSON Schema.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from antagonist.pharmacology.estimation.fitting import Fit


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ModelPart(_Part):
    """The model file. omega: covariance of the random effects, in their order."""

    id: str
    version: str
    title: str
    random_effects: list[str] = Field(description="Parameters; their etas are on its scale.")
    scales: list[Literal["log", "logit", "identity"]]
    omega: list[list[float]]


class DataPart(_Part):
    """The table. ignored_columns: those that the model does not name."""

    file: str
    subjects: int
    levels: int
    covariates_hold: Literal["to_row", "from_row"]
    ignored_columns: list[str]


class LevelPart(_Part):
    """One observed value and what the model says of it, in the output's unit."""

    line: int | None
    time_h: float = Field(description="As in the table.")
    output: str
    observed: float = Field(description="The limit where the value lies beyond it.")
    beyond: Literal["below", "above"] | None
    individual_prediction: float
    population_prediction: float = Field(description="All etas 0.")
    weighted_residual: float | None = Field(description="Over its sd; null beyond a limit.")


class EstimatePart(_Part):
    """One subject's answer."""

    id: str
    converged: bool
    end: Literal["least", "kink", "not_converged", "impossible"] = Field(
        description="least: a checked minimum; kink: a minimum where a dose arrives as a level is "
        "taken; impossible: no eta gives the levels a variance."
    )
    etas: dict[str, float]
    parameters: dict[str, float] = Field(description="Without covariate effects.")
    covariance: list[list[float]] = Field(description="Conditional, in the order of the etas.")
    objective: float | None = Field(description="NONMEM's individual OBJ of FOCE, interaction.")
    fit: float | None = Field(description="The part that the search makes least.")
    distance: float | None = Field(description="Left to the minimum, posterior sds; null: kink.")
    curvature: float | None = Field(description="Least eigenvalue of the Hessian over the prior's.")
    searches: int
    best_search: int = Field(description="0: the one from etas of 0.")
    evaluations: int
    levels: list[LevelPart]


class FitDocument(_Part):
    """Output of ``antagonist fit --json``."""

    schema_id: Literal["antagonist.fit/1"] = Field(alias="schema")
    disclaimer: str
    model: ModelPart
    data: DataPart
    ends: dict[Literal["least", "kink", "not_converged", "impossible"], int]
    estimates: list[EstimatePart]


def document(fit: Fit, data: str, covariates_hold: str) -> dict[str, object]:
    """The content of the document. data: name of the table."""
    from antagonist.foundation.notice import STATEMENT

    problem, structure = fit.problem, fit.problem.structure
    return {
        "disclaimer": STATEMENT,
        "model": {
            "id": structure.id,
            "version": structure.version,
            "title": structure.title,
            "random_effects": problem.names,
            "scales": [problem.parameters[n].transform for n in problem.names],
            "omega": problem.omega,
        },
        "data": {
            "file": data,
            "subjects": len(fit.histories),
            "levels": sum(len(h.levels) for h in fit.histories),
            "covariates_hold": covariates_hold,
            "ignored_columns": fit.ignored,
        },
        "ends": {
            end: fit.estimates.end.count(end)
            for end in ("least", "kink", "not_converged", "impossible")
        },
        "estimates": [_estimate(fit, s) for s in range(len(fit.histories))],
    }


def _estimate(fit: Fit, s: int) -> dict[str, object]:
    from antagonist.pharmacology.estimation.problem import values_at

    found, names = fit.estimates, fit.problem.names
    return {
        "id": fit.histories[s].id,
        "converged": found.end[s] in ("least", "kink"),
        "end": found.end[s],
        "etas": dict(zip(names, found.eta[s].tolist(), strict=True)),
        "parameters": values_at(fit.problem, found.eta[s]),
        "covariance": found.covariance[s],
        "objective": float(found.objective[s]),
        "fit": float(found.fit[s]),
        "distance": float(found.distance[s]),
        "curvature": float(found.curvature[s]),
        "searches": found.starts,
        "best_search": int(found.best[s]),
        "evaluations": int(found.trials[s]),
        "levels": [_level(fit, s, t) for t in range(len(fit.histories[s].levels))],
    }


def _level(fit: Fit, s: int, t: int) -> dict[str, object]:
    history = fit.histories[s]
    level, shift_h = history.levels[t], history.shift_h[t] if history.shift_h else 0.0
    return {
        "line": level.line,
        "time_h": level.time_h - shift_h,
        "output": level.output,
        "observed": level.value,
        "beyond": {-1: "below", 0: None, 1: "above"}[level.beyond],
        "individual_prediction": float(fit.estimates.prediction[s, t]),
        "population_prediction": float(fit.population[s, t]),
        "weighted_residual": float(fit.weighted[s, t]),
    }


def json_schema() -> str:
    """The JSON Schema of the document, as text."""
    schema = FitDocument.model_json_schema(by_alias=True)
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print(json_schema(), end="")
