"""What a search for regimens asks, and what it finds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from antagonist.label.facts import Provenance
from antagonist.label.rules import Indication, Route
from antagonist.planning.plan_model import Weekday

Rank = Literal["doses", "visits", "cost"]


class SearchRequest(BaseModel):
    """What is to be kept, at which adherence, and what is to be least.

    A patient is protected while ``keep_blocked`` of the line's opioid dose is blocked.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    indication: Indication
    on: date = Field(description="Day whose rules count")
    adherence: float = Field(gt=0, le=1, description="Chance that a dose is taken, each by itself")
    keep_blocked: float = Field(default=0.9, gt=0, lt=1, description="Share of the effect blocked")
    share: float = Field(default=0.9, gt=0, le=1, description="Share of time that it is kept")
    percentile: float = Field(default=50, ge=1, le=99, description="Patient it is kept in")
    by: Rank = "doses"
    routes: tuple[Route, ...] = ("oral", "im_xr", "implant")
    jurisdiction: str | None = None
    supervised_days: tuple[Weekday, ...] = Field(
        default=(), description="Days on which a dose is taken at the clinic, and surely"
    )
    beyond_label: bool = Field(default=True, description="Also weekly patterns no label has")
    at_most: int = Field(default=10, ge=1, le=50, description="Patterns no label has, at most")


@dataclass(frozen=True, slots=True)
class WeeklyCost:
    """What a week costs with one product, from its lowest to its highest price.

    priced_on: None = the price is undated.
    """

    product: str
    low: float
    high: float
    currency: str
    priced_on: date | None
    source: str
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Candidate:
    """A regimen that keeps what was asked for.

    regimen: id; None with labelled=False: a weekly pattern from no label. products: of the
    formulary, those that can give it. cycle_days: None = one dose. doses: day of the cycle
    (1 = first, Monday in a week) and mg. visits: doses given or taken at the clinic.
    protected_share: 5th, 50th and 95th percentile over patients; kept_share: at the percentile
    asked for.
    """

    regimen: str | None
    labelled: bool
    route: Route
    release_model: str
    products: tuple[str, ...]
    cycle_days: int | None
    doses: tuple[tuple[int, float], ...]
    doses_per_week: float
    visits_per_week: float
    mg_per_week: float
    cost_per_week: WeeklyCost | None
    protected_share: tuple[float, float, float]
    kept_share: float
