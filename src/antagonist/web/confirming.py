"""Asking once more who it is, before something that a left-open screen must not allow."""

from __future__ import annotations

from antagonist.feedback.database import changing
from antagonist.foundation.errors import InputError
from antagonist.web.accounts import limits, sessions
from antagonist.web.accounts.passwords import fits
from antagonist.web.accounts.rules import rules
from antagonist.web.accounts.second_factor import accepted
from antagonist.web.forms import Form
from antagonist.web.language import N_
from antagonist.web.visit import Visit, limited


def confirm(visit: Visit, sent: Form, field: str = "password") -> None:
    """Ask for the password; the session goes on under a new value.

    Raises InputError where the password typed is not the account's; attempts are limited.
    """
    _check_password(visit, sent, field)
    _renew(visit)


def confirm_fully(visit: Visit, sent: Form, field: str = "password", code: str = "code") -> None:
    """Ask for the password and, where the account has a second factor, for its code.

    Raises InputError where one of them does not fit; attempts are limited.
    """
    _check_password(visit, sent, field)
    if visit.account.secret is not None:
        _check_code(visit, sent, code)
    _renew(visit)


def _check_password(visit: Visit, sent: Form, field: str) -> None:
    what = f"password:{visit.account.account}"
    limited(visit, what, rules().limits.password_check)
    if not fits(sent.get(field, ""), visit.account.password):
        _refuse(visit, "password")
        raise InputError("", field, None, N_("your present password"))
    with changing(visit.clinic.engine) as connection:
        limits.forget(connection, what)


def _check_code(visit: Visit, sent: Form, field: str) -> None:
    what = f"code:{visit.account.account}"
    limited(visit, what, rules().limits.code)
    keys, now = visit.clinic.record.keys, visit.clinic.now()
    with changing(visit.clinic.engine) as connection:
        used = accepted(connection, keys, visit.account, sent.get(field, ""), now)
        if used is not None:
            limits.forget(connection, what)
    if used is None:
        _refuse(visit, "code")
        raise InputError("", field, None, N_("the code that the app shows now, not used yet"))


def _refuse(visit: Visit, what: str) -> None:
    with changing(visit.clinic.engine) as connection:
        visit.note(connection, "confirm", "refused", what=what)


def _renew(visit: Visit) -> None:
    if visit.session is not None:
        with changing(visit.clinic.engine) as connection:
            value = sessions.renewed(connection, visit.session)
        visit.renewed.append(value)  # not before it holds
