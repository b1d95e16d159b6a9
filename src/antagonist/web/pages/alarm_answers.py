"""Answering an alarm: seen to, or set aside; then back to where one was."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from antagonist.feedback.state_model import AlarmOnRecord
from antagonist.foundation.errors import InputError
from antagonist.web.actions.alarms import acknowledge, alarm_of, set_aside
from antagonist.web.actions.naming import names_of
from antagonist.web.answers import field_error, status_of
from antagonist.web.forms import KEY, Form, SignedForm, once
from antagonist.web.language import N_
from antagonist.web.rendering import render
from antagonist.web.visit import Visit, page
from antagonist.web.words.alarms import alarm_said

router = APIRouter()
# Addresses that an answer may lead back to: of ours, without a word that somebody typed.
BACK = re.compile(r"/(?:today|patients/[0-9a-f-]{36})(?:\?kind=[a-z_]+)?")
DONE: Mapping[str, str] = {
    "acknowledged": N_("The alarm is marked as seen to."),
    "set-aside": N_("The alarm is set aside; the reason is kept."),
    "created": N_("The patient is on record."),
}


def done_text(visit: Visit, done: str | None) -> str | None:
    """What was done, in words; None for nothing, or what nobody here has done."""
    return visit.say(DONE[done]) if done is not None and done in DONE else None


def _back(sent: Form, patient: str) -> str:
    found = sent.text("back") or ""
    return found if BACK.fullmatch(found) else f"/patients/{patient}"


def _with(address: str, done: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}done={done}"


@router.get("/patients/{patient}/alarms/{alarm}")
def show(
    request: Request,
    visit: Annotated[Visit, Depends(page("patient.read"))],
    patient: str,
    alarm: str,
) -> Response:
    """One alarm, with what was answered to it."""
    return _shown(request, visit, patient, alarm_of(visit, patient, alarm), Form())


@router.post("/patients/{patient}/alarms/{alarm}/acknowledge")
def post_acknowledge(
    request: Request,
    visit: Annotated[Visit, Depends(page("alarm.acknowledge"))],
    patient: str,
    alarm: str,
    sent: SignedForm,
) -> Response:
    """The alarm was seen to; a note may say what was done."""
    return _answered(
        request, visit, patient, alarm, sent, "acknowledged",
        lambda one: acknowledge(one, patient, alarm, sent.text("note")),
    )  # fmt: skip


@router.post("/patients/{patient}/alarms/{alarm}/override")
def post_override(
    request: Request,
    visit: Annotated[Visit, Depends(page("alarm.override"))],
    patient: str,
    alarm: str,
    sent: SignedForm,
) -> Response:
    """The alarm is set aside for a reason."""
    return _answered(
        request, visit, patient, alarm, sent, "set-aside",
        lambda one: set_aside(one, patient, alarm, sent.text("reason")),
    )  # fmt: skip


def _answered(
    request: Request, visit: Visit, patient: str, alarm: str, sent: Form, done: str,
    do: Callable[[Visit], object],
) -> Response:  # fmt: skip
    """Answer once, then go back; what is not right yet is asked for on the alarm's own page."""
    found = alarm_of(visit, patient, alarm)
    try:
        with once(visit, sent.get(KEY)) as claim:
            if claim.location is None:
                do(claim.visit)
                claim.location = _with(_back(sent, patient), done)
    except InputError as error:
        return _shown(request, visit, patient, found, sent, error)
    assert claim.location is not None
    return RedirectResponse(claim.location, 303)


def _shown(
    request: Request, visit: Visit, patient: str, alarm: AlarmOnRecord, sent: Form,
    error: InputError | None = None,
) -> Response:  # fmt: skip
    return render(
        request, "alarm.html", visit, 200 if error is None else status_of(error),
        patient=patient, name=names_of(visit, [patient])[patient],
        alarm=alarm_said(alarm.payload, visit.now, visit.reader), record=alarm, sent=sent,
        back=_back(sent, patient), error=None if error is None else field_error(error),
    )  # fmt: skip
