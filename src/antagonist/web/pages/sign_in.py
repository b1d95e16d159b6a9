"""Signing in and out: a password, then a code where the clinic wants a second factor."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection
from starlette.responses import Response

from antagonist.feedback.database import changing, reading
from antagonist.foundation.errors import InputError
from antagonist.web.accounts import audit, limits, sessions
from antagonist.web.accounts.passwords import fits, is_old, rehashed
from antagonist.web.accounts.people import Account, administrators, by_name, change
from antagonist.web.accounts.rules import rules
from antagonist.web.accounts.second_factor import accepted
from antagonist.web.clinic import Clinic
from antagonist.web.errors import SignInNeededError
from antagonist.web.forms import Form, form, plain_form
from antagonist.web.language import LANGUAGES
from antagonist.web.rendering import LANGUAGE_COOKIE, render
from antagonist.web.visit import (
    clinic_of,
    cookie_name,
    request_id,
    route_of,
    signed_in,
    visit_of,
    who_of,
)

router = APIRouter()
PlainForm = Annotated[Form, Depends(plain_form)]
SignedForm = Annotated[Form, Depends(form)]
HOME = "/today"
OWN_PATH = re.compile(r"/(?!/)[\w./-]*")
YEAR_S = 365 * 24 * 3600


def own_path(text: str | None) -> str:
    """A path of this server to go back to; anything else leads home."""
    return text if text and OWN_PATH.fullmatch(text) else HOME


@router.get("/")
def home() -> Response:
    """To the list of today."""
    return RedirectResponse(HOME, 303)


@router.get("/sign-in")
def ask(request: Request) -> Response:
    """Ask for name and password; a clinic without administrator first makes one."""
    clinic = clinic_of(request)
    with reading(clinic.engine) as connection:
        empty = administrators(connection) == 0
    if empty and clinic.config.set_up and not clinic.config.demo:
        return RedirectResponse("/set-up", 303)
    back = own_path(request.query_params.get("next"))
    return render(request, "sign_in.html", next=back, wrong=False, name="", set_up=empty)


@router.post("/sign-in")
def sign_in(request: Request, sent: PlainForm) -> Response:
    """Begin a session where name and password fit."""
    account, value = _by_password(request, sent)
    back = own_path(sent.text("next"))
    if account is None or value is None:
        return render(
            request, "sign_in.html", status=401, next=back, wrong=True,
            name=sent.get("name", ""), set_up=False,
        )  # fmt: skip
    needs_code = account.secret is not None
    return _with_session(request, f"/sign-in/code?next={back}" if needs_code else back, value)


@router.post("/sign-in/again")
def sign_in_again(request: Request, sent: PlainForm) -> Response:
    """Sign in after a session ended, and show what had been typed, to be sent once more."""
    action = own_path(sent.pop("again_action", None))
    name, password, code = (sent.pop(f, "") for f in ("again_name", "password", "again_code"))
    credentials = Form({"name": name, "password": password})
    kept = [*sent.items(), *((f"{n}[]", v) for n, vs in sent.lists.items() for v in vs)]
    account, value = _by_password(request, credentials)
    done = value is not None
    if account is not None and value is not None and account.secret is not None:
        found = sessions_value(request, value)
        done = found is not None and _by_code(request, account, found, code) is not None
    if account is None or value is None or not done:
        return render(
            request, "sign_in_again.html", status=401, kept=kept, action=action, wrong=True
        )
    session = sessions_value(request, value)
    assert session is not None
    visit = visit_of(request, account, session)
    answer = render(request, "send_again.html", visit, kept=kept, action=action)
    _set_session(request, answer, value)
    return answer


def sessions_value(request: Request, value: str) -> sessions.Session | None:
    """The session of a value just made."""
    clinic = clinic_of(request)
    with reading(clinic.engine) as connection:
        return sessions.found(connection, clinic.now(), value)


def _by_password(request: Request, sent: Form) -> tuple[Account | None, str | None]:
    """The account and the value of its new session, which a second factor has to complete."""
    clinic, now = clinic_of(request), clinic_of(request).now()
    name, said = sent.get("name", "").casefold()[:80], rules().limits
    address = request.client.host if request.client else ""
    tries = (
        (f"sign-in:{name}:{address}", said.sign_in_name_and_address),
        (f"sign-in-from:{address}", said.sign_in_address),
        (f"sign-in-as:{name}", said.sign_in_name),
    )
    with changing(clinic.engine) as connection:
        for what, limit in tries:
            limits.check(connection, now, what, limit)
        limits.count(connection, now, *(what for what, _ in tries))
        account = by_name(connection, name)
    right = fits(sent.get("password", ""), account.password if account else None)
    if account is None or not right or account.disabled:
        _note(request, clinic, account, now, "sign-in", "refused")
        return None, None
    with changing(clinic.engine) as connection:
        for what, _ in tries:
            limits.forget(connection, what)
        if account.password is not None and is_old(account.password):
            account = change(connection, account, password=rehashed(sent["password"]))
        sessions.sweep(connection, now)
        value, _ = sessions.begin(
            connection, now, account.account, complete=account.secret is None,
            address=address, agent=request.headers.get("user-agent", ""),
        )  # fmt: skip
        _line(connection, request, account, now, "sign-in", "allowed")
    return account, value


@router.get("/sign-in/code")
def ask_code(request: Request) -> Response:
    """Ask for the second factor's code."""
    account, session = signed_in(request)
    back = own_path(request.query_params.get("next"))
    if session.complete or account.secret is None:
        return RedirectResponse(back, 303)
    visit = visit_of(request, account, session)
    return render(request, "sign_in_code.html", visit, next=back, wrong=False)


