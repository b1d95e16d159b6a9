"""What a study plan says: plain frozen data that every face renders."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from antagonist.pharmacology.receptors import Receptor
from antagonist.pharmacology.results import Note, Provenance, Spread
from antagonist.pharmacology.study_design import Basis


class _Result(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Asked(_Result):
    """The question."""

    receptor: Receptor
    occupancy: float = Field(description="Wanted throughout the window, fraction")
    window_h: tuple[float, float] = Field(description="Hours after the dose, first and last")
    people: int
    sessions: int
    product: str
    strength_mg: float = Field(description="Stated mg in one tablet or other unit")
    price_per_unit: float | None = Field(description="null: unknown")
    currency: str | None


class Units(_Result):
    """A dose in tablets (or other units) of the strength, rounded up."""

    units: float
    dose_mg: float


class Hours(_Result):
    """A span, hours after the dose. to_end: it goes on beyond the hours that were searched."""

    from_h: float
    to_h: float
    to_end: bool


class Schedule(_Result):
    """What the planned dose does over time."""

    lowest_in_window: Spread = Field(description="Lowest occupancy in the window")
    top_median: float = Field(description="Highest median occupancy")
    near_top: Hours = Field(description="Median occupancy within 0.02 of its highest")
    above_wanted: Hours | None = Field(
        description="5th percentile of occupancy at or above the wanted; null: never"
    )
    washed_out_h: float | None = Field(
        description="Under 5 % in 95 % of people from this hour; null: later than searched"
    )
    searched_h: float


class Supply(_Result):
    """What people times sessions need."""

    units_per_session: float
    units: float
    cost: float | None = Field(description="In currency; null: the price is unknown")


class Answer(_Result):
    """The dose for one share of people, and the plan with it where it can be planned."""

    people_share: float
    exact_dose_mg: float | None = Field(description="null: no dose reaches it")
    in_parts: Units | None = Field(description="In halves; null: the product is not scored")
    in_whole: Units | None
    status: Literal["planned", "over_limit", "no_unit_fits"]
    planned: Units | None = Field(description="What the schedule and the supply are for")
    schedule: Schedule | None
    supply: Supply | None


class Cell(_Result):
    """Occupancy at one hour."""

    time_h: float
    occupancy: Spread


class TableRow(_Result):
    """Occupancy after one dose at hours of the window."""

    dose_mg: float
    cells: tuple[Cell, ...]
    lowest_in_window: Spread


class Curve(_Result):
    """Percentiles of occupancy over doses (mg) or hours."""

    x: tuple[float, ...]
    low: tuple[float, ...]
    median: tuple[float, ...]
    high: tuple[float, ...]


class Study(_Result):
    """The answer: doses, hours, wash-out, supply, and what they rest on."""

    asked: Asked
    dose_limit_mg: float = Field(description="Doses above it are not planned")
    dose_limit_source: str
    share_at_limit: float = Field(
        description="Share of people who hold the wanted occupancy at the limit"
    )
    receptor_basis: Basis = Field(
        description="in_vivo: from PET in man; ratio: test tube with one in-vivo study; "
        "extrapolated: no in-vivo observation"
    )
    receptor_source: str
    answers: tuple[Answer, ...]
    table: tuple[TableRow, ...]
    dose_curve: Curve = Field(description="Lowest occupancy in the window over the dose, mg")
    time_course: Curve | None = Field(
        description="Occupancy over hours after the largest planned dose; null: none is planned"
    )
    warnings: tuple[Note, ...]
    provenance: Provenance


class StudyDocument(Study):
    """What ``antagonist study --json`` prints."""

    schema_name: Literal["antagonist.study/1"] = Field(alias="schema")
    disclaimer: str
