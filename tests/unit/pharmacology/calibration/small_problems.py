"""Questions and problems about the one-compartment model, small enough for closed forms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from tests.unit.pharmacology.small_models import PRODUCTS, heroin_only, one_compartment

from antagonist.pharmacology.calibration.answers import Point, Problem, RowAnswer
from antagonist.pharmacology.calibration.fit import State
from antagonist.pharmacology.calibration.left_out import Forecasted
from antagonist.pharmacology.calibration.observations import Question
from antagonist.pharmacology.calibration.run import StructureFit
from antagonist.pharmacology.calibration.variability import Variability


def ask(row_id: str, **changes: Any) -> Question:
    """A question about a bolus of 40 mg into the one-compartment model."""
    content: dict[str, Any] = {
        "row_id": row_id,
        "study": "A",
        "quantity": "conc_ntx",
        "kind": "level",
        "signal": "conc_ntx",
        "scale": "log",
        "sd": 0.2,
        "product": "bolus",
        "dose_mg": 40.0,
        "time_h": 5.0,
        "statistic": "mean",
        "subjects": 9,
        "value": 100.0,
    }
    return Question.model_validate(content | changes)


def clearance(row_id: str, value: float, **changes: Any) -> Question:
    """A published clearance: a row that is a parameter itself."""
    return ask(row_id, kind="parameter", quantity="CL", formula="CL", value=value, **changes)


def problem(
    *questions: Question, parameters: Mapping[str, Mapping[str, Any]] | None = None, **changes: Any
) -> Problem:
    """The one-compartment model with some rows."""
    return Problem(one_compartment(parameters, **changes), PRODUCTS, heroin_only, questions)


def answer(question: Question, gradient: Mapping[str, float]) -> RowAnswer:
    """A row with given sensitivities and nothing else."""
    return RowAnswer(question, 0.0, gradient, 0.0, 0.0, 0.0)


def forecasted(row_id: str, log_score: float) -> Forecasted:
    """A left-out row with a given score."""
    return Forecasted(ask(row_id), 0.0, 1.0, None, True, log_score)


def stub_fit(name: str, scores: list[float]) -> StructureFit:
    """A finished fit of which only the left-out scores matter."""
    state = State(Point({}, {}, {}), (), 0.0, np.zeros(0), np.zeros((0, 0)))
    rows = tuple(forecasted(str(n), score) for n, score in enumerate(scores))
    return StructureFit(name, state, Variability({}, {}), rows, (), (0.0,), {})
