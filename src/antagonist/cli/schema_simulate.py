"""The JSON document of ``antagonist simulate``: its schema, and a forecast in it.

``python -m antagonist.cli.schema_simulate`` prints the JSON Schema.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
LocalTime = Annotated[
    datetime | None, Field(description="Local time with offset; null where the input has hours.")
]
Interval = Annotated[
    tuple[float, float, float], Field(description="5th, 50th and 95th percentile.")
]
HOURS = "Hours since the course's first dose."


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class DosePart(_Part):
    """One naltrexone dose."""

    time_h: float = Field(description=HOURS)
    time: LocalTime
    dose_mg: float = Field(gt=0)
    product: str | None
    state: Literal["taken", "planned"]


class CoursePart(_Part):
    """The dosing history that was simulated."""

    title: str
    patient: str
    timezone: str
    as_of_h: float = Field(description=f"The moment called now. {HOURS}")
    as_of: LocalTime
    horizon_h: float = Field(description=f"End of the forecast. {HOURS}")
    horizon: LocalTime
    doses: list[DosePart]
    missed_h: list[float]


class NowPart(_Part):
    """One quantity now."""

    unit: str
    interval: Interval


class StatedPart(_Part):
    """One stated time, on the cautious end of its interval."""

    name: Literal[
        "protected_until_at_least", "opioids_may_be_blunted_until", "overdose_danger_from"
    ]
    state: Literal["at", "never", "beyond"] = Field(
        description="at a time; never: not protected (or in danger) now; beyond the horizon."
    )
    at_h: float | None = Field(description=HOURS)
    at: LocalTime
    endpoint: Literal["subjective", "physiological"]
    blocked_fraction: Share
    percentile: float
    median_h: float | None = Field(description="Professionals only.")
    share_over_now: Share | None = Field(description="Draws over the line now. Professionals only.")


class BandPart(_Part):
    """Quantiles of one quantity over time, for one new patient."""

    unit: str
    time_h: list[float] = Field(description=HOURS)
    quantiles: dict[Literal["0.05", "0.25", "0.5", "0.75", "0.95"], list[float]]


class ChallengePart(_Part):
    """What an opioid dose would still do, on one endpoint."""

    time_h: float = Field(description=HOURS)
    time: LocalTime
    agonist: str
    route: str
    dose_mg: float
    endpoint: Literal["subjective", "physiological"]
    remaining: Interval
    breakthrough_low_mg: float | None = Field(
        description="Low end of the 90 % interval of the dose that breaks through. "
        "On the physiological endpoint only."
    )
    breakthrough_warning: str | None = Field(
        description="Stands beside every break-through dose: breathing may stop before any high."
    )
    extrapolated: bool


class ReferencePart(_Part):
    """The opioid dose that the threshold refers to."""

    agonist: str
    route: str
    dose_mg: float


class ThresholdPart(_Part):
    """The line that protection refers to."""

    endpoint: Literal["subjective", "physiological"]
    blocked_fraction: Share
    reference: ReferencePart | None = Field(description="Professionals only.")


class ProvenancePart(_Part):
    """Which numbers made the answer. sha256: of every data file used."""

    parameter_set: str
    version: str
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    structures: dict[str, float]
    draws: int
    seed: int


class NotePart(_Part):
    """One thing assumed, missing or extrapolated. english: words of a data file that follow."""

    text: str
    english: str


class ForecastPart(_Part):
    """The answer for one course. challenges, width_shares: empty for patients."""

    course: CoursePart
    now: dict[str, NowPart]
    stated: list[StatedPart]
    threshold: ThresholdPart
    bands: dict[str, BandPart]
    challenges: list[ChallengePart]
    width_shares: dict[Literal["parameter", "structure", "between_study", "between_subject"], float]
    notes: list[NotePart]
    provenance: ProvenancePart


class SimulateDocument(_Part):
    """Output of ``antagonist simulate --json``."""

    schema_id: Literal["antagonist.simulate/1"] = Field(alias="schema")
    disclaimer: str
    warnings: list[str]
    audience: Literal["professional", "patient"]
    language: Literal["en", "ru"]
    forecasts: list[ForecastPart] = Field(min_length=1)


def json_schema() -> str:
    """The JSON Schema of the document, as text."""
    schema = SimulateDocument.model_json_schema(by_alias=True)
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print(json_schema(), end="")
