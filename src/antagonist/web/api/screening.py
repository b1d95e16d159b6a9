"""Screenings and decisions for programs; a program may ask to go past a decision, never confirm."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, Field

from antagonist.feedback.database import reading
from antagonist.label.answers import Verdict
from antagonist.label.rules import Question
from antagonist.web.accounts.approvals import Approval
from antagonist.web.actions import decisions, overrides
from antagonist.web.actions.decisions import Decided
from antagonist.web.api.common import Key, PatientId, Sent, Text
from antagonist.web.forms import once
from antagonist.web.visit import Visit, program

router = APIRouter(tags=["screening"])
Reading = Annotated[Visit, Depends(program("screening.read"))]
Running = Annotated[Visit, Depends(program("screening.run"))]
Asking = Annotated[Visit, Depends(program("override.ask"))]
Answering = Annotated[Visit, Depends(program("override.answer"))]
EventId = Annotated[str, Path(description="The decision's event id.", max_length=36)]
ApprovalId = Annotated[str, Path(description="The id of what was asked for.", max_length=36)]


class ScreeningAsked(Sent):
    """What to screen for. Facts come from the record; what is not there is unknown."""

    question: Literal["start", "treatment", "challenge", "administration"] = "start"
    products: tuple[Text, ...] = Field(
        default=(),
        max_length=100,
        strict=False,
        description="Ids of the formulary; none = all that can be planned.",
    )
    jurisdiction: Text | None = Field(
        default=None, description="A label or country, such as us or ru_oral; none = the stricter."
    )
    never_tested: bool = Field(
        default=False,
        description="Asked: no naloxone test was ever done. It goes on the record.",
    )


class DecisionInBrief(BaseModel):
    """A decision in the list. verdicts: of each product, for a screening."""

    event: str
    what: Literal["screen", "plan", "forecast", "alarm"]
    made_at: datetime
    author: str
    verdicts: Mapping[str, Verdict]
    overridden: bool


class OverrideKept(BaseModel):
    """A decision that was gone past: two people answer for it."""

    event: str
    first_person: str
    second_person: str
    reason: str
    at: datetime


class DecisionKept(DecisionInBrief):
    """A decision with all that is needed to come to it again."""

    asked: Mapping[str, Any]
    inputs: Mapping[str, Any]
    result: Mapping[str, Any]
    rules_hash: str
    software: str
    overrides: tuple[OverrideKept, ...]


class OverrideAsked(Sent):
    """Why a decision should be gone past."""

    reason: Text


class ApprovalState(BaseModel):
    """An override that was asked for; only another prescriber, in the browser, can confirm it."""

    approval: str
    patient: str
    decision: str
    reason: str
    asked_at: datetime
    status: Literal["waiting", "confirmed", "refused", "withdrawn"]
    own: bool = Field(description="Whether this token's owner asked for it.")


@router.post("/patients/{patient}/screenings", status_code=201)
def screen(visit: Running, patient: PatientId, sent: ScreeningAsked, key: Key) -> DecisionKept:
    """Screen a patient on what is on record now, and keep the decision."""
    with once(visit, key) as claim:
        if claim.location is None:
            event = decisions.screen(
                claim.visit, patient, cast("Question", sent.question), sent.products,
                sent.jurisdiction, never_tested=sent.never_tested,
            )  # fmt: skip
            claim.location = event.event_id
    return _kept(decisions.decided(visit, patient, claim.location))


@router.get("/patients/{patient}/decisions")
def list_decisions(
    visit: Reading,
    patient: PatientId,
    before: Annotated[
        str | None, Query(max_length=36, description="Event id of the last one read so far.")
    ] = None,
) -> list[DecisionInBrief]:
    """Decisions about a patient, newest first, twenty at a time."""
    with reading(visit.clinic.engine) as connection:
        found = decisions.decisions(connection, patient, before=before)
    return [DecisionInBrief(**_brief(one)) for one in found]


@router.get("/patients/{patient}/decisions/{event}")
def one_decision(visit: Reading, patient: PatientId, event: EventId) -> DecisionKept:
    """One decision, as it is kept."""
    return _kept(decisions.decided(visit, patient, event))


@router.post("/patients/{patient}/decisions/{event}/override", status_code=201)
def ask_override(
    visit: Asking, patient: PatientId, event: EventId, sent: OverrideAsked, key: Key
) -> ApprovalState:
    """Ask a second prescriber to let a decision be gone past."""
    found = decisions.decided(visit, patient, event)
    with once(visit, key) as claim:
        if claim.location is None:
            claim.location = overrides.ask(claim.visit, patient, found, sent.reason).approval
    return _state(visit, overrides.asked(visit, claim.location).approval)


@router.get("/approvals")
def waiting(visit: Answering) -> list[ApprovalState]:
    """Overrides that wait for an answer, of patients whom the token's owner sees."""
    return [_state(visit, one.approval) for one in overrides.waiting(visit)]


@router.post("/approvals/{approval}/withdraw")
def withdraw(visit: Asking, approval: ApprovalId, key: Key) -> ApprovalState:
    """Take back what the token's owner asked for."""
    overrides.asked(visit, approval)
    with once(visit, key) as claim:
        if claim.location is None:
            claim.location = overrides.withdraw(claim.visit, approval).approval
    return _state(visit, overrides.asked(visit, approval).approval)


def _brief(found: Decided) -> dict[str, Any]:
    screening = found.what == "screen"
    answers = decisions.answers_of(found.event) if screening else ()
    return {
        "event": found.event.event_id,
        "what": found.what,
        "made_at": found.event.recorded_at,
        "author": found.event.author,
        "verdicts": {answer.product or "": answer.verdict for answer in answers},
        "overridden": bool(found.overrides),
    }


def _kept(found: Decided) -> DecisionKept:
    payload = found.event.payload
    return DecisionKept(
        **_brief(found),
        **{name: payload[name] for name in ("asked", "inputs", "result", "rules_hash", "software")},
        overrides=tuple(
            OverrideKept(
                event=one.event_id,
                first_person=one.author,
                second_person=one.payload["second_person"],
                reason=one.payload["reason"],
                at=one.recorded_at,
            )
            for one in found.overrides
        ),
    )


def _state(visit: Visit, found: Approval) -> ApprovalState:
    return ApprovalState(
        approval=found.approval, patient=found.patient, decision=found.decision,
        reason=found.reason, asked_at=datetime.fromisoformat(found.asked_at),
        status=cast("Any", found.status), own=found.asked_by == visit.account.account,
    )  # fmt: skip
