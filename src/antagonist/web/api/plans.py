"""Plans and situations for programs: compared, made, read, printed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, Field
from starlette.responses import Response

from antagonist.feedback.answering import plain
from antagonist.feedback.record import ConflictError
from antagonist.foundation.errors import InputError
from antagonist.planning.plan_model import Weekday
from antagonist.web.actions import outcomes, plans, situations
from antagonist.web.actions.plans import OnRecord
from antagonist.web.actions.prints import printed
from antagonist.web.api.common import Day, IfMatch, Key, PatientId, Sent, Text, expected_of
from antagonist.web.errors import NotFoundError
from antagonist.web.forms import once
from antagonist.web.visit import Visit, program

router = APIRouter(tags=["plans"])
Reading = Annotated[Visit, Depends(program("plan.read"))]
Comparing = Annotated[Visit, Depends(program("plan.compare"))]
Making = Annotated[Visit, Depends(program("plan.make"))]
Asking = Annotated[Visit, Depends(program("situation.ask"))]
Reporting = Annotated[Visit, Depends(program("report.read"))]
EventId = Annotated[str, Path(description="The event that keeps it.", max_length=36)]
PrintName = Annotated[
    Literal["plan.pdf", "card.pdf", "plan.ics"], Path(description="Paper, card or calendar file.")
]


# Fields by the names that actions give what they refuse.
SENT_AS: Mapping[str, str] = {
    "kind": "situation", "from": "from_form", "to": "to_form", "to_route": "to_form",
    "surgery_at": "at",
}  # fmt: skip


class PlanWanted(Sent):
    """What is asked of a plan, whatever the regimen."""

    start: Day | None = Field(default=None, description="Day of the first dose; none = today.")
    months: int = Field(default=6, ge=1, le=24)
    clock: str = Field(default="09:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    clinic_days: tuple[Weekday, ...] = Field(
        default=("mon", "tue", "wed", "thu", "fri"), min_length=1, max_length=7, strict=False
    )
    supervised_days: tuple[Weekday, ...] = Field(default=(), max_length=7, strict=False)
    holidays: Text | None = Field(
        default=None, description="Country whose public holidays close the clinic, such as RU."
    )
    jurisdiction: Text | None = Field(
        default=None, description="A label or country; none = the clinic's own."
    )
    gluteal_side: Literal["left", "right"] | None = None
    pack_units: int | None = Field(default=None, ge=1, le=10_000)


class ComparisonAsked(PlanWanted):
    """Which regimens to put side by side; none of both = all."""

    route: Literal["oral", "im_xr", "implant"] | None = None
    product: Text | None = Field(default=None, description="One product of the formulary.")
    prescriber: Text | None = Field(default=None, description="Of who may not prescribe.")


class PlanAsked(PlanWanted):
    """A plan to be made. The prescriber is the token's owner."""

    product: Text
    regimen: Text


class PlanKept(BaseModel):
    """A plan or its refusal on record. plan: as the planner writes it. holds: now."""

    event: str
    made_at: datetime
    author: str
    refused: bool
    holds: bool
    plan: Mapping[str, Any] | None
    refusal: Mapping[str, Any] | None


class RegimenCompared(BaseModel):
    """A regimen planned for the patient. outcome: the plan with its outlook, or the refusal."""

    regimen: str
    product: str
    products: tuple[str, ...]
    refused: bool
    outcome: Mapping[str, Any]
    after_last: Mapping[str, Any] | None
    doses_per_month: float | None
    clinic_days_per_month: float | None


class SituationAsked(Sent):
    """A situation. Times without an offset are the clinic's wall clock."""

    situation: Literal["missed_dose", "late_injection", "switch", "surgery", "acute_pain", "stop"]
    planned_at: Text | None = None
    planned_mg: float | None = None
    next_at: Text | None = None
    spaced: bool | None = None
    from_form: Literal["oral", "im_xr", "implant"] | None = None
    to_form: Literal["oral", "im_xr", "implant"] | None = None
    at: Text | None = Field(default=None, description="Time of the operation.")


class SituationKept(BaseModel):
    """The answer: gate, dates, steps and warnings by id with values, rules, figures."""

    event: str
    situation: Mapping[str, Any]


