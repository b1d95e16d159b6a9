"""Asking for the password once more, before something that a left-open screen must not allow."""

from __future__ import annotations

from antagonist.feedback.database import changing
from antagonist.foundation.errors import InputError
from antagonist.web.accounts import limits
from antagonist.web.accounts.passwords import fits
from antagonist.web.accounts.rules import rules
from antagonist.web.forms import Form
from antagonist.web.visit import Visit


def confirm(visit: Visit, sent: Form, field: str = "password") -> None:
    """Raises InputError where the password typed is not the account's; attempts are limited."""
    what, now = f"password:{visit.account.account}", visit.clinic.now()
    with changing(visit.clinic.engine) as connection:
        limits.counted(connection, now, what, rules().limits.password_check)
    if not fits(sent.get(field, ""), visit.account.password):
        raise InputError("", field, None, "your present password")
    with changing(visit.clinic.engine) as connection:
        limits.forget(connection, what)