@router.post("/sign-in/code")
def give_code(request: Request, sent: SignedForm) -> Response:
    """Complete the session where the code fits; it goes on under a new value."""
    account, session = signed_in(request)
    back = own_path(sent.text("next"))
    value = _by_code(request, account, session, sent.get("code", ""))
    if value is None:
        visit = visit_of(request, account, session)
        return render(request, "sign_in_code.html", visit, status=401, next=back, wrong=True)
    return _with_session(request, back, value)


def _by_code(
    request: Request, account: Account, session: sessions.Session, code: str
) -> str | None:
    """The value of the complete session that takes the place of a half one."""
    clinic, now = clinic_of(request), clinic_of(request).now()
    with changing(clinic.engine) as connection:
        limits.counted(connection, now, f"code:{account.account}", rules().limits.code)
    with changing(clinic.engine) as connection:
        right = accepted(connection, clinic.record.keys, account, code, now)
        outcome: audit.Outcome = "refused" if right is None else "allowed"
        _line(connection, request, account, now, "second-factor", outcome)
        if right is None:
            return None
        limits.forget(connection, f"code:{account.account}")
        sessions.end(connection, session.session)
        value, _ = sessions.begin(
            connection, now, account.account, complete=True,
            address=session.address, agent=session.agent,
        )  # fmt: skip
    return value


@router.post("/sign-out")
def sign_out(request: Request, _sent: SignedForm) -> Response:
    """End the session, here and in the browser."""
    account, session = signed_in(request)
    clinic = clinic_of(request)
    with changing(clinic.engine) as connection:
        sessions.end(connection, session.session)
        _line(connection, request, account, clinic.now(), "sign-out", "allowed")
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(cookie_name(clinic), secure=clinic.config.secure, httponly=True)
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


@router.post("/language")
def choose_language(request: Request, sent: PlainForm) -> Response:
    """Read in another language, before sign-in by cookie, after it by account."""
    language = sent.get("language", "")
    if language not in LANGUAGES:
        raise InputError("", "language", language, "one of " + ", ".join(LANGUAGES))
    clinic = clinic_of(request)
    try:
        account, _ = signed_in(request)
        with changing(clinic.engine) as connection:
            change(connection, account, language=language)
    except SignInNeededError:
        pass
    answer = RedirectResponse(own_path(sent.text("next")), 303)
    answer.set_cookie(
        LANGUAGE_COOKIE, language, max_age=YEAR_S, httponly=True, samesite="strict",
        secure=clinic.config.secure,
    )  # fmt: skip
    return answer


def _with_session(request: Request, location: str, value: str) -> Response:
    answer = RedirectResponse(location, 303)
    _set_session(request, answer, value)
    return answer


def _set_session(request: Request, answer: Response, value: str) -> None:
    clinic = clinic_of(request)
    answer.set_cookie(
        cookie_name(clinic), value, httponly=True, samesite="strict", path="/",
        secure=clinic.config.secure,
    )  # fmt: skip


def _note(
    request: Request, clinic: Clinic, account: Account | None, now: datetime,
    action: str, outcome: audit.Outcome,
) -> None:  # fmt: skip
    with changing(clinic.engine) as connection:
        _line(connection, request, account, now, action, outcome)


def _line(
    connection: Connection, request: Request, account: Account | None, now: datetime,
    action: str, outcome: audit.Outcome,
) -> None:  # fmt: skip
    # a name that is nobody's is not written down: it may be a password in the wrong field
    audit.note(
        connection, now, who_of(account), action, outcome,
        request=request_id(request), detail={"route": route_of(request)},
    )  # fmt: skip
