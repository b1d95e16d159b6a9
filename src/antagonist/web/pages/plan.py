"""The plan that holds, a new one in three steps, and any plan on record."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from antagonist.feedback.record import ConflictError
from antagonist.foundation.errors import InputError
from antagonist.report.rendering import svg_file
from antagonist.web.actions import plans
from antagonist.web.actions.naming import names_of
from antagonist.web.actions.prints import PRINTS, printed
from antagonist.web.actions.recording import meanwhile
from antagonist.web.actions.told import Told
from antagonist.web.answers import field_error
from antagonist.web.errors import NotFoundError
from antagonist.web.forms import EXPECTED, KEY, Form, SignedForm, asked_fields, once
from antagonist.web.pages import plan_wanted as asking
from antagonist.web.rendering import render
from antagonist.web.visit import Visit, page
from antagonist.web.words.decisions import jurisdiction_choices
from antagonist.web.words.doubts import held_said
from antagonist.web.words.events import said
from antagonist.web.words.plan_chart import drawable, options_svg, sizes_px
from antagonist.web.words.plans import (
    kept_words,
    option_rows,
    option_source,
    preview_words,
)

router = APIRouter()
Reading = Annotated[Visit, Depends(page("plan.read"))]
Comparing = Annotated[Visit, Depends(page("plan.compare"))]
Making = Annotated[Visit, Depends(page("plan.make"))]


def _here(patient: str, rest: str = "") -> str:
    return f"/patients/{patient}/plan{rest}"


def _shown(
    request: Request, visit: Visit, template: str, patient: str, status: int = 200, **more: Any
) -> Response:
    name = names_of(visit, [patient])[patient]
    return render(request, template, visit, status, patient=patient, name=name, **more)


@router.get("/patients/{patient}/plan")
def show_plan(request: Request, visit: Reading, patient: str) -> Response:
    """The plan that holds."""
    now, found = plans.holding(visit, patient)
    told = None if found is None else kept_words(visit, found)
    held = held_said(now, visit.reader)
    return _shown(request, visit, "plan.html", patient, told=told, of_record=False, held=held)


@router.get("/patients/{patient}/plan/new")
def ask_plan(request: Request, visit: Comparing, patient: str) -> Response:
    """Step 1: what is wanted."""
    return _wanted(request, visit, patient, asking.first_wanted(visit))


def _wanted(
    request: Request,
    visit: Visit,
    patient: str,
    wanted: asking.Wanted,
    error: InputError | None = None,
) -> Response:
    reader = visit.reader
    return _shown(
        request, visit, "plan_wanted.html", patient, 422 if error else 200,
        wanted=wanted, fields=wanted.fields, whats=asking.what_options(visit),
        days=asking.day_options(reader), labels=jurisdiction_choices(reader),
        holidays=asking.holiday_options(reader),
        error=field_error(asking.of_form(error)) if error else None,
    )  # fmt: skip


@router.post("/patients/{patient}/plan/new")
def compare_plans(request: Request, visit: Comparing, patient: str, sent: SignedForm) -> Response:
    """Step 2: regimens side by side."""
    try:
        wanted = asking.wanted_of(visit, sent)
        now, options = plans.options(
            visit, patient, wanted.fields, route=wanted.route, only=wanted.only
        )
    except InputError as error:
        named = asking.of_form(error, product="what")
        return _wanted(request, visit, patient, asking.typed(sent), named)
    return _shown(
        request, visit, "plan_compare.html", patient,
        wanted=wanted, rows=option_rows(visit, options), source=option_source(visit, options),
        sizes=sizes_px(len(options)) if drawable(options) else None,
        held=held_said(now, visit.reader),
    )  # fmt: skip


@router.get("/patients/{patient}/plan/regimens.svg")
def draw_plans(request: Request, visit: Comparing, patient: str) -> Response:
    """The chart of step 2: a picture of its own, as its drawing takes longer than a page may."""
    sent = asked_fields(request)
    wanted = asking.wanted_of(visit, sent)
    _told, options = plans.options(
        visit, patient, wanted.fields, route=wanted.route, only=wanted.only
    )
    drawn = options_svg(visit, options, narrow=sent.text("narrow") is not None)
    return Response(svg_file(drawn), media_type="image/svg+xml")


@router.post("/patients/{patient}/plan/review")
def review_plan(request: Request, visit: Comparing, patient: str, sent: SignedForm) -> Response:
    """Step 3: what the plan would be, or the rule that refuses it."""
    try:
        return _review(request, visit, patient, sent)
    except InputError as error:
        return _wanted(request, visit, patient, asking.typed(sent), error)


def _asked(visit: Visit, sent: Form) -> tuple[asking.Wanted, dict[str, Any]]:
    wanted = asking.wanted_of(visit, sent)
    chosen = {name: sent.needed(name) for name in ("regimen", "product")}
    return wanted, {**wanted.fields, **chosen}


def _review(
    request: Request,
    visit: Visit,
    patient: str,
    sent: Form,
    error: InputError | None = None,
    seen: int | None = None,
) -> Response:
    """Step 3. seen: events that the asker had seen, where others wrote meanwhile."""
    wanted, asked = _asked(visit, sent)
    now, made = plans.preview(visit, patient, asked)
    told = preview_words(visit, made)
    conflict = isinstance(error, ConflictError)
    return _shown(
        request, visit, "plan_review.html", patient, 409 if conflict else 422 if error else 200,
        wanted=wanted, asked=asked, told=told, held=held_said(now, visit.reader),
        key=sent.get(KEY) if error and not conflict else None, expected=now.expected,
        reviewed=plans.seal(visit, patient, asked, now.expected, told.to_acknowledge),
        changed=_changed(visit, now, seen) if conflict else [],
        error=field_error(error) if error and not conflict else None,
    )  # fmt: skip


def _changed(visit: Visit, now: Told, seen: int | None) -> list[tuple[Any, str, str]]:
    """What others wrote meanwhile: when, who, what."""
    rows = () if seen is None else meanwhile(now, now.patient, seen)
    return [(event.recorded_at, event.author, said(event, visit.reader)) for event in rows]


@router.post("/patients/{patient}/plan")
def make_plan(request: Request, visit: Making, patient: str, sent: SignedForm) -> Response:
    """Make the plan that was looked at hold; of a refusal, keep it."""
    seen: int | None = None
    try:
        _wanted_again, asked = _asked(visit, sent)
        seen = sent.whole(EXPECTED)
        if seen is None:
            raise InputError("", "reviewed", None, "a plan that was looked at in the step before")
        cautions = sent.get("cautions", "")
        plans.check_seal(visit, patient, asked, seen, cautions, sent.get("reviewed", ""))
        with once(visit, sent.get(KEY)) as claim:
            if claim.location is None:
                if cautions and not sent.box("acknowledged"):
                    raise InputError("", "acknowledged", None, "each caution acknowledged")
                event = plans.make(claim.visit, patient, asked, seen, cautions)
                claim.location = _here(patient, f"/{event.event_id}")
        return RedirectResponse(str(claim.location), 303)
    except InputError as error:
        try:
            return _review(request, visit, patient, sent, error, seen)
        except InputError:  # what was sent cannot even be looked at
            return _wanted(request, visit, patient, asking.typed(sent), error)


@router.get("/patients/{patient}/plan/{event}")
def show_kept(request: Request, visit: Reading, patient: str, event: str) -> Response:
    """A plan or a refusal on record."""
    now, found = plans.on_record(visit, patient, event)
    return _shown(
        request, visit, "plan.html", patient, told=kept_words(visit, found), of_record=True,
        held=held_said(now, visit.reader) if found.holds else [],
    )  # fmt: skip


@router.get("/patients/{patient}/plan/{event}/{name}")
def print_plan(visit: Reading, patient: str, event: str, name: str) -> Response:
    """The plan as paper, card or calendar."""
    if name not in PRINTS:
        raise NotFoundError
    found = printed(visit, patient, event, name)
    return Response(found.content, media_type=found.media_type, headers=found.headers)
