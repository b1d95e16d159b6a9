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

CODE_BYTES = 24


def activation_code(connection: Connection, at: datetime, account: Account) -> str:
    """A new code, shown once; whoever is signed in to the account is signed out."""
    code = secrets.token_urlsafe(CODE_BYTES)
    until = at + timedelta(hours=rules().activation.hours)
    values = {"activation": sessions.digest(code), "activation_until": stamp(until)}
    change(connection, account, **values)
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
    found = connection.execute(query).mappings().first()
    if found is None:
        hours = rules().activation.hours
        raise InputError("", "code", None, f"a code not used yet and not older than {hours} h")
    account = Account(**found)
    kept = hashed(password, account.name)
    return change(connection, account, password=kept, activation=None, activation_until=None)
