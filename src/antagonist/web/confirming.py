"""Asking once more who it is, before something that a left-open screen must not allow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

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


@contextmanager
def confirmed_fully(
    visit: Visit, sent: Form, field: str = "password", code: str = "code"
) -> Iterator[Connection]:
    """Ask for the password and, where the account has a second factor, for its code.

    Gives the transaction of what they are asked for: a code is used up with it, or not at all.
    Raises InputError where one of them does not fit; attempts are limited.
    """
    _check_password(visit, sent, field)
    if visit.account.secret is not None:
        limited(visit, _code_counts(visit), rules().limits.code)
    try:
        with changing(visit.clinic.engine) as connection:
            if visit.account.secret is not None:
                _use_code(connection, visit, sent.get(code, ""))
            value = None if visit.session is None else sessions.renewed(connection, visit.session)
            yield connection
        if value is not None:
            visit.renewed.append(value)
    except _WrongCodeError:
        _refuse(visit, "code")
        allowed = N_("the code that the app shows now, not used yet")
        raise InputError("", code, None, allowed) from None


def _check_password(visit: Visit, sent: Form, field: str) -> None:
    what = f"password:{visit.account.account}"
    limited(visit, what, rules().limits.password_check)
    if not fits(sent.get(field, ""), visit.account.password):
        _refuse(visit, "password")
        raise InputError("", field, None, N_("your present password"))
    with changing(visit.clinic.engine) as connection:
        limits.forget(connection, what)


class _WrongCodeError(Exception):
    """A code does not fit, or was used before."""


def _code_counts(visit: Visit) -> str:
    return f"code:{visit.account.account}"


def _use_code(connection: Connection, visit: Visit, typed: str) -> None:
    keys, now = visit.clinic.record.keys, visit.clinic.now()
    if accepted(connection, keys, visit.account, typed, now) is None:
        raise _WrongCodeError
    limits.forget(connection, _code_counts(visit))


def _refuse(visit: Visit, what: str) -> None:
    with changing(visit.clinic.engine) as connection:
        visit.note(connection, "confirm", "refused", what=what)


def _renew(visit: Visit) -> None:
    if visit.session is not None:
        with changing(visit.clinic.engine) as connection:
            value = sessions.renewed(connection, visit.session)
        visit.renewed.append(value)  # not before it holds
