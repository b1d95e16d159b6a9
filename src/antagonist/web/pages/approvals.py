"""Second opinions: overrides that wait for another prescriber, who confirms with the password."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from antagonist.feedback.database import changing
from antagonist.foundation.errors import InputError
from antagonist.web.accounts.approvals import Approval
from antagonist.web.actions import decisions, overrides
from antagonist.web.actions.naming import names_of
from antagonist.web.answers import field_error
from antagonist.web.confirming import confirm
from antagonist.web.forms import Form, SignedForm, once
from antagonist.web.rendering import render
from antagonist.web.visit import Visit, page
from antagonist.web.words.decisions import answers_shown, summary, what_text

router = APIRouter()
Answering = Annotated[Visit, Depends(page("override.answer"))]
Asking = Annotated[Visit, Depends(page("override.ask"))]
LIST = "/approvals"
ONE = "/approvals/{approval}"


@router.get(LIST)
def list_waiting(request: Request, visit: Answering) -> Response:
    """Overrides that wait, of the patients whom this person sees."""
    found = overrides.waiting(visit)
    names = names_of(visit, [one.approval.patient for one in found])
    return render(
        request, "approvals.html", visit,
        rows=[(one, names[one.approval.patient], what_text(one.decided.what, visit.reader),
               summary(one.decided, visit.reader)) for one in found],
    )  # fmt: skip


@router.get(ONE)
def show(request: Request, visit: Answering, approval: str) -> Response:
    """One override that was asked for, with the decision it would go past."""
    return _shown(request, visit, approval)


@router.post(ONE + "/confirm")
def confirm_it(request: Request, visit: Answering, approval: str, sent: SignedForm) -> Response:
    """Answer for it as the second person; it takes the password."""
    return _answered(request, visit, approval, sent, overrides.confirm, with_password=True)


@router.post(ONE + "/refuse")
def refuse(request: Request, visit: Answering, approval: str, sent: SignedForm) -> Response:
    """Let the decision stand."""
    return _answered(request, visit, approval, sent, overrides.refuse)


@router.post(ONE + "/withdraw")
def withdraw(request: Request, visit: Asking, approval: str, sent: SignedForm) -> Response:
    """Take back what one asked for oneself."""
    return _answered(request, visit, approval, sent, overrides.withdraw)


def _answered(
    request: Request,
    visit: Visit,
    approval: str,
    sent: Form,
    do: Callable[[Visit, str], Approval],
    *,
    with_password: bool = False,
) -> Response:
    overrides.asked(visit, approval)  # whoever does not see the patient learns nothing
    try:
        with once(visit, sent.get("key")) as claim:
            if claim.location is None:
                if with_password:
                    confirm(visit, sent)  # attempts count whatever becomes of it
                found = do(claim.visit, approval)
                claim.location = f"/patients/{found.patient}/decisions/{found.decision}"
        return RedirectResponse(claim.location, 303)
    except InputError as error:
        return _shown(request, visit, approval, error)


def _shown(
    request: Request, visit: Visit, approval: str, error: InputError | None = None
) -> Response:
    found = overrides.asked(visit, approval)
    event, patient = found.decided.event, found.approval.patient
    with changing(visit.clinic.engine) as connection:  # the door sees no patient in this path
        visit.note(connection, "screening.read", patient=patient, approval=approval)
    answers = decisions.answers_of(event)
    book = decisions.book_of(visit.clinic, answers[0])
    return render(
        request, "approval.html", visit, 422 if error else 200,
        asked=found, patient=patient, name=names_of(visit, [patient])[patient],
        own=found.asker.account == visit.account.account,
        what=what_text(found.decided.what, visit.reader),
        answers=answers_shown(event, answers, book, patient, visit.reader.words),
        same_rules=answers[0].rules_hash == book.hash,
        error=field_error(error) if error else None,
    )  # fmt: skip
