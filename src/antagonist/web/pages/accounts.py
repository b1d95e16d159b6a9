"""Accounts: who works here, with which rights; every change wants the administrator's password."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any
from zoneinfo import available_timezones

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from antagonist.feedback.database import reading
from antagonist.foundation.data import check_known
from antagonist.foundation.errors import InputError
from antagonist.web.accounts import sessions, tokens
from antagonist.web.accounts.access import given
from antagonist.web.accounts.people import ROLES
from antagonist.web.accounts.rules import rules
from antagonist.web.actions import accounts
from antagonist.web.answers import field_error
from antagonist.web.confirming import confirm
from antagonist.web.forms import Form, SignedForm
from antagonist.web.language import LANGUAGES, N_, NAMES
from antagonist.web.rendering import render
from antagonist.web.visit import Visit, page

router = APIRouter()
Manages = Annotated[Visit, Depends(page("accounts.manage"))]
STATES = {
    "active": N_("active"),
    "disabled": N_("disabled"),
    "waiting": N_("waits for its activation"),
    "expired": N_("activation code expired or missing"),
}
ROLE_NAMES = {
    "viewer": N_("viewer: reads"),
    "nurse": N_("nurse: reads and records"),
    "prescriber": N_("prescriber: reads, records and prescribes"),
    "administrator": N_("administrator: accounts and audit, no patients"),
}
ALL, SOME = "all", "some"


def _options(visit: Visit) -> dict[str, Any]:
    return {
        "roles": [(role, visit.say(ROLE_NAMES[role])) for role in ROLES],
        "zones": [(name, name) for name in sorted(available_timezones())],
        "known_languages": [(language, NAMES[language]) for language in LANGUAGES],
        "states": STATES,
        "role_names": ROLE_NAMES,
        "activation_hours": rules().activation.hours,
    }


@router.get("/accounts")
def every_account(request: Request, visit: Manages) -> Response:
    """The list of accounts."""
    return render(request, "accounts.html", visit, lines=accounts.lines(visit), **_options(visit))


@router.get("/accounts/new")
def ask_new(request: Request, visit: Manages) -> Response:
    """Ask for a new account."""
    return render(request, "account_new.html", visit, typed={}, error=None, **_options(visit))


@router.post("/accounts/new")
def make(request: Request, visit: Manages, sent: SignedForm) -> Response:
    """Make an account; its activation code is shown this once."""
    try:
        confirm(visit, sent)
        patients = _patients(visit, sent)
        account, code = accounts.made(
            visit, sent.needed("name"), sent.needed("role"), shown=sent.text("shown"),
            language=sent.needed("language"), timezone=sent.text("timezone"), patients=patients,
        )  # fmt: skip
    except InputError as error:
        return render(
            request, "account_new.html", visit, 422, typed=sent, error=field_error(error),
            **_options(visit),
        )  # fmt: skip
    return _one(request, visit, account.account, code=code)


def _patients(visit: Visit, sent: Form) -> list[str] | None:
    """Whom an account may see; None = all."""
    sees = sent.needed("sees")
    check_known(sees, (ALL, SOME), "", "sees")
    if sees == ALL:
        return None
    return accounts.patients_named(visit, sent.get("patients", ""))


@router.get("/accounts/{account}")
def one(request: Request, visit: Manages, account: str) -> Response:
    """An account with its rights and sessions."""
    return _one(request, visit, account)


def _one(
    request: Request,
    visit: Visit,
    account: str,
    error: InputError | None = None,
    part: str = "",
    code: str | None = None,
) -> Response:
    """part: the form that an error is of. code: of an activation, shown once."""
    with reading(visit.clinic.engine) as connection:
        found = accounts.account_of(connection, account)
        mine = sessions.of_account(connection, account)
        programs = tokens.of_account(connection, account)
        patients = given(connection, found)
    return render(
        request, "account.html", visit, 422 if error else 200,
        account=found, state=accounts.state_of(visit, found), sessions=mine, tokens=programs,
        patients=None if patients is None else sorted(patients), code=code, part=part,
        own=account == visit.account.account, error=field_error(error) if error else None,
        **_options(visit),
    )  # fmt: skip


def _changed(
    request: Request, visit: Visit, sent: Form, account: str, part: str, do: Callable[[], object]
) -> Response:
    """Do something once the administrator's password fits, then show the account."""
    try:
        confirm(visit, sent)
        do()
    except InputError as error:
        return _one(request, visit, account, error, part)
    return RedirectResponse(f"/accounts/{account}", 303)


@router.post("/accounts/{account}/change")
def change(request: Request, visit: Manages, account: str, sent: SignedForm) -> Response:
    """Name shown, role, language and time zone."""

    def do() -> None:
        values = {name: sent.needed(name) for name in ("shown", "role", "language")}
        accounts.changed(visit, account, {**values, "timezone": sent.text("timezone")})

    return _changed(request, visit, sent, account, "change", do)


@router.post("/accounts/{account}/patients")
def give_patients(request: Request, visit: Manages, account: str, sent: SignedForm) -> Response:
    """Whose patients an account sees: all, or those that stay ticked and those added."""

    def do() -> None:
        patients = _patients(visit, sent)
        if patients is None:
            accounts.changed(visit, account, {"every_patient": True})
        else:
            kept = accounts.patients_named(visit, "\n".join(sent.lists.get("kept", ())))
            accounts.patients_given(visit, account, [*kept, *patients])

    return _changed(request, visit, sent, account, "patients", do)


@router.post("/accounts/{account}/disable")
def disable(request: Request, visit: Manages, account: str, sent: SignedForm) -> Response:
    """Close the account at once."""
    return _changed(
        request, visit, sent, account, "disable", lambda: accounts.disabled(visit, account, True)
    )


@router.post("/accounts/{account}/enable")
def enable(request: Request, visit: Manages, account: str, sent: SignedForm) -> Response:
    """Open the account again."""
    return _changed(
        request, visit, sent, account, "disable", lambda: accounts.disabled(visit, account, False)
    )


@router.post("/accounts/{account}/activation")
def activation(request: Request, visit: Manages, account: str, sent: SignedForm) -> Response:
    """A new code with which its owner sets a password; it is shown this once."""
    try:
        confirm(visit, sent)
        code = accounts.new_code(visit, account)
    except InputError as error:
        return _one(request, visit, account, error, "activation")
    return _one(request, visit, account, code=code)


@router.post("/accounts/{account}/factor")
def factor(request: Request, visit: Manages, account: str, sent: SignedForm) -> Response:
    """Forget the second factor of somebody whose identity was checked."""

    def do() -> None:
        if not sent.box("seen"):
            raise InputError("", "seen", None, "ticked: the person was seen")
        accounts.factor_removed(visit, account)

    return _changed(request, visit, sent, account, "factor", do)


@router.post("/accounts/{account}/sessions")
def end_sessions(request: Request, visit: Manages, account: str, sent: SignedForm) -> Response:
    """End one session of an account, or all."""
    return _changed(
        request, visit, sent, account, "sessions",
        lambda: accounts.sessions_ended(visit, account, sent.text("session")),
    )  # fmt: skip
