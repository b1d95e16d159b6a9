"""One patient for programs: state, events, forecast, break-through doses."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from antagonist.web.actions.breakthrough import breakthrough
from antagonist.web.actions.charts import chart_json, charted
from antagonist.web.actions.naming import birth_date_of
from antagonist.web.actions.told import Told, told_of
from antagonist.web.api.common import KeptEvent, Moment, PatientId, Sent, etag, kept
from antagonist.web.api.patients import IdentifierModel, LastDoseModel
from antagonist.web.api.today import Limit, Skip
from antagonist.web.chart import Chart, WhatIf
from antagonist.web.visit import Visit, program

router = APIRouter(tags=["patient"])
Reads = Annotated[Visit, Depends(program("patient.read"))]
Forecasts = Annotated[Visit, Depends(program("patient.forecast"))]
Quantity = Annotated[str, Query(description="Whose curves are sent, such as blocked_subjective.")]
USUAL = "blocked_subjective"
BREATHING = "Breathing may stop before any high is felt. Never an amount to take."


class Protected(BaseModel):
    """'Protected until at least' if nothing more is taken: the cautious end of its interval."""

    state: str = Field(
        description="at, never (not surely protected now), beyond, no_dose, no_model."
    )
    at: datetime | None
    share_now: float | None = Field(description="Share of such patients over the line now.")
    model: str = Field(description="population, or own: learnt from the patient's levels.")


class PatientNow(BaseModel):
    """A patient as known now. What is not on record is null, never 'no'."""

    patient: str = Field(description="Whom the record keeps: another where records were joined.")
    at: datetime
    events: int = Field(description="Of the patient's own chain; the ETag.")
    names: dict[str, str] | None = Field(description="null = erased.")
    identifiers: list[IdentifierModel]
    birth_date: date | None
    indication: str | None
    on_treatment: bool | None
    last_dose: LastDoseModel | None
    pregnant: bool | None
    allergic_to: list[str] | None
    open_alarms: int
    protected: Protected


class ListedEvent(KeptEvent):
    """An event of the record, as written. replaced_by: the event that corrects or takes it back."""

    replaced_by: str | None


class EventList(BaseModel):
    """Events in the order in which they were recorded."""

    count: int
    events: list[ListedEvent]


class WhatIfSent(Sent):
    """Changes to the doses to come; several hold together."""

    skip_next: bool = False
    delay_next_h: float = Field(default=0.0, ge=0, description="hours")
    inject_now: bool = False
    nothing_more: bool = False
    surgery_at: Moment | None = None
    quantity: str = USUAL


class TriedModel(BaseModel):
    """The dose at one moment. Shares of the effect without naltrexone: 5, 50, 95 % of patients."""

    at: datetime
    physiological_left: tuple[float, float, float]
    subjective_left: tuple[float, float, float]
    breakthrough_low_mg: float = Field(description="Low end of its 90 % interval, mg.")


class BreakthroughModel(BaseModel):
    """What an opioid would still do; for prescribers."""

    warning: str = BREATHING
    agonist: str
    route: str
    dose_mg: float
    tried: list[TriedModel]
    extrapolated: list[str]
    draws: int
    seed: int
    parameter_set: str


@router.get("/patients/{patient}")
def get_patient(visit: Reads, patient: PatientId, response: Response) -> PatientNow:
    """A patient now, with the ETag that writers hand back."""
    told = told_of(visit, patient)
    response.headers.update(etag(told.expected))
    state, identity = told.state, told.identity
    last, allergies = state.last_dose, state.latest.get("allergies")
    said = state.fact("indication_stated")
    return PatientNow(
        patient=told.patient, at=told.at, events=told.expected,
        names=None if identity is None else dict(identity.names),
        identifiers=[
            IdentifierModel.model_construct(system=s, value=v)
            for s, v in (() if identity is None else identity.identifiers)
        ],
        birth_date=birth_date_of(identity), indication=None if said is None else str(said.value),
        on_treatment=state.on_treatment,
        last_dose=None if last is None else LastDoseModel(
            route=last.route, at=last.at, dose_mg=last.dose_mg,
            stopped=state.on_treatment is False,
        ),
        pregnant=state.pregnant,
        allergic_to=None if allergies is None else list(allergies.payload.get("to", ())),
        open_alarms=len(state.open_alarms), protected=_protected(charted(visit, told)),
    )  # fmt: skip


def _protected(chart: Chart) -> Protected:
    found, model = chart.until("nothing_more"), chart.made.model
    if found is None:
        return Protected(state=chart.empty or "no_dose", at=None, share_now=None, model=model)
    return Protected(
        state=found.state, at=found.at, share_now=round(found.share_over_now, 4), model=model
    )


@router.get("/patients/{patient}/events")
def get_events(
    visit: Reads, patient: PatientId, response: Response, skip: Skip = 0, limit: Limit = 100
) -> EventList:
    """Every event as written, corrected ones too."""
    told = told_of(visit, patient)
    response.headers.update(etag(told.expected))
    return EventList(count=len(told.written), events=_events(told, skip, limit))


def _events(told: Told, skip: int, limit: int) -> list[ListedEvent]:
    replaced = {e.corrects: e.event_id for e in told.written if e.corrects is not None}
    return [
        ListedEvent(**kept(event), replaced_by=replaced.get(event.event_id))
        for event in told.written[skip : skip + limit]
    ]


@router.get("/patients/{patient}/forecast")
def get_forecast(
    visit: Forecasts, patient: PatientId, quantity: Quantity = USUAL
) -> dict[str, Any]:
    """The blockade from doses really taken and the plan: curves, lines, stated times, days."""
    return dict(chart_json(visit, charted(visit, told_of(visit, patient)), quantity))


@router.post("/patients/{patient}/forecast")
def post_forecast(visit: Forecasts, patient: PatientId, sent: WhatIfSent) -> dict[str, Any]:
    """The same under a what-if; nothing is recorded."""
    asked = WhatIf(
        sent.skip_next, sent.delay_next_h, sent.inject_now, sent.nothing_more, sent.surgery_at
    )
    return dict(chart_json(visit, charted(visit, told_of(visit, patient), asked), sent.quantity))


@router.get("/patients/{patient}/breakthrough")
def get_breakthrough(
    visit: Annotated[Visit, Depends(program("patient.breakthrough"))], patient: PatientId
) -> BreakthroughModel:
    """What the threshold's opioid dose would still do, and the low end of what breaks through."""
    found = breakthrough(told_of(visit, patient))
    tried = [
        TriedModel(
            at=t.at, physiological_left=t.physiological, subjective_left=t.subjective,
            breakthrough_low_mg=t.low_mg,
        )
        for t in found.tried
    ]  # fmt: skip
    return BreakthroughModel(
        agonist=found.agonist, route=found.route, dose_mg=found.dose_mg, tried=tried,
        extrapolated=list(found.extrapolated), draws=found.draws, seed=found.seed,
        parameter_set=found.parameter_set,
    )  # fmt: skip
