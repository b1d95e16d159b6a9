"""Rate limits, kept in the database so that they hold for all worker processes together."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select

from antagonist.feedback.events import stamp
from antagonist.web.accounts import tables as t
from antagonist.web.accounts.rules import Limit

LONGEST_WHAT = 120  # characters
FORGOTTEN_AFTER = timedelta(days=1)


class TooManyError(Exception):
    """Nothing more may be tried for now. after_s: for how long, seconds."""

    def __init__(self, after_s: int) -> None:
        self.after_s = after_s
        super().__init__(f"too many attempts; again in {after_s} s")


def counted(connection: Connection, at: datetime, what: str, limit: Limit) -> None:
    """Count one more attempt. what: kind and name, such as ``code:anna``.

    Raises TooManyError where the limit is used up; that attempt does not count.
    """
    check(connection, at, what, limit)
    count(connection, at, what)


def check(connection: Connection, at: datetime, what: str, limit: Limit) -> None:
    """Raises TooManyError where nothing more may be tried for now."""
    query = (
        select(func.count())
        .select_from(t.attempts)
        .where(t.attempts.c.what == what[:LONGEST_WHAT])
        .where(t.attempts.c.at > stamp(at - limit.within))
    )
    if int(connection.execute(query).scalar_one()) >= limit.most:
        raise TooManyError(int(limit.within.total_seconds()))


def count(connection: Connection, at: datetime, *whats: str) -> None:
    """Write attempts down; those older than a day are forgotten."""
    connection.execute(delete(t.attempts).where(t.attempts.c.at < stamp(at - FORGOTTEN_AFTER)))
    for what in whats:
        connection.execute(insert(t.attempts), {"what": what[:LONGEST_WHAT], "at": stamp(at)})


def forget(connection: Connection, what: str) -> None:
    """Begin to count anew."""
    connection.execute(delete(t.attempts).where(t.attempts.c.what == what[:LONGEST_WHAT]))
