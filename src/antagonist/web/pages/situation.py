"""Situations on treatment: surgery, a late injection, a missed dose, a switch, pain, the end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from antagonist.foundation.errors import InputError
from antagonist.report.situation_text import situation_words
from antagonist.web.actions import situations
from antagonist.web.actions.naming import names_of
from antagonist.web.actions.told import Told, told_of
from antagonist.web.answers import field_error
from antagonist.web.forms import KEY, Form, SignedForm, once
from antagonist.web.rendering import render
from antagonist.web.visit import Visit, page
from antagonist.web.words.doubts import held_said

router = APIRouter()
Reading = Annotated[Visit, Depends(page("patient.read"))]
Asking = Annotated[Visit, Depends(page("situation.ask"))]
GATES: Mapping[str, str] = {"open": "good", "closed": "stop", "unknown": "missing"}
NUMBERS = ("planned_mg",)
# Inputs by the names that the planning gives what it refuses.
INPUTS: Mapping[str, str] = {"surgery_at": "at", "to_route": "to"}
_NAMES = tuple(name for names in situations.DETAILS.values() for name in names)
LOCAL = "%Y-%m-%dT%H:%M"


@router.get("/patients/{patient}/situation")
def ask_situation(request: Request, visit: Asking, patient: str) -> Response:
    """The questions, each with what it needs to be told."""
    return _forms(request, visit, patient, {})


def _forms(
    request: Request,
    visit: Visit,
    patient: str,
    sent: Mapping[str, str],
    error: InputError | None = None,
) -> Response:
    told = told_of(visit, patient)
    return render(
        request, "situation.html", visit, 422 if error else 200, patient=patient,
        name=names_of(visit, [patient])[patient], sent={**_first(visit, told), **sent},
        zone=visit.clinic.tz.key, routes=situations.FORMS, held=held_said(told, visit.reader),
        error=_error(error) if error else None,
    )  # fmt: skip


def _error(error: InputError) -> Mapping[str, Any]:
    field = error.field.removeprefix("details.")
    return {**field_error(error), "field": INPUTS.get(field, field)}


def _first(visit: Visit, told: Told) -> dict[str, Any]:
    """What the record already says: the last planned dose that is past, and the next one."""
    tz, plan = visit.clinic.tz, told.state.plan
    found: dict[str, Any] = dict.fromkeys((KEY, "kind", *_NAMES), "")
    surgery = told.state.latest.get("surgery_planned")
    if surgery is not None:
        found["at"] = _local(str(surgery.payload["at"]), visit)
    if plan is None:
        return found
    past = [dose for dose in plan.doses if dose.at <= told.at]
    if past:
        found["planned_at"] = past[-1].at.astimezone(tz).strftime(LOCAL)
        found["planned_mg"] = f"{past[-1].dose_mg:g}"
    following = told.state.next_planned
    if following is not None:
        found["next_at"] = following.at.astimezone(tz).strftime(LOCAL)
    return found


def _local(text: str, visit: Visit) -> str:
    return datetime.fromisoformat(text).astimezone(visit.clinic.tz).strftime(LOCAL)


@router.post("/patients/{patient}/situation")
def answer_situation(request: Request, visit: Asking, patient: str, sent: SignedForm) -> Response:
    """Ask, and keep the answer as a decision."""
    try:
        with once(visit, sent.get(KEY)) as claim:
            if claim.location is None:
                kind = sent.needed("kind")
                event = situations.ask(claim.visit, patient, kind, _details(kind, sent))
                claim.location = f"/patients/{patient}/situation/{event.event_id}"
        return RedirectResponse(str(claim.location), 303)
    except InputError as error:
        return _forms(request, visit, patient, sent, error)


def _details(kind: str, sent: Form) -> dict[str, Any]:
    names = situations.DETAILS.get(kind, ())
    found: dict[str, Any] = {
        name: sent.number(name) if name in NUMBERS else sent.text(name) for name in names
    }
    if "spaced" in found:
        found["spaced"] = sent.box("spaced")
    return found


@router.get("/patients/{patient}/situation/{event}")
def show_situation(request: Request, visit: Reading, patient: str, event: str) -> Response:
    """A kept answer in words."""
    found = situations.answer_on_record(visit, patient, event)
    return render(
        request, "situation_answer.html", visit, patient=patient,
        name=names_of(visit, [patient])[patient], found=found,
        told=situation_words(found.situation, visit.reader.words),
        gate=GATES.get(found.situation.gate), held=held_said(told_of(visit, patient), visit.reader),
    )  # fmt: skip
