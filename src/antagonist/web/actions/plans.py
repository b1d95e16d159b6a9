"""Plans of a patient: regimens side by side, what a plan would be, the plan that holds."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from antagonist.feedback.database import changing
from antagonist.feedback.decisions import DECISION, decide_plan
from antagonist.feedback.events import Event
from antagonist.feedback.kept import kept_plan, kept_refusal
from antagonist.feedback.state_model import PlanOnRecord
from antagonist.foundation.data import validated
from antagonist.foundation.errors import InputError
from antagonist.label.clinic_rules import book_for
from antagonist.label.patient import Patient
from antagonist.label.rules import Rule
from antagonist.pharmacology.settings import settings
from antagonist.planning.plan_model import Plan, PlanRequest, Refusal
from antagonist.planning.planner import planned_with_outlook
from antagonist.planning.side_by_side import DRAWS, Option, side_by_side
from antagonist.web.actions.files import file_of
from antagonist.web.actions.told import Told, told_of
from antagonist.web.errors import NotFoundError
from antagonist.web.visit import Visit

PLAN, PLAN_CHANGE = "plan", "plan_change"
Wanted = Mapping[str, Any]


@dataclass(frozen=True)
class OnRecord:
    """A plan, or its refusal, as an event of the record holds it.

    plan: None where another program wrote it without the planner's fields, and for a refusal.
    document: what the record keeps of it; None for a refusal. holds: whether it is the plan that
    holds now.
    """

    event: Event
    plan: Plan | None
    refusal: Refusal | None
    document: Mapping[str, Any] | None
    holds: bool


def options(
    visit: Visit, patient: str, wanted: Wanted, *, route: str | None, only: str | None
) -> tuple[Told, tuple[Option, ...]]:
    """Every regimen that could be planned, for one patient on this clinic's calendar.

    wanted, route, only: as ``side_by_side`` takes them. Raises InputError as it does.
    """
    told = told_of(visit, patient)
    found = side_by_side(
        _file(visit, told), wanted, route=route, only=only, as_of=told.at.isoformat(),
        book=book_for(_start(wanted), visit.clinic.config.rules),
    )  # fmt: skip
    return told, found


def preview(visit: Visit, patient: str, asked: Wanted) -> tuple[Told, Plan | Refusal]:
    """What the plan would be, on fewer draws; nothing is kept. Raises InputError as the planner."""
    told, request = told_of(visit, patient), request_of(asked)
    made = planned_with_outlook(
        _file(visit, told), request, as_of=told.at.isoformat(),
        book=book_for(request.start, visit.clinic.config.rules), chosen=settings(draws=DRAWS),
    )  # fmt: skip
    return told, made


def make(
    visit: Visit, patient: str, asked: Wanted, expected: int | None, cautions: str = ""
) -> Event:
    """Decide on a plan and keep the decision: where the label allows it, it holds from now on.

    expected: events the patient had as the asker saw it. cautions: rules that the prescriber
    acknowledged, with commas; the audit keeps them. Raises InputError as the planner does,
    ConflictError where somebody wrote meanwhile; then nothing is kept.
    """
    told = told_of(visit, patient)
    event = decide_plan(
        visit.clinic.record, patient, visit.actor, file=_file(visit, told),
        request=plain_request(request_of(asked)), as_of=told.at,
        clinic=visit.clinic.config.rules, expected=expected,
    )  # fmt: skip
    with changing(visit.clinic.engine) as connection:
        visit.note(
            connection,
            "plan.made",
            patient=patient,
            event=event.event_id,
            cautions=cautions or None,
        )
    return event


def request_of(asked: Wanted) -> PlanRequest:
    """What is asked of a plan. Raises InputError for a field that is not allowed."""
    return validated(PlanRequest, asked, "plan")


def plain_request(request: PlanRequest) -> dict[str, Any]:
    """The request as plain values, what was left open left out."""
    found: dict[str, Any] = request.model_dump(mode="json", exclude_none=True)
    return found


def holding(visit: Visit, patient: str) -> tuple[Told, OnRecord | None]:
    """The plan that holds; None where none does."""
    told = told_of(visit, patient)
    plan = told.state.plan
    if plan is None:
        return told, None
    event = next(each for each in told.written if each.event_id == plan.event_id)
    return told, _on_record(event, plan)


def on_record(visit: Visit, patient: str, event: str) -> tuple[Told, OnRecord]:
    """A plan or a refusal by the event that keeps it. Raises NotFoundError for anything else."""
    told = told_of(visit, patient)
    found = next((each for each in told.written if each.event_id == event), None)
    if found is None or not _is_plan(found):
        raise NotFoundError
    return told, _on_record(found, told.state.plan)


def full_plan(visit: Visit, patient: str, event: str) -> Plan:
    """A plan that can be printed. Raises NotFoundError for a refusal or a plan of others."""
    found = on_record(visit, patient, event)[1].plan
    if found is None:
        raise NotFoundError
    return found


def rules_for(visit: Visit, on: date) -> Mapping[str, Rule]:
    """Rules of a day, the clinic's own among them, for the words of reasons."""
    return book_for(on, visit.clinic.config.rules).rules


def seal(visit: Visit, patient: str, asked: Wanted, expected: int, cautions: str) -> str:
    """What a review hands on: nobody makes a plan that this session did not look at.

    expected: events that the patient had then. cautions: rules to be acknowledged, with commas.
    Source: RFC 2104.
    """
    said = [patient, plain_request(request_of(asked)), expected, cautions]
    content = json.dumps(said, sort_keys=True).encode()
    return hmac.new(visit.csrf.encode(), content, hashlib.sha256).hexdigest()


def check_seal(
    visit: Visit, patient: str, asked: Wanted, expected: int, cautions: str, sent: str
) -> None:
    """Raises InputError for a plan that was not looked at as it is asked for now."""
    found = seal(visit, patient, asked, expected, cautions)
    if not hmac.compare_digest(found.encode(), sent.encode()):
        raise InputError("", "reviewed", None, "a plan that was looked at in the step before")


def _file(visit: Visit, told: Told) -> Patient:
    return file_of(visit.clinic.record, told.patient, told.at, visit.clinic.tz)


def _start(wanted: Wanted) -> date:
    start = wanted["start"]
    try:
        return start if isinstance(start, date) else date.fromisoformat(str(start))
    except ValueError:
        raise InputError("plan", "start", start, "a day such as 2026-11-25") from None


def _is_plan(event: Event) -> bool:
    if event.kind == PLAN_CHANGE:
        return bool(event.payload.get("plan"))
    return event.kind == DECISION and event.payload["what"] == PLAN


def _on_record(event: Event, holds: PlanOnRecord | None) -> OnRecord:
    said = event.payload if event.kind == PLAN_CHANGE else event.payload["result"]
    document, refused = said.get("plan"), said.get("refusal")
    return OnRecord(
        event=event,
        plan=None if document is None else kept_plan(document),
        refusal=None if refused is None else kept_refusal(refused),
        document=document,
        holds=holds is not None and holds.event_id == event.event_id,
    )
