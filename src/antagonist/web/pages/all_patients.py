"""Patients: the list, finding one, taking one in. Names stand in no address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, get_args

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from antagonist.foundation.clock import parse_day
from antagonist.foundation.errors import InputError
from antagonist.web.actions.board import board
from antagonist.web.actions.patients import (
    NewPatient,
    Row,
    Sort,
    found_by_identifier,
    rows,
    search,
    take_in,
)
from antagonist.web.answers import field_error, status_of
from antagonist.web.forms import KEY, Form, SignedForm, once
from antagonist.web.rendering import render
from antagonist.web.visit import Visit, page
from antagonist.web.words.today import in_reader, last_day

router = APIRouter()
Creates = Annotated[Visit, Depends(page("patient.create"))]
SHOWN = 100  # patients on one page
NEW = "/patients/new"


@router.get("/patients")
def patients(
    request: Request,
    visit: Annotated[Visit, Depends(page("patients.read"))],
    sort: str = "name",
    skip: int = 0,
) -> Response:
    """The list. sort: name, due or alarms. skip: so many are passed over."""
    order = next((each for each in get_args(Sort) if each == sort), None)
    if order is None:
        raise InputError("", "sort", sort, "one of " + ", ".join(get_args(Sort)))
    return _listed(request, visit, rows(visit, order), sort, skip)


@router.post("/patients/search")
def find_patients(
    request: Request, visit: Annotated[Visit, Depends(page("patients.search"))], sent: SignedForm
) -> Response:
    """Patients by a part of the name or a whole number; one found by number alone is opened."""
    text = sent.text("text") or ""
    try:
        found = search(visit, text)
    except InputError as error:
        return _listed(request, visit, [], "name", 0, text, error)
    if len(found) == 1 and any(value == text for _, value in found[0].identifiers):
        return RedirectResponse(f"/patients/{found[0].patient}", 303)
    return _listed(request, visit, found, "name", 0, text)


def _listed(
    request: Request, visit: Visit, found: Sequence[Row], sort: str, skip: int,
    text: str | None = None, error: InputError | None = None,
) -> Response:  # fmt: skip
    first = max(skip, 0)
    part = found[first : first + SHOWN]
    due = {name: in_reader(visit, text.title) for name, text in board().lines.items()}
    return render(
        request, "patients.html", visit, 200 if error is None else status_of(error),
        rows=part, count=len(found), first=first, most=SHOWN, sort=sort, text=text,
        due_titles=due, last_day=lambda at: last_day(at, visit),
        error=None if error is None else field_error(error),
    )  # fmt: skip


@router.get(NEW)
def new(request: Request, visit: Creates) -> Response:
    """The form for a new patient."""
    return _new(request, visit, Form())


@router.post(NEW)
def create(request: Request, visit: Creates, sent: SignedForm) -> Response:
    """Take a patient in, once."""
    try:
        with once(visit, sent.get(KEY)) as claim:
            if claim.location is None:
                claim.location = f"/patients/{take_in(claim.visit, _told(sent))}?done=created"
    except InputError as error:
        return _new(request, visit, sent, error)
    return RedirectResponse(claim.location, 303)


def _told(sent: Form) -> NewPatient:
    system, value, birth = sent.text("system"), sent.text("value"), sent.text("birth_date")
    return NewPatient(
        sent.needed("family"), sent.needed("given"), sent.text("middle"),
        birth=None if birth is None else parse_day(birth, field="birth_date"),
        identifier=(system or "", value or "") if system or value else None,
        programme=sent.text("programme"),
    )  # fmt: skip


def _new(request: Request, visit: Visit, sent: Form, error: InputError | None = None) -> Response:
    """The form, with what was typed, and who has the number already, where one sees them."""
    other = None
    if error is not None and error.field == "value" and sent.text("system") and sent.text("value"):
        other = found_by_identifier(visit, sent["system"], sent["value"])
    systems = sorted({system for row in rows(visit) for system, _ in row.identifiers})
    return render(
        request, "patient_new.html", visit, 200 if error is None else status_of(error),
        sent=sent, other=other, systems=systems,
        error=None if error is None else field_error(error),
    )  # fmt: skip
