"""Payloads of what is given: doses, injections, implants, packs, plans, stops, departures."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from antagonist.feedback.payloads.base import Aware, Count, Day, DoseMg, Payload, Text
from antagonist.foundation.errors import InputError


class Dose(Payload):
    """One oral dose: swallowed before somebody, as reported, or not taken.

    mouth_checked: only of an observed dose. planned_at: the dose of the plan that it stands for.
    """

    product: Text | None = None
    route: Literal["oral"] = "oral"
    dose_mg: DoseMg
    status: Literal["observed", "reported", "missed", "held", "refused"]
    observed_by: Text | None = None
    mouth_checked: bool | None = None
    planned_at: Aware | None = None
    note: Text | None = None

    @model_validator(mode="after")
    def _observed(self) -> Dose:
        if self.status == "observed" and self.observed_by is None:
            raise InputError("", "observed_by", None, "who observed the dose")
        for field in ("observed_by", "mouth_checked"):
            value = getattr(self, field)
            if self.status != "observed" and value is not None:
                raise InputError("", field, value, "nothing, but of an observed dose")
        return self


class Injection(Payload):
    """One injection of extended-release naltrexone."""

    product: Text
    dose_mg: DoseMg
    lot: Text
    expiry: Day
    side: Literal["left", "right"]
    needle: Text | None = None
    given_by: Text
    planned_at: Aware | None = None


class ImplantIn(Payload):
    """An implant put in."""

    product: Text
    dose_mg: DoseMg
    site: Text
    lot: Text | None = None
    given_by: Text


class ImplantOut(Payload):
    """An implant taken out."""

    reason: Text
    done_by: Text


class Dispensed(Payload):
    """A pack handed out. days: for how many days it lasts if taken as planned."""

    product: Text | None = None
    route: Literal["oral"] = "oral"
    days: Annotated[Count, Field(ge=1, le=400)]


class HospitalStay(Payload):
    """Days in hospital, first and last included; last absent: still there."""

    first: Day
    last: Day | None = None

    @model_validator(mode="after")
    def _ordered(self) -> HospitalStay:
        if self.last is not None and self.last < self.first:
            raise InputError("", "last", self.last.isoformat(), "a day not before the first")
        return self


class Departure(Payload):
    """The patient left the program's care otherwise than by dropping out."""

    how: Literal["death", "prison", "transfer", "completed"]
    date: Day
    note: Text | None = None


class PlannedDoseDocument(BaseModel):
    """One dose of a plan's document."""

    model_config = ConfigDict(frozen=True, extra="allow")

    at: Aware
    dose_mg: DoseMg
    kind: Text


class PlannedCheckDocument(BaseModel):
    """One check of a plan's document."""

    model_config = ConfigDict(frozen=True, extra="allow")

    on: Day
    check: Text


class PlanDocument(BaseModel):
    """A plan as the planner writes it. The record reads the fields below and keeps the rest."""

    # What else the planner says is kept as it came: its form is the planner's, not the record's.
    model_config = ConfigDict(frozen=True, extra="allow")

    product: Text
    route: Literal["oral", "im_xr", "implant"]
    doses: tuple[PlannedDoseDocument, ...]
    checks: tuple[PlannedCheckDocument, ...] = ()


class PlanChange(Payload):
    """From the event's time another plan holds, or none (plan absent)."""

    plan: PlanDocument | None = None
    reason: Text


class TreatmentStop(Payload):
    """Naltrexone is stopped."""

    reason: Text


class SurgeryPlanned(Payload):
    """An operation is planned."""

    at: Aware
    with_opioids: bool
