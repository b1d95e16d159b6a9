"""Screening: what is asked, of which products, under which label; the answer is kept and read."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from antagonist.feedback.database import reading
from antagonist.foundation.errors import InputError
from antagonist.label.rules import Question
from antagonist.web.actions import decisions
from antagonist.web.actions.naming import names_of
from antagonist.web.answers import field_error
from antagonist.web.forms import Form, SignedForm, once
from antagonist.web.rendering import render
from antagonist.web.visit import Visit, page
from antagonist.web.words.decisions import jurisdiction_choices, product_choices, summary

router = APIRouter()
Reading = Annotated[Visit, Depends(page("screening.read"))]
Running = Annotated[Visit, Depends(page("screening.run"))]
HERE = "/patients/{patient}/screening"
LATEST = 5


@router.get(HERE)
def ask(request: Request, visit: Reading, patient: str) -> Response:
    """The question, and the latest answers that were kept."""
    return _form(request, visit, patient, {"jurisdiction": visit.clinic.config.jurisdiction or ""})


@router.post(HERE)
def run(request: Request, visit: Running, patient: str, sent: SignedForm) -> Response:
    """Screen on what is on record now, keep the decision, and show it."""
    try:
        with once(visit, sent.get("key")) as claim:
            if claim.location is None:
                found = decisions.screen(
                    claim.visit, patient, cast("Question", sent.needed("question")),
                    sent.lists.get("products", ()), sent.text("jurisdiction"),
                    never_tested=sent.box("never_tested"),
                )  # fmt: skip
                claim.location = f"/patients/{patient}/decisions/{found.event_id}"
        return claim.leads()
    except InputError as error:
        return _form(request, visit, patient, sent, error)


def _form(
    request: Request,
    visit: Visit,
    patient: str,
    sent: Form | dict[str, str],
    error: InputError | None = None,
) -> Response:
    words = visit.reader.words
    with reading(visit.clinic.engine) as connection:
        latest = decisions.decisions(connection, patient, what="screen", most=LATEST)
    chosen = sent.lists.get("products", ()) if isinstance(sent, Form) else ()
    return render(
        request, "screening.html", visit, 422 if error else 200,
        patient=patient, name=names_of(visit, [patient])[patient], sent=sent,
        questions=[(one, words.text(f"question.{one}")) for one in decisions.QUESTIONS],
        products=product_choices(visit.reader), chosen=chosen,
        untold=not decisions.says_of_tests(visit, patient),
        jurisdictions=jurisdiction_choices(visit.reader),
        latest=[(one, summary(one, visit.reader)) for one in latest],
        error=field_error(error) if error else None,
    )  # fmt: skip
