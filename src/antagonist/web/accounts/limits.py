"""Rate limits, kept in the database so that they hold for all worker processes together."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from sqlalchemy import Connection, delete, insert, select

from antagonist.feedback.events import moment, stamp
from antagonist.web.accounts import tables as t
from antagonist.web.accounts.rules import Limit, rules

LONGEST_WHAT = 120  # characters
FORGOTTEN_AFTER = timedelta(days=1)
ONE_NETWORK = 64  # bits: what one subscriber is given of IPv6 (RFC 6177)


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
        select(t.attempts.c.at)
        .where(t.attempts.c.what == what[:LONGEST_WHAT])
        .where(t.attempts.c.at > stamp(at - limit.within))
        .order_by(t.attempts.c.at.desc())
        .limit(limit.most)
    )
    times = list(connection.execute(query).scalars())
    if len(times) >= limit.most:
        free = moment(times[-1]) + limit.within - at
        raise TooManyError(max(math.ceil(free.total_seconds()), 1))


def count(connection: Connection, at: datetime, *whats: str) -> tuple[int, ...]:
    """Write attempts down, which gives their rows; those older than a day are forgotten."""
    connection.execute(delete(t.attempts).where(t.attempts.c.at < stamp(at - FORGOTTEN_AFTER)))
    rows = []
    for what in whats:
        row = {"what": what[:LONGEST_WHAT], "at": stamp(at)}
        made = connection.execute(insert(t.attempts), row).inserted_primary_key
        rows.append(int(made[0]) if made else 0)
    return tuple(rows)


def take_back(connection: Connection, rows: Iterable[int]) -> None:
    """Attempts that were none: what was tried succeeded."""
    connection.execute(delete(t.attempts).where(t.attempts.c.n.in_(list(rows))))


def forget(connection: Connection, what: str) -> None:
    """Begin to count anew."""
    connection.execute(delete(t.attempts).where(t.attempts.c.what == what[:LONGEST_WHAT]))


def network(address: str) -> str:
    """Where somebody comes from, as limits count it: an IPv6 subscriber has one network."""
    try:
        found = ip_address(address)
    except ValueError:
        return address[:LONGEST_WHAT]
    if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
        return str(ip_network((found, ONE_NETWORK), strict=False))
    return str(found)


def is_known(connection: Connection, at: datetime, account: str, address: str) -> bool:
    """Whether somebody has lately signed in to an account from an address."""
    since = stamp(at - timedelta(days=rules().known_address.days))
    here = (t.known.c.account == account) & (t.known.c.address == network(address))
    query = select(t.known.c.n).where(here, t.known.c.at > since)
    return connection.execute(query).first() is not None


def remember(connection: Connection, at: datetime, account: str, address: str) -> None:
    """Somebody has signed in to an account from an address."""
    since = stamp(at - timedelta(days=rules().known_address.days))
    here = (t.known.c.account == account) & (t.known.c.address == network(address))
    connection.execute(delete(t.known).where(here | (t.known.c.at < since)))
    row = {"account": account, "address": network(address), "at": stamp(at)}
    connection.execute(insert(t.known), row)
