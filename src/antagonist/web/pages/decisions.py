"""Decisions on record: the list, each with its reasons, and asking to go past one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection
from starlette.responses import Response

from antagonist.feedback.chain import canonical
from antagonist.feedback.database import reading
from antagonist.feedback.decisions import software
from antagonist.foundation.errors import InputError
from antagonist.web.accounts import approvals
from antagonist.web.accounts.people import by_id
from antagonist.web.actions import decisions, overrides
from antagonist.web.actions.decisions import Decided
from antagonist.web.actions.naming import names_of
from antagonist.web.answers import field_error
from antagonist.web.forms import Form, SignedForm, once
from antagonist.web.rendering import render
from antagonist.web.visit import Visit, page
from antagonist.web.words.decisions import answers_shown, summary, what_text

router = APIRouter()
Reading = Annotated[Visit, Depends(page("screening.read"))]
Asking = Annotated[Visit, Depends(page("override.ask"))]
Before = Annotated[str | None, Query(max_length=36)]
LIST = "/patients/{patient}/decisions"
ONE = LIST + "/{event}"
HASH_SHOWN = 12  # characters of a hash, as on the prints


@router.get(LIST)
def list_decisions(
    request: Request, visit: Reading, patient: str, before: Before = None
) -> Response:
    """What was decided about a patient, newest first."""
    reader = visit.reader
    with reading(visit.clinic.engine) as connection:
        found = decisions.decisions(connection, patient, before=before)
    return render(
        request, "decisions.html", visit,
        patient=patient, name=names_of(visit, [patient])[patient],
        rows=[(one, what_text(one.what, reader), summary(one, reader)) for one in found],
        more=found[-1].event.event_id if len(found) == decisions.PAGE else None,
    )  # fmt: skip


@router.get(ONE)
def show(request: Request, visit: Reading, patient: str, event: str) -> Response:
    """One decision with its reasons, what is missing, and what became of it."""
    return _shown(request, visit, patient, decisions.decided(visit, patient, event))


@router.get(ONE + "/file")
def download(visit: Reading, patient: str, event: str) -> Response:
    """The decision as it is kept: JSON."""
    found = decisions.decided(visit, patient, event).event
    headers = {"Content-Disposition": 'attachment; filename="decision.json"'}
    return Response(canonical(found.payload), media_type="application/json", headers=headers)


@router.post(ONE + "/override")
def ask(request: Request, visit: Asking, patient: str, event: str, sent: SignedForm) -> Response:
    """Ask a second person to let a decision be gone past."""
    found = decisions.decided(visit, patient, event)
    try:
        with once(visit, sent.get("key")) as claim:
            if claim.location is None:
                overrides.ask(claim.visit, patient, found, sent.needed("reason"))
                claim.location = f"/patients/{patient}/decisions/{event}"
        return RedirectResponse(claim.location, 303)
    except InputError as error:
        return _shown(request, visit, patient, found, error, sent)


def _shown(
    request: Request,
    visit: Visit,
    patient: str,
    found: Decided,
    error: InputError | None = None,
    sent: Form | None = None,
) -> Response:
    payload = found.event.payload
    answers = decisions.answers_of(found.event) if found.what in ("screen", "plan") else ()
    book = decisions.book_of(visit.clinic, answers[0]) if answers else None
    with reading(visit.clinic.engine) as connection:
        asked = [
            (one, _name(connection, one.asked_by), _name(connection, one.answered_by))
            for one in approvals.of_decision(connection, found.event.event_id)
        ]
    shown = (
        answers_shown(found.event, answers, book, patient, visit.reader.words)
        if book is not None and (found.what == "screen" or payload["result"].get("refusal"))
        else []
    )
    return render(
        request, "decision.html", visit, 422 if error else 200,
        patient=patient, name=names_of(visit, [patient])[patient], found=found,
        what=what_text(found.what, visit.reader), summary=summary(found, visit.reader),
        challenge=payload["asked"].get("question") == "challenge",
        answers=shown, several=len(answers) > 1, rules_hash=payload["rules_hash"][:HASH_SHOWN],
        same_rules=book is None or answers[0].rules_hash == book.hash,
        same_software=payload["software"] == software(),
        refusal=decisions.refusal_of(found.event), approvals=asked,
        waits=any(one.status == approvals.WAITING for one, _, _ in asked),
        sent=sent or {}, error=field_error(error) if error else None,
    )  # fmt: skip


def _name(connection: Connection, account: str | None) -> str:
    found = None if account is None else by_id(connection, account)
    return "" if found is None else found.shown
