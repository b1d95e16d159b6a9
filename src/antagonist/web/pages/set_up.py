"""First run: the first administrator is made with a one-time code that the server printed."""

from __future__ import annotations

import hmac

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from antagonist.feedback.database import changing, reading, writing
from antagonist.foundation.errors import InputError
from antagonist.web.accounts import limits
from antagonist.web.accounts.activation import activated
from antagonist.web.accounts.people import administrators, create_account
from antagonist.web.accounts.rules import rules
from antagonist.web.answers import field_error
from antagonist.web.clinic import Clinic
from antagonist.web.entering import note
from antagonist.web.errors import NotFoundError
from antagonist.web.forms import Form, PlainForm
from antagonist.web.language import N_
from antagonist.web.rendering import reader_of, render
from antagonist.web.visit import address_of, clinic_of

router = APIRouter()


def _open(clinic: Clinic) -> None:
    """Raises NotFoundError where nobody has to be made, or by command only."""
    with reading(clinic.engine) as connection:
        if clinic.config.set_up is None or administrators(connection):
            raise NotFoundError


@router.get("/set-up")
def ask(request: Request) -> Response:
    """Ask for the code and for the first administrator."""
    _open(clinic_of(request))
    return render(request, "set_up.html", error=None, name="")


@router.post("/set-up")
def set_up(request: Request, sent: PlainForm) -> Response:
    """Make the first administrator; afterwards this page is gone."""
    clinic, now = clinic_of(request), clinic_of(request).now()
    _open(clinic)
    _limited(request)
    try:
        right = hmac.compare_digest(
            sent.get("code", "").encode(), str(clinic.config.set_up).encode()
        )
        if not right:
            raise InputError(
                "", "code", None, N_("the code that the server printed when it started")
            )
        _same_twice(sent)
        with writing(clinic.engine) as connection:  # one at a time, on every database
            if administrators(connection):
                raise NotFoundError
            made = create_account(
                connection, now, sent.needed("name"), "administrator",
                password=sent.get("password", ""), language=reader_of(request).language,
            )  # fmt: skip
            note(connection, request, made, "set-up", "allowed")
    except InputError as error:
        _failed(request, "set-up")
        return render(
            request, "set_up.html", status=422, error=field_error(error), name=sent.get("name", "")
        )
    return RedirectResponse("/sign-in", 303)


@router.get("/activate")
def ask_activation(request: Request) -> Response:
    """Ask for the code that an administrator handed over, and for a password."""
    return render(request, "activate.html", error=None)


@router.post("/activate")
def activate(request: Request, sent: PlainForm) -> Response:
    """Set the password of the account that the code is for."""
    clinic, now = clinic_of(request), clinic_of(request).now()
    _limited(request)
    try:
        _same_twice(sent)
        with changing(clinic.engine) as connection:
            found = activated(connection, now, sent.needed("code"), sent.get("password", ""))
            note(connection, request, found, "activate", "allowed")
    except InputError as error:
        _failed(request, "activate")
        return render(request, "activate.html", status=422, error=field_error(error))
    return RedirectResponse("/sign-in", 303)


def _same_twice(sent: Form) -> None:
    if sent.get("password") != sent.get("again"):
        raise InputError("", "again", None, N_("the same password twice"))


def _failed(request: Request, action: str) -> None:
    with changing(clinic_of(request).engine) as connection:
        note(connection, request, None, action, "refused")


def _limited(request: Request) -> None:
    clinic = clinic_of(request)
    what = f"activate-from:{limits.network(address_of(request))}"
    with changing(clinic.engine) as connection:
        limits.counted(connection, clinic.now(), what, rules().limits.sign_in_address)
