"""The programme's page: outcomes, alarm burden, overrides; computed on request and kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from antagonist.feedback.alarms.rules import alarm_book
from antagonist.feedback.database import reading
from antagonist.foundation.errors import InputError
from antagonist.label.rulebook import all_rules
from antagonist.report.label_pages import plain_sentence
from antagonist.report.label_text import fact_title, in_language, number_text
from antagonist.report.outcome_pages import outcome_words
from antagonist.report.rendering import svg_file
from antagonist.report.wording import Wording, placeholders
from antagonist.web.accounts.people import by_id
from antagonist.web.actions import jobs, programme
from antagonist.web.actions.jobs import Job
from antagonist.web.answers import field_error
from antagonist.web.forms import SignedForm, once
from antagonist.web.rendering import render
from antagonist.web.visit import Visit, page

router = APIRouter()
Reads = Annotated[Visit, Depends(page("programme.read"))]
Runs = Annotated[Visit, Depends(page("programme.run"))]
HERE = "/programme"


def _shown(
    request: Request,
    visit: Visit,
    chosen: Job | None,
    error: InputError | None = None,
    key: str | None = None,
) -> Response:
    with reading(visit.clinic.engine) as connection:
        every = jobs.kept(connection, programme.PROGRAMME, visit.clinic.now())
        last = jobs.state_of(connection, every[0].report, visit.clinic.now()) if every else None
        people = {job.asked_by: by_id(connection, job.asked_by) for job in every}
    words = visit.reader.words
    content = (chosen.content or {}) if chosen and chosen.status == jobs.DONE else {}
    return render(
        request, "programme.html", visit, 422 if error else 200,
        report=content.get("texts", {}).get(visit.reader.language),
        at=datetime.fromisoformat(content["at"]) if content else None,
        burden=_burden(content, words),
        overrides=_overrides(content, words),
        chosen=chosen,
        number=lambda value: None if value is None else number_text(round(value, 2), words),
        words_out=outcome_words(visit.reader.language),
        runs=[(job, people[job.asked_by]) for job in every],
        running=next((job for job in every if job.status == jobs.RUNNING), None),
        last=last,
        periods=[(str(days), visit.reader.say_count("%(n)s day", "%(n)s days", days))
                 for days in programme.PERIODS],
        key=key,
        error=field_error(error) if error else None,
    )  # fmt: skip


@router.get(HERE)
def latest(request: Request, visit: Reads) -> Response:
    """The figures that were computed last."""
    programme.refuse_partial_view(visit)
    with reading(visit.clinic.engine) as connection:
        found = jobs.latest(connection, programme.PROGRAMME, visit.clinic.now())
    return _shown(request, visit, found)


@router.post("/programme/run")
def run(request: Request, visit: Runs, sent: SignedForm) -> Response:
    """Compute the figures now."""
    programme.refuse_partial_view(visit)
    try:
        with once(visit, sent.get("key")) as claim:
            if claim.location is None:
                programme.compute(claim.visit, sent.whole("days") or 0)
                claim.location = HERE
    except InputError as error:
        return _shown(request, visit, None, error, sent.get("key"))
    return RedirectResponse(claim.location, 303)


@router.get("/programme/progress")
def progress(request: Request, visit: Reads) -> Response:
    """How far the computation is; once it has ended the page is loaded anew."""
    programme.refuse_partial_view(visit)
    with reading(visit.clinic.engine) as connection:
        found = jobs.running(connection, programme.PROGRAMME, visit.clinic.now())
    if "hx-request" not in request.headers:
        return RedirectResponse(HERE, 303)
    made = render(request, "programme_progress.html", visit, running=found)
    if found is None:
        made.headers["HX-Refresh"] = "true"
    return made


@router.get("/programme/{report}")
def earlier(request: Request, visit: Reads, report: str) -> Response:
    """Figures that were computed earlier."""
    programme.refuse_partial_view(visit)
    return _shown(request, visit, programme.run_of(visit, report))


@router.get("/programme/{report}/chart-{number}.svg")
def chart(visit: Reads, report: str, number: int) -> Response:
    """A chart of the figures; its words and numbers stand on the page too."""
    programme.refuse_partial_view(visit)
    drawn = programme.chart(programme.run_of(visit, report), visit.reader.language, number)
    return Response(svg_file(drawn), media_type="image/svg+xml")


def _burden(content: Mapping[str, Any], words: Wording) -> Mapping[str, Any] | None:
    """Alarms with each rule's sentence."""
    if not content:
        return None
    book = alarm_book(datetime.fromisoformat(content["at"]).date()).rules
    rows: Sequence[Mapping[str, Any]] = content["burden"]["rows"]
    named = []
    for row in rows:
        rule = book.get(row["alarm"])
        text = "" if rule is None else in_language(rule.text, words)
        facts = {name: f"[{fact_title(name, words)}]" for name in placeholders(text)}
        named.append({**row, "text": text.format(**facts)})
    times = {name: datetime.fromisoformat(content["burden"][name]) for name in ("first", "last")}
    return {**content["burden"], **times, "rows": named}


def _overrides(content: Mapping[str, Any], words: Wording) -> Mapping[str, Any] | None:
    """Overrides with each rule's sentence."""
    if not content:
        return None
    known = {rule.id: rule for rule in all_rules()}
    rows = [
        {**row, "text": plain_sentence(known[row["rule"]], words) if row["rule"] in known else ""}
        for row in content["overrides"]["rules"]
    ]
    return {**content["overrides"], "rules": rows}
