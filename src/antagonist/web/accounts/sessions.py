"""Sessions: kept on the server, known to the browser by a random value; we keep its digest."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from antagonist.feedback.events import moment, stamp
from antagonist.web.accounts import tables as t
from antagonist.web.accounts.rows import row_of
from antagonist.web.accounts.rules import rules

SEEN_EVERY = timedelta(minutes=1)
VALUE_BYTES = 32


@dataclass(frozen=True, slots=True)
class Session:
    """A session. session: its id, which may be shown. csrf: what its forms carry.

    complete, pending: as ``tables.sessions`` says.
    """

    digest: str
    session: str
    account: str
    csrf: str
    complete: bool
    created_at: str
    seen_at: str
    address: str
    agent: str
    pending: bytes | None = None


def digest(value: str) -> str:
    """What is kept of a secret value: it is random and long, so a plain hash holds."""
    return hashlib.sha256(value.encode()).hexdigest()


def begin(
    connection: Connection,
    at: datetime,
    account: str,
    *,
    complete: bool,
    address: str,
    agent: str,
    pending: bytes | None = None,
) -> tuple[str, Session]:
    """A new session and the value that the browser is given; the oldest of too many ends.

    agent: of the browser. pending: sealed secret of a second factor to be set up in it.
    """
    value = secrets.token_urlsafe(VALUE_BYTES)
    made = Session(
        digest=digest(value),
        session=str(uuid.uuid4()),
        account=account,
        csrf=secrets.token_urlsafe(VALUE_BYTES),
        complete=complete,
        created_at=stamp(at),
        seen_at=stamp(at),
        address=address[:64],
        agent=agent[:200],
        pending=pending,
    )
    # who has the password only ends no session of somebody who gave the code too
    alike = [old for old in of_account(connection, account) if old.complete == complete]
    for old in alike[rules().session.most_at_once - 1 :]:
        end(connection, old.session)
    row = row_of(made)
    connection.execute(insert(t.sessions), row)
    return value, made


def found(connection: Connection, at: datetime, value: str) -> Session | None:
    """The session of a value, where it has ended neither by time nor by idleness."""
    query = select(t.sessions).where(t.sessions.c.digest == digest(value))
    row = connection.execute(query).mappings().first()
    if row is None:
        return None
    session = Session(**row)
    said = rules().session
    used = at - moment(session.seen_at) < said.idle
    return session if used and at - moment(session.created_at) < said.absolute else None


def is_due(session: Session, at: datetime) -> bool:
    """Whether it is time to write down that a session was used."""
    return at - moment(session.seen_at) >= SEEN_EVERY


def seen(connection: Connection, session: Session, at: datetime) -> None:
    """Write down that a session was used."""
    here = t.sessions.c.session == session.session
    connection.execute(update(t.sessions).where(here).values(seen_at=stamp(at)))


def renewed(connection: Connection, session: Session) -> str:
    """A new value for a session that goes on; the one before it holds no longer."""
    value = secrets.token_urlsafe(VALUE_BYTES)
    here = t.sessions.c.session == session.session
    connection.execute(update(t.sessions).where(here).values(digest=digest(value)))
    return value


def keep_pending(connection: Connection, session: Session, sealed: bytes | None) -> None:
    """Keep the sealed secret of a second factor that is being set up; None = none is."""
    here = t.sessions.c.session == session.session
    connection.execute(update(t.sessions).where(here).values(pending=sealed))


def of_account(connection: Connection, account: str) -> list[Session]:
    """An account's sessions, newest first."""
    query = select(t.sessions).where(t.sessions.c.account == account)
    rows = connection.execute(query.order_by(t.sessions.c.created_at.desc())).mappings()
    return [Session(**row) for row in rows]


def end(connection: Connection, session: str) -> None:
    """End a session, by its id."""
    connection.execute(delete(t.sessions).where(t.sessions.c.session == session))


def end_value(connection: Connection, value: str) -> None:
    """End the session that a browser knows by a value, if there is one."""
    connection.execute(delete(t.sessions).where(t.sessions.c.digest == digest(value)))


def end_all(connection: Connection, account: str, but: str | None = None) -> None:
    """End an account's sessions. but: id of one that stays."""
    where = t.sessions.c.account == account
    if but is not None:
        where &= t.sessions.c.session != but
    connection.execute(delete(t.sessions).where(where))


def sweep(connection: Connection, at: datetime) -> None:
    """Forget sessions whose time is over."""
    said = rules().session
    old = (t.sessions.c.seen_at < stamp(at - said.idle)) | (
        t.sessions.c.created_at < stamp(at - said.absolute)
    )
    connection.execute(delete(t.sessions).where(old))
