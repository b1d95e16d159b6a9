"""The JSON documents of ``antagonist validate`` and ``antagonist calibrate``.

``python -m antagonist.cli.schema_evidence validate`` (or ``calibrate``) prints the JSON Schema.
"""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RowPart(_Part):
    """One published row against its 90 % prediction interval."""

    row_id: str
    study: str
    quantity: str
    numeric: bool = Field(description="A number was published, not that something holds.")
    observed: float | None
    predicted: float | None = Field(description="Median; for a statement, its probability.")
    low: float | None
    high: float | None
    inside: bool | None = Field(description="null: the model cannot predict it; see reason.")
    reason: str
    assumed: str


class ValidateDocument(_Part):
    """The whole document of ``antagonist validate``."""

    schema_id: Literal["antagonist.validate/1"] = Field(alias="schema")
    disclaimer: str
    parameter_set_sha256: str
    coverage_by_study: Share | None
    coverage_bounds: tuple[float, float]
    numeric_rows_modelled: Share | None
    modelled_bound: float
    bar_met: bool
    rows: list[RowPart]


class TargetPart(_Part):
    """One thing that must come out. in_study: with the study's effects; average: without."""

    what: str
    low: float
    high: float
    in_study: float
    average: float
    met: bool
    source: str


class LeftOutPart(_Part):
    """A row predicted by a fit that did not see its study, on the row's scale."""

    mean: float
    sd: float
    probability: float | None
    inside: bool
    log_score: float


class EstimatePart(_Part):
    """One calibrated parameter; sds are on its transformed scale."""

    prior: float
    prior_sd: float
    estimate: float
    sd: float
    unit: str
    transform: Literal["log", "logit", "identity"]
    between_subject: float


class StructurePart(_Part):
    """One structure's fit. profiles: value and rise of the cost with one parameter held."""

    title: str
    weight: Share
    cost: float
    modes_from_starts: list[float]
    at_bounds: list[str]
    log_score_left_out: float
    parameters: dict[str, EstimatePart]
    correlations: dict[str, Any]
    profiles: dict[str, list[tuple[float, float]]]
    study_effects: dict[str, float]
    rows: dict[str, dict[str, float]]
    left_out: dict[str, LeftOutPart]
    targets: dict[str, TargetPart]


class CalibrateDocument(_Part):
    """The whole document of ``antagonist calibrate``; also evidence/calibration.json."""

    schema_id: Literal["antagonist.calibrate/1"] = Field(alias="schema")
    disclaimer: str
    seed: int
    questions: dict[str, dict[str, Any]]
    reference: dict[str, float]
    structures: dict[str, StructurePart]


DOCUMENTS: dict[str, type[BaseModel]] = {
    "validate": ValidateDocument,
    "calibrate": CalibrateDocument,
}


def schema_text(command: str) -> str:
    """The JSON Schema of a command's document, as docs/reference/schemas has it."""
    return json.dumps(DOCUMENTS[command].model_json_schema(by_alias=True), indent=1) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text(sys.argv[1]))
