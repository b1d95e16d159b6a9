"""The audit: who read or decided what, when, and whether it was let. It holds no patient data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from sqlalchemy import ColumnElement, Connection, Engine, delete, func, insert, select

from antagonist.feedback.database import reading
from antagonist.feedback.events import stamp
from antagonist.foundation.errors import InputError
from antagonist.web.accounts import tables as t
from antagonist.web.accounts.rows import columns_of
from antagonist.web.accounts.rules import rules

Outcome = Literal["allowed", "refused", "failed"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the audit. detail: JSON text. request: id that the logs and errors carry too.

    n: counts all lines.
    """

    n: int
    at: str
    account: str | None
    name: str
    role: str
    action: str
    outcome: Outcome
    patient: str | None
    request: str
    detail: str


def note(
    connection: Connection,
    at: datetime,
    who: tuple[str | None, str, str],
    action: str,
    outcome: Outcome,
    *,
    request: str,
    patient: str | None = None,
    detail: Mapping[str, str | int | None] | None = None,
) -> None:
    """Write a line. who: account id, name and role."""
    row = {
        "at": stamp(at), "account": who[0], "name": who[1][:80], "role": who[2],
        "action": action, "outcome": outcome, "patient": patient, "request": request,
        "detail": json.dumps(detail or {}, ensure_ascii=False),
    }  # fmt: skip
    connection.execute(insert(t.audit), row)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which lines; None = all. first, until: aware. name: of the account."""

    first: datetime | None = None
    until: datetime | None = None
    patient: str | None = None
    name: str | None = None
    action: str | None = None
    outcome: str | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """As the database asks them."""
        found = []
        if self.first is not None:
            found.append(t.audit.c.at >= stamp(self.first))
        if self.until is not None:
            found.append(t.audit.c.at < stamp(self.until))
        if self.name:
            found.append(t.audit.c.name == self.name.strip().casefold())
        for field in ("patient", "action", "outcome"):
            if wanted := getattr(self, field):
                found.append(t.audit.c[field] == wanted)
        return found


def entries(
    connection: Connection, wanted: Filter, most: int, *, before: int | None = None
) -> list[Entry]:
    """Lines, newest first. most: how many at most. before: only those of a smaller ``n``."""
    columns = columns_of(t.audit, Entry)
    query = select(*columns).where(*wanted.conditions()).order_by(t.audit.c.n.desc()).limit(most)
    if before is not None:
        query = query.where(t.audit.c.n < before)
    return [Entry(**row) for row in connection.execute(query).mappings()]


def every_entry(engine: Engine, wanted: Filter) -> Iterator[Entry]:
    """All lines, newest first, a chunk at a time: no transaction stays open meanwhile."""
    before: int | None = None
    while True:
        with reading(engine) as connection:
            found = entries(connection, wanted, CHUNK, before=before)
        yield from found
        if len(found) < CHUNK:
            return
        before = found[-1].n


def prune(connection: Connection, at: datetime, keep: timedelta) -> int:
    """Delete lines older than what is kept; how many were. Raises InputError for too few days."""
    least = rules().audit.least_kept_days
    if keep < timedelta(days=least):
        raise InputError("audit", "days", keep.days, f"{least} or more")
    old = t.audit.c.at < stamp(at - keep)
    count = connection.execute(select(func.count()).select_from(t.audit).where(old)).scalar_one()
    connection.execute(delete(t.audit).where(old))
    return int(count)
