"""Setting up the second factor, and taking it away to set up another phone."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection
from starlette.responses import Response

from antagonist.feedback.database import changing
from antagonist.foundation.errors import InputError
from antagonist.web.accounts import second_factor, sessions
from antagonist.web.accounts.people import change
from antagonist.web.answers import field_error
from antagonist.web.confirming import confirm
from antagonist.web.entering import HOME
from antagonist.web.errors import NotFoundError, SignInNeededError
from antagonist.web.forms import SignedForm
from antagonist.web.language import N_
from antagonist.web.pages.own import changed, end_others
from antagonist.web.rendering import render
from antagonist.web.visit import Visit, page, signed_in, visit_of

router = APIRouter()
Own = Annotated[Visit, Depends(page("own"))]
SET_UP, PICTURE = "/second-factor", "/second-factor/picture.png"


def _without(request: Request) -> Visit:
    """The visit of somebody who may set one up now.

    Raises SignInNeededError for a session that still needs a code, NotFoundError for an account
    that has a second factor.
    """
    account, session = signed_in(request)
    if not session.complete:
        raise SignInNeededError("/sign-in/code")
    if account.secret is not None:
        raise NotFoundError
    return visit_of(request, account, session)


def _pending(visit: Visit) -> str | None:
    """The secret that this session is setting up; no form carries it."""
    kept = visit.session.pending if visit.session else None
    return None if kept is None else second_factor.unsealed(visit.clinic.record.keys, kept)


def _shown(request: Request, visit: Visit, error: InputError | None = None) -> Response:
    return render(
        request, "second_factor.html", visit, 422 if error else 200,
        secret_text=_pending(visit), picture=PICTURE, error=field_error(error) if error else None,
    )  # fmt: skip


@router.get(SET_UP)
def ask(request: Request) -> Response:
    """Show the secret, to be read by the app on a phone."""
    return _shown(request, _without(request))


@router.get(PICTURE)
def picture(request: Request) -> Response:
    """The same secret as a QR code."""
    visit = _without(request)
    secret = _pending(visit)
    if secret is None:
        raise NotFoundError
    return Response(second_factor.picture(secret, visit.account.name), media_type="image/png")


@router.post("/second-factor/begin")
def begin(request: Request, _sent: SignedForm) -> Response:
    """Make a secret for this session to set up."""
    visit = _without(request)
    assert visit.session is not None
    secret = second_factor.new_secret()
    with changing(visit.clinic.engine) as connection:
        sealed = second_factor.sealed(connection, visit.clinic.record.keys, secret)
        sessions.keep_pending(connection, visit.session, sealed)
    return RedirectResponse(SET_UP, 303)


@router.post(SET_UP)
def keep(request: Request, sent: SignedForm) -> Response:
    """Keep the secret once a code of it and the password fit; other sessions end."""
    visit = _without(request)
    secret, now = _pending(visit), visit.clinic.now()
    if secret is None or visit.session is None:
        return RedirectResponse(SET_UP, 303)
    try:
        confirm(visit, sent)
        step = second_factor.step_of(secret, sent.get("code", ""), now)
        if step is None:
            raise InputError("", "code", None, N_("the code that the app shows now"))
        with changing(visit.clinic.engine) as connection:
            sealed = second_factor.sealed(connection, visit.clinic.record.keys, secret)
            change(connection, visit.account, secret=sealed, last_step=step)
            sessions.keep_pending(connection, visit.session, None)
            end_others(connection, visit)
            visit.note(connection, "own.second-factor")
    except InputError as error:
        return _shown(request, visit, error)
    return RedirectResponse(HOME, 303)


@router.post("/second-factor/remove")
def remove(request: Request, visit: Own, sent: SignedForm) -> Response:
    """Forget the second factor, to set up another phone; it takes password and code."""

    def do(connection: Connection) -> None:
        change(connection, visit.account, secret=None, last_step=None)
        end_others(connection, visit)
        visit.note(connection, "own.second-factor-removed")

    return changed(request, visit, do, confirmed_by=sent, fully=True)
