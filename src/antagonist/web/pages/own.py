"""One's own account: language, time zone, password, second factor, sessions, tokens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from zoneinfo import available_timezones

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection
from starlette.responses import Response

from antagonist.feedback.database import changing, reading
from antagonist.foundation.errors import InputError
from antagonist.web.accounts import second_factor, sessions, tokens
from antagonist.web.accounts.passwords import hashed
from antagonist.web.accounts.people import change
from antagonist.web.accounts.rules import rules
from antagonist.web.answers import field_error
from antagonist.web.confirming import confirm
from antagonist.web.errors import NotFoundError
from antagonist.web.forms import Form, form
from antagonist.web.rendering import render
from antagonist.web.visit import Visit, clinic_of, page, signed_in, visit_of

router = APIRouter()
Own = Annotated[Visit, Depends(page("own"))]
SignedForm = Annotated[Form, Depends(form)]
HERE = "/own"


def _zones() -> list[tuple[str, str]]:
    return [(name, name) for name in sorted(available_timezones())]


def _shown(
    request: Request, visit: Visit, error: InputError | None = None, token: str | None = None
) -> Response:
    with reading(visit.clinic.engine) as connection:
        mine = sessions.of_account(connection, visit.account.account)
        programs = tokens.of_account(connection, visit.account.account)
    return render(
        request, "own.html", visit, 422 if error else 200,
        sessions=mine, tokens=programs, token=token, zones=_zones(),
        error=field_error(error) if error else None,
        longest_days=rules().token.longest_days,
    )  # fmt: skip


@router.get(HERE)
def own(request: Request, visit: Own) -> Response:
    """One's own account."""
    return _shown(request, visit)


@router.post("/own/reading")
def choose_reading(request: Request, visit: Own, sent: SignedForm) -> Response:
    """Language and time zone of what one reads."""
    return _changed(
        request, visit,
        lambda connection: change(
            connection, visit.account,
            language=sent.needed("language"), timezone=sent.text("timezone"),
        ),
    )  # fmt: skip


@router.post("/own/password")
def change_password(request: Request, visit: Own, sent: SignedForm) -> Response:
    """A new password; every other session ends."""

    def do(connection: Connection) -> None:
        if sent.get("new_password") != sent.get("again"):
            raise InputError("", "again", None, "the same password twice")
        kept = hashed(sent.get("new_password", ""), visit.account.name)
        change(connection, visit.account, password=kept)
        _end_others(connection, visit)
        visit.note(connection, "own.password")

    return _changed(request, visit, do, confirmed_by=sent)


@router.post("/own/sessions")
def end_sessions(request: Request, visit: Own, sent: SignedForm) -> Response:
    """End another session of one's own, or all others."""

    def do(connection: Connection) -> None:
        chosen = sent.text("session")
        mine = {
            session.session for session in sessions.of_account(connection, visit.account.account)
        }
        if chosen is None:
            _end_others(connection, visit)
        elif chosen in mine:
            sessions.end(connection, chosen)
        visit.note(connection, "own.sessions")

    return _changed(request, visit, do, confirmed_by=sent)


@router.post("/own/tokens")
def issue_token(request: Request, visit: Own, sent: SignedForm) -> Response:
    """A token for a program that speaks in one's name; it is shown this once."""
    try:
        confirm(visit, sent)
        with changing(visit.clinic.engine) as connection:
            value, _ = tokens.issue(
                connection, visit.clinic.now(), visit.account.account,
                sent.needed("label"), sent.whole("days") or 0,
            )  # fmt: skip
            visit.note(connection, "own.token")
    except InputError as error:
        return _shown(request, visit, error)
    return _shown(request, visit, token=value)


@router.post("/own/tokens/revoke")
def revoke_token(request: Request, visit: Own, sent: SignedForm) -> Response:
    """Take a token back."""

    def do(connection: Connection) -> None:
        tokens.revoke(connection, visit.account.account, sent.needed("token"))
        visit.note(connection, "own.token-revoked")

    return _changed(request, visit, do)


@router.get("/second-factor")
def ask_second_factor(request: Request) -> Response:
    """Show a new secret, to be read by the app on a phone."""
    account, session = signed_in(request)
    if account.secret is not None:
        return RedirectResponse(HERE, 303)
    secret = second_factor.new_secret()
    visit = visit_of(request, account, session)
    picture = second_factor.picture(secret, account.name)
    return render(
        request, "second_factor.html", visit, secret_text=secret, picture=picture, error=None
    )


@router.post("/second-factor")
def set_second_factor(request: Request, sent: SignedForm) -> Response:
    """Keep the secret once a code of it and the password fit; other sessions end."""
    account, session = signed_in(request)
    visit, clinic = visit_of(request, account, session), clinic_of(request)
    if account.secret is not None or not session.complete:
        raise NotFoundError
    secret, now = sent.needed("secret"), clinic.now()
    try:
        confirm(visit, sent)
        with changing(clinic.engine) as connection:
            step = second_factor.step_of(secret, sent.get("code", ""), now)
            if step is None:
                raise InputError("", "code", None, "the code that the app shows now")
            sealed = second_factor.sealed(clinic.record.keys, secret)
            change(connection, account, secret=sealed, last_step=step)
            _end_others(connection, visit)
            visit.note(connection, "own.second-factor")
    except (InputError, ValueError) as error:
        shown = error if isinstance(error, InputError) else InputError("", "code", None, "a code")
        return render(
            request, "second_factor.html", visit, 422, secret_text=secret,
            picture=second_factor.picture(secret, account.name), error=field_error(shown),
        )  # fmt: skip
    return RedirectResponse(HERE, 303)


@router.post("/second-factor/remove")
def remove_second_factor(request: Request, visit: Own, sent: SignedForm) -> Response:
    """Forget the second factor, to enrol another phone; it takes password and code."""

    def do(connection: Connection) -> None:
        keys, now = visit.clinic.record.keys, visit.clinic.now()
        code = sent.get("code", "")
        if second_factor.accepted(connection, keys, visit.account, code, now) is None:
            raise InputError("", "code", None, "the code that the app shows now, not used yet")
        change(connection, visit.account, secret=None, last_step=None)
        _end_others(connection, visit)
        visit.note(connection, "own.second-factor-removed")

    return _changed(request, visit, do, confirmed_by=sent)


def _changed(
    request: Request,
    visit: Visit,
    do: Callable[[Connection], object],
    confirmed_by: Form | None = None,
) -> Response:
    """Do something in one transaction, then show the account, or what was not right.

    confirmed_by: a form whose password has to fit first.
    """
    try:
        if confirmed_by is not None:
            confirm(visit, confirmed_by)
        with changing(visit.clinic.engine) as connection:
            do(connection)
    except InputError as error:
        return _shown(request, visit, error)
    return RedirectResponse(HERE, 303)


def _end_others(connection: Connection, visit: Visit) -> None:
    own_session = visit.session.session if visit.session else None
    sessions.end_all(connection, visit.account.account, own_session)
