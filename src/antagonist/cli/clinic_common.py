"""What the commands of the clinic's host share: its tables, its accounts, lines of its audit."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from antagonist.web.accounts.people import Account

# As whom the audit names whoever works on the host: no account of the clinic is asked there.
HOST = (None, "host", "host")


@contextmanager
def opened_clinic(database: str) -> Iterator[tuple[Connection, datetime]]:
    """A transaction on the clinic's tables, and now. Raises InputError for other tables."""
    from antagonist.feedback.database import changing, check_revision, engine_on
    from antagonist.feedback.record import system_clock
    from antagonist.web.accounts.tables import CLINIC

    with engine_on(database) as engine:
        check_revision(engine, CLINIC)
        with changing(engine) as connection:
            yield connection, system_clock()


def account_named(connection: Connection, name: str) -> Account:
    """The account of a name. Raises InputError with the nearest one."""
    from antagonist.foundation.data import near_match
    from antagonist.foundation.errors import InputError
    from antagonist.web.accounts.people import by_name, everyone

    found = by_name(connection, name)
    if found is None:
        names = [account.name for account in everyone(connection)]
        raise InputError("", "name", name, near_match(name, names))
    return found


def end_all(connection: Connection, account: str) -> None:
    """End sessions and tokens of an account."""
    from antagonist.web.accounts import sessions, tokens

    sessions.end_all(connection, account)
    tokens.revoke_all(connection, account)


def noted(connection: Connection, at: datetime, action: str, **detail: str | int) -> None:
    """A line of the audit about what was done on the host."""
    from antagonist.web.accounts.audit import note

    request = str(uuid.uuid4())
    note(connection, at, HOST, action, "allowed", request=request, detail=detail)
