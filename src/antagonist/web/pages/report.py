"""A patient's outcomes as a page: computed in a thread, shown when they are there."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from antagonist.report.outcome_pages import outcome_words
from antagonist.report.rendering import svg_file
from antagonist.web.actions import outcomes
from antagonist.web.actions.naming import names_of
from antagonist.web.forms import KEY, SignedForm, once
from antagonist.web.rendering import render
from antagonist.web.visit import Visit, page

router = APIRouter()
Reading = Annotated[Visit, Depends(page("report.read"))]
HERE = "/patients/{patient}/report"


@router.get(HERE)
def show_report(request: Request, visit: Reading, patient: str) -> Response:
    """The outcomes that were computed last."""
    running, last, done = outcomes.state(visit, patient)
    content = {} if done is None or done.content is None else done.content
    return render(
        request, "report.html", visit, patient=patient, name=names_of(visit, [patient])[patient],
        running=running, last=last, here=f"/patients/{patient}/report",
        report=content.get("texts", {}).get(visit.reader.language),
        at=datetime.fromisoformat(content["at"]) if content else None,
        words_out=outcome_words(visit.reader.language),
    )  # fmt: skip


@router.post(HERE)
def compute_report(visit: Reading, patient: str, sent: SignedForm) -> Response:
    """Measure the outcomes now."""
    here = f"/patients/{patient}/report"
    with once(visit, sent.get(KEY)) as claim:
        if claim.location is None:
            outcomes.begin(claim.visit, patient)
            claim.location = here
    return RedirectResponse(here, 303)


@router.get(f"{HERE}/progress")
def progress(request: Request, visit: Reading, patient: str) -> Response:
    """How far it is; once it has ended the page is loaded anew."""
    here = f"/patients/{patient}/report"
    if "hx-request" not in request.headers:
        return RedirectResponse(here, 303)
    running = outcomes.state(visit, patient)[0]
    made = render(request, "report_progress.html", visit, running=running, here=here)
    if running is None:
        made.headers["HX-Refresh"] = "true"
    return made


@router.get(f"{HERE}.pdf")
def print_report(visit: Reading, patient: str) -> Response:
    """The outcomes as PDF."""
    found = outcomes.printed(visit, patient)
    return Response(found.content, media_type=found.media_type, headers=found.headers)


@router.get(f"{HERE}/chart-{{number}}.svg")
def chart(visit: Reading, patient: str, number: int) -> Response:
    """A chart of the outcomes; its words and numbers stand on the page too."""
    return Response(svg_file(outcomes.chart(visit, patient, number)), media_type="image/svg+xml")
