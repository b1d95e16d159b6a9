"""Activation: a code with which its owner, and nobody else, sets an account's password."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from antagonist.feedback.events import stamp
from antagonist.foundation.errors import InputError
from antagonist.web.accounts import sessions, tokens
from antagonist.web.accounts import tables as t
from antagonist.web.accounts.passwords import hashed
from antagonist.web.accounts.people import Account, change
from antagonist.web.accounts.rules import rules
from antagonist.web.language import N_

CODE_BYTES = 24


def activation_code(connection: Connection, at: datetime, account: Account) -> str:
    """A new code, shown once; the password that was holds no longer, and who is in is out."""
    code = secrets.token_urlsafe(CODE_BYTES)
    until = at + timedelta(hours=rules().activation.hours)
    change(
        connection, account,
        password=None, activation=sessions.digest(code), activation_until=stamp(until),
    )  # fmt: skip
    sessions.end_all(connection, account.account)
    tokens.revoke_all(connection, account.account)
    return code


def activated(connection: Connection, at: datetime, code: str, password: str) -> Account:
    """The account whose password was set by its code.

    Raises InputError for a code that is wrong, was used or is too old, and a weak password.
    """
    query = select(t.accounts).where(
        t.accounts.c.activation == sessions.digest(code.strip()),
        t.accounts.c.activation_until > stamp(at),
    )
    # two requests with one code: the second waits here, and finds the code used
    found = connection.execute(query.with_for_update()).mappings().first()
    if found is None:
        raise InputError("", "code", None, N_("a code not used yet and not too old"))
    account = Account(**found)
    kept = hashed(password, account.name)
    return change(connection, account, password=kept, activation=None, activation_until=None)