def _fields(visit: Visit, sent: PlanWanted, prescriber: str | None) -> dict[str, Any]:
    fields = sent.model_dump(exclude_none=True, exclude={"route", "product", "regimen"})
    today = visit.clinic.now().astimezone(visit.clinic.tz).date()
    usual = {"start": today, "jurisdiction": visit.clinic.config.jurisdiction}
    return {**usual, **fields, "prescriber": prescriber}


@router.post("/patients/{patient}/plans/compare")
def compare(visit: Comparing, patient: PatientId, sent: ComparisonAsked) -> list[RegimenCompared]:
    """Regimens side by side for a patient, on fewer draws than a plan that is made."""
    prescriber = visit.account.shown if visit.may("plan.make") else sent.prescriber
    _told, found = plans.options(
        visit, patient, _fields(visit, sent, prescriber), route=sent.route, only=sent.product
    )
    return [
        RegimenCompared(**plain(option), refused=hasattr(option.outcome, "stage"))
        for option in found
    ]


@router.post("/patients/{patient}/plans", status_code=201)
def make(
    visit: Making, patient: PatientId, sent: PlanAsked, key: Key, if_match: IfMatch = None
) -> PlanKept:
    """Make a plan hold, or keep its refusal with the rule."""
    asked = _fields(visit, sent, visit.account.shown)
    asked |= {"product": sent.product, "regimen": sent.regimen}
    with once(visit, key) as claim:
        if claim.location is None:
            event = plans.make(claim.visit, patient, asked, expected_of(if_match))
            claim.location = event.event_id
    return _kept(plans.on_record(visit, patient, claim.location)[1])


@router.get("/patients/{patient}/plan")
def holding(visit: Reading, patient: PatientId) -> PlanKept:
    """The plan that holds; 404 where none does."""
    found = plans.holding(visit, patient)[1]
    if found is None:
        raise NotFoundError
    return _kept(found)


@router.get("/patients/{patient}/plans/{event}")
def kept(visit: Reading, patient: PatientId, event: EventId) -> PlanKept:
    """A plan or a refusal on record."""
    return _kept(plans.on_record(visit, patient, event)[1])


@router.get(
    "/patients/{patient}/plans/{event}/{name}",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}, "text/calendar": {}}}},
)
def print_plan(visit: Reading, patient: PatientId, event: EventId, name: PrintName) -> Response:
    """A plan as paper, card or calendar file, in the language of the token's owner."""
    found = printed(visit, patient, event, name)
    return Response(found.content, media_type=found.media_type, headers=found.headers)


@router.post("/patients/{patient}/situations", status_code=201)
def ask(visit: Asking, patient: PatientId, sent: SituationAsked, key: Key) -> SituationKept:
    """Ask what to do in a situation on treatment, and keep the answer."""
    details = sent.model_dump(exclude_none=True, exclude={"situation", "from_form", "to_form"})
    details |= {"from": sent.from_form, "to": sent.to_form}
    if sent.situation == "missed_dose":
        details["spaced"] = bool(sent.spaced)
    with once(visit, key) as claim:
        if claim.location is None:
            claim.location = _asked(claim.visit, patient, sent.situation, details)
    found = situations.answer_on_record(visit, patient, claim.location)
    return SituationKept(event=found.event.event_id, situation=plain(found.situation))


def _asked(visit: Visit, patient: str, situation: str, details: Mapping[str, Any]) -> str:
    """Id of the answer. Errors name the fields as they are sent."""
    try:
        return situations.ask(visit, patient, situation, details).event_id
    except ConflictError:
        raise
    except InputError as error:
        field = error.field.removeprefix("details.")
        raise InputError("", SENT_AS.get(field, field), error.value, error.allowed) from None


@router.get("/patients/{patient}/report")
def report(visit: Reporting, patient: PatientId) -> Mapping[str, Any]:
    """The patient's outcomes, computed now: some seconds where levels are on record."""
    return outcomes.figures(visit, patient)


def _kept(found: OnRecord) -> PlanKept:
    return PlanKept(
        event=found.event.event_id,
        made_at=found.event.occurred_at,
        author=found.event.author,
        refused=found.refusal is not None,
        holds=found.holds,
        plan=found.document,
        refusal=None if found.refusal is None else plain(found.refusal),
    )
