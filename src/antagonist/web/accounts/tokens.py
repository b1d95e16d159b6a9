"""Tokens of programs that use the JSON API in somebody's name; shown once, kept as a digest."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from antagonist.feedback.events import checked_text, stamp
from antagonist.foundation.errors import InputError
from antagonist.web.accounts import tables as t
from antagonist.web.accounts.rows import columns_of, row_of
from antagonist.web.accounts.rules import rules
from antagonist.web.accounts.sessions import VALUE_BYTES, digest

LONGEST_LABEL = 80  # characters


@dataclass(frozen=True, slots=True)
class Token:
    """A token as its owner sees it later."""

    token: str
    account: str
    label: str
    created_at: str
    expires_at: str


def issue(
    connection: Connection, at: datetime, account: str, label: str, days: int
) -> tuple[str, Token]:
    """A new token and its value. Raises InputError for no label, or days that are too many."""
    longest = rules().token.longest_days
    if not 1 <= days <= longest:
        raise InputError("token", "days", days, f"1 to {longest}")
    value = "antagonist_" + secrets.token_urlsafe(VALUE_BYTES)
    named = checked_text(label, "label").strip()
    if len(named) > LONGEST_LABEL:
        raise InputError("token", "label", named, f"at most {LONGEST_LABEL} characters")
    made = Token(
        token=str(uuid.uuid4()),
        account=account,
        label=named,
        created_at=stamp(at),
        expires_at=stamp(at + timedelta(days=days)),
    )
    row = row_of(made)
    connection.execute(insert(t.tokens), row | {"digest": digest(value)})
    return value, made


def owner(connection: Connection, at: datetime, value: str) -> str | None:
    """Id of the account in whose name a value speaks; None where it does not, or not any more."""
    query = select(t.tokens.c.account).where(
        t.tokens.c.digest == digest(value), t.tokens.c.expires_at > stamp(at)
    )
    found = connection.execute(query).scalar()
    return None if found is None else str(found)


def of_account(connection: Connection, account: str) -> list[Token]:
    """An account's tokens, newest first."""
    columns = columns_of(t.tokens, Token)
    query = select(*columns).where(t.tokens.c.account == account)
    rows = connection.execute(query.order_by(t.tokens.c.created_at.desc())).mappings()
    return [Token(**row) for row in rows]


def revoke(connection: Connection, account: str, token: str) -> None:
    """Take an account's token back."""
    here = (t.tokens.c.account == account) & (t.tokens.c.token == token)
    connection.execute(delete(t.tokens).where(here))


def revoke_all(connection: Connection, account: str) -> None:
    """Take all of an account's tokens back."""
    connection.execute(delete(t.tokens).where(t.tokens.c.account == account))
