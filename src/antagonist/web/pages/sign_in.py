"""Signing in and out: a password, then a code where the clinic wants a second factor."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from antagonist.feedback.database import changing, reading
from antagonist.foundation.errors import InputError
from antagonist.web.accounts import sessions
from antagonist.web.accounts.people import administrators, change
from antagonist.web.answers import UNWANTED_FIELDS
from antagonist.web.cookies import LANGUAGE, SESSION, cookie
from antagonist.web.entering import HOME, by_code, by_password, first_page, note, own_path
from antagonist.web.errors import SignInNeededError
from antagonist.web.forms import Form, PlainForm, SignedForm
from antagonist.web.language import LANGUAGES
from antagonist.web.rendering import render
from antagonist.web.visit import clinic_of, signed_in, visit_of

router = APIRouter()
YEAR_S = 365 * 24 * 3600


@router.get(HOME)
def home(request: Request) -> Response:
    """To where one's work begins."""
    account, _ = signed_in(request)
    return RedirectResponse(first_page(account), 303)


@router.get("/sign-in")
def ask(request: Request) -> Response:
    """Ask for name and password; a clinic without administrator first makes one."""
    clinic = clinic_of(request)
    with reading(clinic.engine) as connection:
        empty = administrators(connection) == 0
    if empty and clinic.config.set_up and not clinic.config.demo:
        return RedirectResponse("/set-up", 303)
    back = own_path(request.query_params.get("next"))
    return render(request, "sign_in.html", next=back, wrong=False, name="")


@router.post("/sign-in")
def sign_in(request: Request, sent: PlainForm) -> Response:
    """Begin a session where name and password fit."""
    found = by_password(request, sent)
    back = own_path(sent.text("next"))
    if found is None:
        name = sent.get("name", "")
        return render(request, "sign_in.html", status=401, next=back, wrong=True, name=name)
    account, value = found
    needs_code = account.secret is not None
    return _with_session(request, f"/sign-in/code?next={back}" if needs_code else back, value)


@router.post("/sign-in/again")
def sign_in_again(request: Request, sent: PlainForm) -> Response:
    """Sign in after a session ended, and show what had been typed, to be sent once more."""
    action = own_path(sent.pop("again_action", None))
    name, password, code = (sent.pop(f, "") for f in ("again_name", "password", "again_code"))
    lists = [(f"{field}[]", value) for field, values in sent.lists.items() for value in values]
    kept = [pair for pair in (*sent.items(), *lists) if pair[0] not in UNWANTED_FIELDS]
    value = _in_again(request, Form({"name": name, "password": password}), code)
    clinic = clinic_of(request)
    with reading(clinic.engine) as connection:
        session = sessions.found(connection, clinic.now(), value) if value else None
    if value is None or session is None:
        return render(
            request, "sign_in_again.html", status=401, kept=kept, action=action, wrong=True
        )
    account, _ = signed_in(request, value)
    answer = render(
        request, "send_again.html", visit_of(request, account, session), kept=kept, action=action
    )
    _set_session(request, answer, value)
    return answer


def _in_again(request: Request, sent: Form, code: str) -> str | None:
    """The value of a complete session; None where name, password and code do not fit together."""
    found = by_password(request, sent)
    if found is None or found[0].secret is None:
        return found[1] if found else None
    account, session = signed_in(request, found[1])
    return by_code(request, account, session, code)


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
    if session.complete:
        return RedirectResponse(back, 303)
    value = by_code(request, account, session, sent.get("code", ""))
    if value is None:
        visit = visit_of(request, account, session)
        return render(request, "sign_in_code.html", visit, status=401, next=back, wrong=True)
    return _with_session(request, back, value)


@router.post("/sign-out")
def sign_out(request: Request, _sent: SignedForm) -> Response:
    """End the session, here and in the browser."""
    account, session = signed_in(request)
    clinic = clinic_of(request)
    with changing(clinic.engine) as connection:
        sessions.end(connection, session.session)
        note(connection, request, account, "sign-out", "allowed")
    answer = RedirectResponse("/sign-in", 303)
    answer.headers.append("set-cookie", cookie(clinic.config.secure, SESSION, "", age_s=0))
    answer.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
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
    kept = cookie(clinic.config.secure, LANGUAGE, language, age_s=YEAR_S)
    answer.headers.append("set-cookie", kept)
    return answer


def _with_session(request: Request, location: str, value: str) -> Response:
    answer = RedirectResponse(location, 303)
    _set_session(request, answer, value)
    return answer


def _set_session(request: Request, answer: Response, value: str) -> None:
    secure = clinic_of(request).config.secure
    answer.headers.append("set-cookie", cookie(secure, SESSION, value))
