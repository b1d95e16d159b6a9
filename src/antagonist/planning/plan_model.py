"""What a plan is: what was asked for, and the calendar that comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from antagonist.label.answers import Answer, Reason
from antagonist.label.facts import Both, Provenance

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DoseKind = Literal["induction", "bridge", "oral", "injection", "implant"]


class PlanRequest(BaseModel):
    """What is asked of a plan."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    product: str = Field(description="Product of the formulary")
    regimen: str = Field(description="Regimen of data/regimens.yaml")
    start: date
    months: int = Field(default=6, ge=1, le=24)
    clock: str = Field(default="09:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    prescriber: str | None = None
    clinic_days: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri")
    supervised_days: tuple[Weekday, ...] = ()
    holidays: str | None = Field(
        default=None, description="Country whose public holidays close the clinic, such as RU"
    )
    jurisdiction: str | None = None
    gluteal_side: Literal["left", "right"] | None = None
    pack_units: int | None = Field(
        default=None,
        ge=1,
        description="Units in the pack at hand, where the product's is not known",
    )

    @field_validator("clinic_days")
    @classmethod
    def _some_day(cls, days: tuple[str, ...]) -> tuple[str, ...]:
        if not days:
            raise ValueError("the clinic is open on one day at least")
        return days


@dataclass(frozen=True, slots=True)
class PlannedDose:
    """One dose: when (aware, in the clinic's zone), how much, of which kind.

    units: tablets or capsules, halves where the product can be split; 1 for an injection.
    supervised: taken at the clinic. moved_from: its own day, where the clinic is closed on it.
    not_before: an injection's earliest day. side: of an injection.
    """

    at: datetime
    dose_mg: float
    units: float
    kind: DoseKind
    supervised: bool
    moved_from: date | None = None
    not_before: date | None = None
    side: str | None = None


@dataclass(frozen=True, slots=True)
class PlannedCheck:
    """A visit, a laboratory test or a question, on a day the clinic is open."""

    on: date
    check: str
    title: Both
    source: tuple[str, ...]
    provenance: Provenance
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class Supply:
    """Units and packs for the whole plan, and what they cost where a price is known."""

    units: float
    packs: int | None
    units_per_pack: int | None
    cost_low: float | None
    cost_high: float | None
    currency: str | None
    price_date: str | None
    price_source: str | None
    price_provenance: Provenance | None


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the model says of a plan; shares and blockades as 5th, 50th, 95th percentile."""

    weakest_blocked: tuple[float, float, float]
    weakest_at: datetime
    protected_share: tuple[float, float, float]
    blocked_fraction: float
    missed: MissedCost | None
    draws: int
    parameters_sha256: str


@dataclass(frozen=True, slots=True)
class MissedCost:
    """What missing one dose costs: hours of protection lost in that week, lowest blockade then."""

    at: datetime
    dose_mg: float
    hours_lost: tuple[float, float, float]
    weakest_blocked: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan that the label allows, with its reasons."""

    patient: str
    timezone: str
    indication: str
    product: str
    regimen: str
    route: str
    request: PlanRequest
    start: date
    end: date
    doses: tuple[PlannedDose, ...]
    checks: tuple[PlannedCheck, ...]
    supply: Supply
    renewal: date | None
    screening: Answer
    limits: Answer
    outlook: Outlook | None
    no_outlook: str | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A plan that is not made: by which rule, or which answer is still open."""

    patient: str
    request: PlanRequest
    stage: Literal["screening", "limits"]
    answer: Answer
    reasons: tuple[Reason, ...]
