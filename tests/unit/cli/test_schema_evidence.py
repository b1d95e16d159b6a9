"""Documents of validate and calibrate: published schemas are current, real content fits them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from antagonist.cli.schema_evidence import CalibrateDocument, ValidateDocument, schema_text
from antagonist.cli.validate import payload
from antagonist.pharmacology.calibration.predictive import bar, predict_rows
from antagonist.pharmacology.calibration.run import evidence_folder, evidence_questions
from antagonist.pharmacology.parameter_sets import parameter_set

SCHEMAS = Path(__file__).parents[3] / "docs" / "reference" / "schemas"


@pytest.mark.parametrize("command", ["validate", "calibrate"])
def test_the_published_schema_is_current(command: str) -> None:
    assert (SCHEMAS / f"{command}-1.json").read_text(encoding="utf-8") == schema_text(command)


def test_the_stored_report_fits_the_schema() -> None:
    content = json.loads((evidence_folder() / "calibration.json").read_text(encoding="utf-8"))
    document = CalibrateDocument.model_validate(content)
    assert len(document.structures) == 4


def test_predictions_fit_the_schema_and_an_unknown_key_does_not() -> None:
    questions = evidence_questions()[:6]
    predictions = predict_rows(parameter_set(), questions, draws=50)
    content = {"schema": "antagonist.validate/1", **payload(predictions, bar(predictions), "0")}
    assert len(ValidateDocument.model_validate(content).rows) == 6
    with pytest.raises(ValidationError):
        ValidateDocument.model_validate({**content, "more": 1})
