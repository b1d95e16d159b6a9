"""One patient: protection first, the chart with what-ifs, alarms, the plan, the whole record."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.responses import Response

from antagonist.feedback.state_model import AlarmOnRecord
from antagonist.foundation.errors import InputError
from antagonist.report.numbers import percent, two_digits_down
from antagonist.report.phrases import agonist_title
from antagonist.web.actions.breakthrough import breakthrough
from antagonist.web.actions.charts import chart_json, charted, is_learning
from antagonist.web.actions.naming import shown_name
from antagonist.web.actions.told import Told, told_of
from antagonist.web.answers import field_error
from antagonist.web.chart import Chart, WhatIf, chart_svg, chart_words, what_if_of
from antagonist.web.forms import Form, form
from antagonist.web.pages.alarm_answers import done_text
from antagonist.web.rendering import render
from antagonist.web.visit import Visit, page
from antagonist.web.words.alarms import alarm_said
from antagonist.web.words.patients import events_said, newest_first, plan_said, who_is
from antagonist.web.words.protection import chart_text, protection

router = APIRouter()
Reads = Annotated[Visit, Depends(page("patient.read"))]
Forecasts = Annotated[Visit, Depends(page("patient.forecast"))]
SHOWN = 50  # events of the record on one page
USUAL = "blocked_subjective"
# Fields of the form that a what-if's own are made from.
FIELDS = {"surgery_at": "surgery_on", "delay_next_h": "delay_next_d"}
DECIDING = ("screen", "plan", "forecast")
OVERRIDES = ("override", "alarm_overridden")


@router.get("/patients/{patient}")
def patient_page(
    request: Request, visit: Reads, patient: str, skip: int = 0, done: str | None = None
) -> Response:
    """The page; without script the what-if comes in the address. skip: events passed over."""
    told = told_of(visit, patient)
    if told.patient != patient:  # merged into another, whom this account may see or not
        return RedirectResponse(f"/patients/{told.patient}", 303)
    chart, asked, error = _chart(request, visit, told)
    reader, first = visit.reader, max(skip, 0)
    ordered = newest_first(told.written)
    decisions = [e for e in ordered if e.kind == "decision" and e.payload["what"] in DECIDING]
    gone_past = [e for e in ordered if e.kind in OVERRIDES]
    return render(
        request, "patient.html", visit, patient=patient, told=told, expected=told.expected,
        who=who_is(visit, told), protection=protection(chart, reader), chart=chart,
        chart_text=chart_text(chart, reader), chart_words=chart_words(reader.say), asked=asked,
        learning=is_learning(told), error=None if error is None else field_error(error),
        alarms=[(a, alarm_said(a.payload, visit.now, reader)) for a in _waiting(told)],
        plan=plan_said(told.state, reader), back=f"/patients/{patient}",
        events=events_said(told, ordered[first : first + SHOWN], reader), first=first, most=SHOWN,
        count=len(ordered), decisions=events_said(told, decisions, reader),
        gone_past=events_said(told, gone_past, reader), done=done_text(visit, done),
        query=request.url.query, percent=lambda value: percent(value / 100),
    )  # fmt: skip


def _waiting(told: Told) -> list[AlarmOnRecord]:
    """Alarms that somebody has to answer yet, or that hold back doses."""
    return [alarm for alarm in told.state.alarms if alarm.status == "open" or alarm.holds]


def _chart(request: Request, visit: Visit, told: Told) -> tuple[Chart, WhatIf, InputError | None]:
    """The chart under what the address asks; without it where that is not allowed."""
    try:
        asked = what_if_of(dict(request.query_params), visit.clinic.tz)
        return charted(visit, told, asked), asked, None
    except InputError as error:
        return charted(visit, told), WhatIf(), _of_form(error)


def _of_form(error: InputError) -> InputError:
    """An error with the input's own name."""
    field = FIELDS.get(error.field, error.field)
    return InputError("", field, error.value, error.allowed)


@router.get("/patients/{patient}/chart.json")
def get_chart(visit: Forecasts, patient: str, quantity: str = USUAL) -> Response:
    """The chart for the page's script."""
    return JSONResponse(chart_json(visit, charted(visit, told_of(visit, patient)), quantity))


@router.post("/patients/{patient}/chart.json")
def post_chart(visit: Forecasts, patient: str, sent: Annotated[Form, Depends(form)]) -> Response:
    """The chart under a what-if; nothing is recorded."""
    try:
        chart = charted(visit, told_of(visit, patient), what_if_of(sent, visit.clinic.tz))
    except InputError as error:
        raise _of_form(error) from None
    return JSONResponse(chart_json(visit, chart, sent.text("quantity") or USUAL))


@router.get("/patients/{patient}/chart.svg")
def picture(request: Request, visit: Forecasts, patient: str) -> Response:
    """The chart as a still picture, for who has no script."""
    chart, _asked, _error = _chart(request, visit, told_of(visit, patient))
    text = chart_text(chart, visit.reader)
    return Response(chart_svg(chart, chart_words(visit.say), text), media_type="image/svg+xml")


@router.get("/patients/{patient}/own-model")
def own_model(request: Request, visit: Forecasts, patient: str) -> Response:
    """Whether the own model is learnt by now: nothing as long as it is not."""
    if is_learning(told_of(visit, patient)):
        return Response(status_code=204)
    return render(request, "own_model_ready.html", visit, patient=patient)


@router.get("/patients/{patient}/breakthrough")
def breakthrough_page(
    request: Request, visit: Annotated[Visit, Depends(page("patient.breakthrough"))], patient: str
) -> Response:
    """What the threshold's opioid dose would still do, and the low end of what breaks through."""
    told, words = told_of(visit, patient), visit.reader.words
    found, why_not = None, None
    try:
        found = breakthrough(told)
    except InputError as error:
        why_not = error.field
    title = "" if found is None else agonist_title(found.agonist, words)
    return render(
        request, "breakthrough.html", visit, patient=patient, found=found, why_not=why_not,
        name=shown_name(told.identity, told.patient, visit.reader), opioid=title, percent=percent,
        low=lambda mg: two_digits_down(mg, words.language),
    )  # fmt: skip
